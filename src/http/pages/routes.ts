import { Hono } from 'hono';
import { UNKNOWN_ADDRESS } from '../../commands/access/addressGroup.ts';
import type { Commands } from '../../commands/commands.ts';
import type { Instant } from '../../domain/ids.ts';
import type { EventStore } from '../../event-store/port.ts';
import type { Database } from '../../postgres/pool.ts';
import type { Access } from '../access/access.ts';
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
import type { VisitorOf } from './visitor.ts';

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
  access,
  visitorOf,
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
  access: Access;
  visitorOf: VisitorOf;
  /** What the admin pages alone need. */
  admin: Pick<AdminDependencies, 'store' | 'rebuilding' | 'settings' | 'noteSignIn' | 'recruiting'>;
} & Omit<HomeDependencies, 'guard'>): Hono {
  const guard = createGuard(visitorOf, access.origins);
  const routes = new Hono();
  const protect = async (c: Parameters<Parameters<typeof routes.use>[1]>[0], next: () => Promise<void>) => {
    await next();
    if (!(c.res.headers.get('content-type') ?? '').startsWith('text/html')) return;
    c.res.headers.set('Cache-Control', 'no-store');
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
      access,
      hasMarketplace,
      addressOf: (c) => addressOf(c) ?? UNKNOWN_ADDRESS,
    }),
  );
  routes.route('/', homeRoutes({ ...home, db, clock, guard, visitorOf, access, publicUrl, hasMarketplace }));
  routes.route('/', statusRoutes({ db, clock, guard, feed: feeds.status, hasMarketplace }));
  routes.route(
    '/',
    reservationRoutes({
      db,
      store,
      clock,
      pingTimeoutMs: home.pingTimeoutMs,
      guard,
      feed: feeds.reservation,
      hasMarketplace,
    }),
  );
  return routes;
}
