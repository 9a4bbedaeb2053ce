import { setTimeout as sleep } from 'node:timers/promises';
import type { OpenAPIHono } from '@hono/zod-openapi';
import type { Context as HonoContext } from 'hono';
import type { Logger } from 'pino';
import type { Instant } from '../domain/ids.ts';
import type { EventStore } from '../event-store/port.ts';
import { faultsInWords, lastingFaults } from '../postgres/marketplaceFaults.ts';
import type { Database } from '../postgres/pool.ts';
import { projections } from '../projections/all.ts';
import type { CaughtUp } from '../projections/caughtUp.ts';
import { standings } from '../projections/lag.ts';
import { type Answer, ok, send } from './answers.ts';
import { type Env, PREFIXES } from './endpoint.ts';
import type { Metrics } from './metrics.ts';

/** A node whose read models are further behind than this does not serve well; nor does one that answers later. */
const PATIENCE_MS = 2_000;

/** Null: well. Otherwise what is wrong, and whether requests should go elsewhere for it. */
type Trouble = { readonly says: string; readonly isReady: boolean } | null;
type Check = () => Promise<Trouble>;

const unready = (says: string): Trouble => ({ says, isReady: false });

/** Is the process alive, can it do its work, and how is it doing. Needs no key. */
export function healthRoutes(
  app: OpenAPIHono<Env>,
  deps: {
    db: Database;
    store: Pick<EventStore, 'head' | 'count'>;
    caughtUp: Pick<CaughtUp, 'until' | 'position'>;
    metrics: Pick<Metrics, 'text' | 'contentType'>;
    clock: () => Instant;
    log: Logger;
    /** Null: they may be shown; else the answer to those who may not have them. */
    mayScrape: (c: HonoContext) => Promise<Answer | null>;
  },
): void {
  const { db, store, caughtUp, metrics, clock, log, mayScrape } = deps;
  const checks: Readonly<Record<string, Check>> = {
    database: async () => {
      await db.query('select 1');
      return null;
    },
    log: async () => {
      await store.head();
      return null;
    },
    marketplace: async () => {
      // A database that is away says nothing about the marketplace, and is told of by its own name.
      const says = await lastingFaults(db, { now: clock() }).then(faultsInWords, () => null);
      return says === null ? null : { says, isReady: true };
    },
    readModels: async () => {
      if (await caughtUp.until(await store.head(), { timeoutMs: PATIENCE_MS })) return standing(db);
      const [left, all] = await Promise.all([store.count(caughtUp.position()), store.count()]);
      const percent = Math.floor((100 * (all - left)) / Math.max(1, all));
      return unready(
        `more than ${PATIENCE_MS / 1000} s behind the log: ${left} of ${all} events are still to come (${percent} % done)`,
      );
    },
  };

  const outcome = async ([name, check]: readonly [string, Check]): Promise<readonly [string, Trouble]> => {
    // How far read models are behind takes two counts after the wait for them.
    const late = sleep(2 * PATIENCE_MS, unready('no answer'), { ref: false });
    const tried = check().catch((error: unknown) => {
      log.debug({ err: error, check: name }, 'not ready');
      return unready('cannot be reached');
    });
    return [name, await Promise.race([tried, late])];
  };

  for (const prefix of PREFIXES) {
    app.get(`${prefix}healthz`, (c) => send(c, ok));
    app.get(`${prefix}readyz`, async (c) =>
      send(c, readiness(await Promise.all(Object.entries(checks).map((check) => outcome(check))))),
    );
    app.get(`${prefix}metrics`, async (c) => {
      const refused = await mayScrape(c);
      if (refused !== null) return send(c, refused);
      return c.body(await metrics.text(), 200, { 'Content-Type': metrics.contentType, 'Cache-Control': 'no-store' });
    });
  }
}

/** Every node has the same tables: to send requests to another would not help. The other read models go on. */
async function standing(db: Database): Promise<Trouble> {
  const stopped = [...(await standings(db, projections))].filter(([, { isStopped }]) => isStopped);
  const names = stopped.map(([name]) => name).sort();
  if (names.length === 0) return null;
  const stand = names.length === 1 ? 'stands' : 'stand';
  return { says: `${names.join(', ')} ${stand} still: 'retainer projections' says why`, isReady: true };
}

function readiness(outcomes: readonly (readonly [string, Trouble])[]): Answer {
  const states = Object.fromEntries(outcomes.map(([name, trouble]) => [name, trouble?.says ?? 'ok']));
  const troubles = outcomes.flatMap(([name, trouble]) => (trouble === null ? [] : `${name}: ${trouble.says}`));
  if (outcomes.every(([, trouble]) => trouble?.isReady ?? true))
    return { status: 200, text: ['OK', ...troubles].join('\n'), json: { ready: true, ...states } };
  return {
    status: 503,
    text: `not ready\n${troubles.join('\n')}`,
    json: {
      type: 'about:blank',
      title: 'Service Unavailable',
      status: 503,
      detail: troubles.join('; '),
      ready: false,
      ...states,
    },
    headers: { 'Retry-After': '1' },
  };
}
