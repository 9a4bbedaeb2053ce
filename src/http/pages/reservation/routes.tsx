import type { HttpBindings } from '@hono/node-server';
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import { type Context, Hono } from 'hono';
import { type Instant, ReservationId } from '../../../domain/ids.ts';
import type { EventStore } from '../../../event-store/port.ts';
import type { Database } from '../../../postgres/pool.ts';
import { idOfNumber, readNumber } from '../../../projections/numbers.ts';
import { findReservation, type ReservationRow } from '../../../projections/reservations.ts';
import { A_MOMENT, parseMoment } from '../../../story/moment.ts';
import { STREAM_HEADERS } from '../../worker/streams.ts';
import type { Guard } from '../guard.ts';
import { changesBetween, drawnOf } from '../live/picture.ts';
import type { ReservationFeed } from './feed.ts';
import { lookAtReservation } from './look.ts';
import { NoReservationPage, ReservationPage } from './page.tsx';

/** Who waited at the time is read when somebody opens their list. */
const wantsOthers = (c: Context): boolean => c.req.query('others') === 'true';

/** One reservation: its facts, what can be done with it, and its story, live or as it was. */
export function reservationRoutes({
  guard,
  feed,
  hasMarketplace,
  ...sources
}: {
  db: Database;
  store: Pick<EventStore, 'read'>;
  clock: () => Instant;
  pingTimeoutMs: number;
  guard: Guard;
  feed: ReservationFeed;
  hasMarketplace: boolean;
}): Hono<{ Bindings: HttpBindings }> {
  const routes = new Hono<{ Bindings: HttpBindings }>({ strict: false });
  const named = async (c: Context): Promise<ReservationRow | undefined> => {
    const written = c.req.param('id') ?? '';
    const number = readNumber(written);
    const id = ReservationId.safeParse(number === null ? written : await idOfNumber(sources.db, 'reservation', number));
    return id.success ? findReservation(sources.db, id.data) : undefined;
  };
  routes.get(
    '/status/reservation/:id',
    guard(async (c, { visitor }) => {
      const reservation = await named(c);
      const shared = { visitor, hasMarketplace };
      if (reservation === undefined) return c.html(<NoReservationPage {...shared} />, 404);
      return c.html(<ReservationPage {...shared} reservation={reservation} />);
    }),
  );
  routes.get(
    '/status/reservation/:id/feed',
    guard(async (c, { isStillLetIn }) => {
      const reservation = await named(c);
      if (reservation === undefined) return c.text('There is no such reservation.', 404);
      if (c.req.method === 'HEAD') return c.body(null, 200, STREAM_HEADERS);
      return feed.open(
        c.env.outgoing,
        { id: reservation.reservationId, asOf: null, others: wantsOthers(c) },
        isStillLetIn,
      )
        ? RESPONSE_ALREADY_SENT
        : c.text('Too many pages are open on this node.', 503, { 'Retry-After': '5' });
    }),
  );
  routes.get(
    '/status/reservation/:id/story',
    guard(async (c) => {
      const reservation = await named(c);
      const asOf = parseMoment(c.req.query('asOf') ?? '');
      if (asOf === null) return c.text(`asOf must be ${A_MOMENT}`, 400);
      const asked = reservation && { id: reservation.reservationId, asOf, others: wantsOthers(c) };
      const picture = asked && (await lookAtReservation(sources, asked));
      if (!picture) return c.text('The reservation had not been made then.', 404);
      const headers = { 'Content-Type': 'application/json', 'Cache-Control': 'no-store' };
      return c.body(changesBetween(null, drawnOf(picture)) ?? '{}', 200, headers);
    }),
  );
  return routes;
}
