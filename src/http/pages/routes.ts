import { Hono } from 'hono';
import type { Commands } from '../../commands/commands.ts';
import type { Instant } from '../../domain/ids.ts';
import type { Database } from '../../postgres/pool.ts';
import { addressOf } from '../requestLog.ts';
import { assetRoutes } from './assets.ts';
import { createGuard } from './guard.ts';
import { signInRoutes } from './signIn.tsx';
import { statusRoutes } from './status.tsx';
import type { createStatusFeed } from './statusFeed.ts';
import { createVisitorOf } from './visitor.ts';

/** Nothing but what this service serves, and no frame of ours in another site. */
const POLICY =
  "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'";

/** The pages for people: what they load, the door, and what is behind it. */
export function pageRoutes({
  commands,
  db,
  clock,
  feed,
  publicUrl,
  hasMarketplace,
}: {
  commands: Commands;
  db: Database;
  clock: () => Instant;
  feed: ReturnType<typeof createStatusFeed>;
  publicUrl: () => string;
  hasMarketplace: boolean;
}): Hono {
  const visitorOf = createVisitorOf(db);
  const guard = createGuard(visitorOf);
  const routes = new Hono();
  const protect = async (c: Parameters<Parameters<typeof routes.use>[1]>[0], next: () => Promise<void>) => {
    await next();
    if (!(c.res.headers.get('content-type') ?? '').startsWith('text/html')) return;
    c.res.headers.set('Content-Security-Policy', POLICY);
    c.res.headers.set('Cache-Control', 'no-store');
    c.res.headers.set('Referrer-Policy', 'same-origin');
  };
  for (const path of ['/status/*', '/static/status', '/admin/*']) routes.use(path, protect);
  routes.route('/', assetRoutes());
  routes.route(
    '/',
    signInRoutes({
      commands,
      visitorOf,
      addressOf: (c) => addressOf(c) ?? 'unknown',
      isSecure: () => publicUrl().startsWith('https:'),
    }),
  );
  routes.route('/', statusRoutes({ db, clock, guard, feed, hasMarketplace }));
  return routes;
}
