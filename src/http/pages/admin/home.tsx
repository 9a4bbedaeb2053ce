import { Hono } from 'hono';
import type { Instant } from '../../../domain/ids.ts';
import type { Database } from '../../../postgres/pool.ts';
import { projections } from '../../../projections/all.ts';
import { type AdminFigures, adminFigures } from '../../../projections/browse/figures.ts';
import { type HouseNow, houseNow } from '../../../projections/houseNow.ts';
import { standings } from '../../../projections/lag.ts';
import type { AdminGuard, AdminVisit } from './guard.ts';
import { AdminPage } from './layout.tsx';
import { ADMIN_PLACES } from './places.ts';

/** `/admin`: what waits for an operator, how things stand, and what can be done here. */
export function homeRoutes({
  db,
  clock,
  pingTimeoutMs,
  guard,
}: {
  db: Database;
  clock: () => Instant;
  pingTimeoutMs: number;
  guard: AdminGuard;
}): Hono {
  const routes = new Hono({ strict: false });
  routes.get(
    '/admin',
    guard(async (c, visit) => {
      const [figures, house, standing] = await Promise.all([
        adminFigures(db),
        houseNow(db, { now: clock(), pingTimeoutMs }),
        standings(db, projections),
      ]);
      const stopped = [...standing.values()].filter(({ isStopped }) => isStopped).length;
      return c.html(<AdminHome visit={visit} figures={figures} house={house} stopped={stopped} />);
    }),
  );
  return routes;
}

type Figure = {
  readonly name: string;
  readonly value: string;
  readonly href: string;
  /** Somebody has to do something about it. */
  readonly needsMe?: boolean;
};

const count = (many: number): string => many.toLocaleString('en');

/** What needs an operator first stands first. */
const figuresOf = ({ toReview, recruitingStopped, keys }: AdminFigures, house: HouseNow, stopped: number) =>
  [
    { name: 'to review', value: count(toReview), href: '/admin/assignments?phase=submitted', needsMe: toReview > 0 },
    {
      name: 'read models',
      value: stopped === 0 ? 'all go on' : stopped === 1 ? '1 stands still' : `${count(stopped)} stand still`,
      href: '/admin/projections',
      needsMe: stopped > 0,
    },
    ...(recruitingStopped === 0
      ? []
      : [
          {
            name: 'invoked, never finished',
            value: count(recruitingStopped),
            href: '/status?phase=invoked',
            needsMe: true,
          },
        ]),
    { name: 'people waiting', value: count(house.people), href: '/status' },
    { name: 'reservations open', value: count(house.open), href: '/status' },
    { name: 'still to be dispatched now', value: count(house.missingNow), href: '/status?phase=invoked' },
    { name: 'open places on the market', value: count(house.placesOpen), href: '/admin/hits' },
    { name: 'API keys in use', value: count(keys), href: '/admin/keys' },
  ] satisfies readonly Figure[];

const AdminHome = ({
  visit,
  figures,
  house,
  stopped,
}: {
  visit: AdminVisit;
  figures: AdminFigures;
  house: HouseNow;
  stopped: number;
}) => (
  <AdminPage title="Admin" visit={visit}>
    <dl class="figures">
      {figuresOf(figures, house, stopped).map(({ name, value, href, needsMe = false }: Figure) => (
        <div>
          <dt>{name}</dt>
          <dd>
            <a href={href} class={needsMe ? 'needsMe' : undefined}>
              {value}
            </a>
          </dd>
        </div>
      ))}
    </dl>
    <ul class="tiles">
      {ADMIN_PLACES.map(({ path, name, about }) => (
        <li class="panel">
          <a href={path}>{name}</a>
          <span class="quiet">{about}</span>
        </li>
      ))}
    </ul>
  </AdminPage>
);
