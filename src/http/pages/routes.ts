import { Hono } from 'hono';
import type { Commands } from '../../commands/commands.ts';
import type { Instant } from '../../domain/ids.ts';
import type { EventStore } from '../../event-store/port.ts';
import type { Database } from '../../postgres/pool.ts';
import type { AddressOf } from '../addressOf.ts';
import { limitBody } from '../limits.ts';
import { type AdminDependencies, adminRoutes } from './admin/routes.ts';
import { assetRoutes } from './assets.ts';
import type { Feeds } from './feeds.ts';
import { formerPlaces } from './formerPlaces.ts';
import { createGuard } from './guard.ts';
import { type HomeDependencies, homeRoutes } from './home/routes.tsx';
import { reservationRoutes } from './reservation/routes.tsx';
import { STATUS_PATHS, statusRoutes } from './status/routes.tsx';
import { createVisitorOf } from './visitor.ts';

/** Nothing but what this service serves, and no frame of ours in another site. */
const POLICY =
  "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'";

/** The pages for people: what they load, the door, and what is behind it. */
export function pageRoutes({
  commands,
  db,
  clock,
  feeds,
  store,
  publicUrl,
  hasMarketplace,
  bodyLimitBytes,
  addressOf,
  admin,
  ...home
}: {
  commands: Commands;
  db: Database;
  clock: () => Instant;
  feeds: Feeds;
  store: Pick<EventStore, 'read'>;
  publicUrl: () => string;
  hasMarketplace: boolean;
  bodyLimitBytes: number;
  addressOf: AddressOf;
  /** What the admin pages alone need. */
  admin: Pick<AdminDependencies, 'store' | 'rebuilding' | 'settings'>;
} & Omit<HomeDependencies, 'guard' | 'visitorOf'>): Hono {
  const visitorOf = createVisitorOf(db);
  const guard = createGuard(visitorOf);
  const routes = new Hono();
  const protect = async (c: Parameters<Parameters<typeof routes.use>[1]>[0], next: () => Promise<void>) => {
    await next();
    if (!(c.res.headers.get('content-type') ?? '').startsWith('text/html')) return;
    if (!c.res.headers.has('Content-Security-Policy')) c.res.headers.set('Content-Security-Policy', POLICY);
    c.res.headers.set('Cache-Control', 'no-store');
    c.res.headers.set('Referrer-Policy', 'same-origin');
  };
  for (const path of ['/', ...STATUS_PATHS, '/status/*', '/admin/*']) routes.use(path, protect);
  routes.use('/admin/*', limitBody(bodyLimitBytes));
  routes.route('/', assetRoutes());
  routes.route('/', formerPlaces());
  routes.route(
    '/',
    adminRoutes({
      ...admin,
      commands,
      db,
      clock,
      pingTimeoutMs: home.pingTimeoutMs,
      guard,
      visitorOf,
      policy: POLICY,
      hasMarketplace,
      addressOf: (c) => addressOf(c) ?? 'unknown',
      isSecure: () => publicUrl().startsWith('https:'),
    }),
  );
  routes.route('/', homeRoutes({ ...home, db, clock, guard, visitorOf, publicUrl, hasMarketplace }));
  routes.route('/', statusRoutes({ db, clock, guard, feed: feeds.status, hasMarketplace }));
  routes.route('/', reservationRoutes({ db, store, guard, feed: feeds.reservation, hasMarketplace }));
  return routes;
}
