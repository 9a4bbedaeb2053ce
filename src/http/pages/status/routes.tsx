import type { HttpBindings } from '@hono/node-server';
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import { Hono } from 'hono';
import { z } from 'zod';
import type { Instant } from '../../../domain/ids.ts';
import type { Database } from '../../../postgres/pool.ts';
import { BOUNDS, callLatency } from '../../../projections/callLatency.ts';
import { dollarsInTotal, stepsOf } from '../../../projections/plots.ts';
import { listProtoHits } from '../../../projections/protoHits.ts';
import { STREAM_HEADERS } from '../../worker/streams.ts';
import type { Guard } from '../guard.ts';
import { shared } from '../live/shared.ts';
import type { StatusFeed } from './feed.ts';
import { readStatusFilter } from './filter.ts';
import { StatusPage } from './page.tsx';

/** The original served its status page as a static file. */
export const STATUS_PATHS = ['/status', '/static/status', '/retainer/status', '/retainer/static/status'];

const STEPS = 120;
const Minutes = z.coerce
  .number()
  .int()
  .min(5)
  .max(7 * 24 * 60)
  .catch(60);
/** Pages draw their plots every few seconds; all of them share what is read for them. */
const PLOTS_FRESH_MS = 2_000;
const TOTAL_FRESH_MS = 10_000;

/** How reservations stand, live. */
export function statusRoutes({
  db,
  clock,
  guard,
  feed,
  hasMarketplace,
}: {
  db: Database;
  clock: () => Instant;
  guard: Guard;
  feed: StatusFeed;
  hasMarketplace: boolean;
}): Hono<{ Bindings: HttpBindings }> {
  const routes = new Hono<{ Bindings: HttpBindings }>({ strict: false });
  const totals = shared(() => dollarsInTotal(db), { freshMs: TOTAL_FRESH_MS });
  const plots = shared(
    async (minutes: number) => {
      const now = clock();
      const [steps, latency, total] = await Promise.all([
        stepsOf(db, { now, minutes, steps: STEPS }),
        callLatency(db, { from: now - minutes * 60_000, now }),
        totals('all'),
      ]);
      return { steps, ...latency, total, bounds: BOUNDS };
    },
    { freshMs: PLOTS_FRESH_MS },
  );
  for (const path of STATUS_PATHS)
    routes.get(
      path,
      guard(async (c, { visitor }) =>
        c.html(
          <StatusPage
            visitor={visitor}
            filter={readStatusFilter(c.req.query())}
            protoHits={await listProtoHits(db)}
            hasMarketplace={hasMarketplace}
          />,
        ),
      ),
    );
  routes.get(
    '/status/feed',
    guard((c, { isStillLetIn }) =>
      c.req.method === 'HEAD'
        ? c.body(null, 200, STREAM_HEADERS)
        : feed.open(c.env.outgoing, readStatusFilter(c.req.query()), isStillLetIn)
          ? RESPONSE_ALREADY_SENT
          : c.text('Too many pages are open on this node.', 503, { 'Retry-After': '5' }),
    ),
  );
  routes.get(
    '/status/plots',
    guard(async (c) =>
      c.json(await plots(Minutes.parse(c.req.query('minutes'))), 200, { 'Cache-Control': 'no-store' }),
    ),
  );
  return routes;
}
