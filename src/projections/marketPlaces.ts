import type { Instant, ReservationId } from '../domain/ids.ts';
import type { Queryable } from './projection.ts';

/** SQL of `placesOpen` and `placesAwaited` (src/domain/recruiting.ts), for a HIT `h`. A test holds the two together. */
export const PLACES_OPEN = `greatest(0, coalesce(h.listed_available, h.max_assignments)
  - greatest(0, h.arrivals - coalesce(h.listed_arrivals, 0)))`;
const PLACES_AWAITED = `case when h.listed_available is null then 0
  else greatest(0, h.max_assignments - h.listed_available - h.arrivals) end`;

/**
 * What the market has for a reservation, by the HITs that were posted for it. Those that were asked to leave are on it
 * until the marketplace took them off: somebody may still accept them.
 */
export type MarketPlaces = {
  /** Places that can be accepted. */
  readonly open: number;
  /** Places that were accepted, and whose people have not come. */
  readonly awaited: number;
};

export const NO_PLACES: MarketPlaces = { open: 0, awaited: 0 };

/** Reservations for which nothing is on the market are left out. */
export async function placesOnMarketFor(
  db: Queryable,
  { now, reservationIds }: { now: Instant; reservationIds: readonly ReservationId[] },
): Promise<ReadonlyMap<ReservationId, MarketPlaces>> {
  const { rows } = await db.query<MarketPlaces & { reservationId: ReservationId }>(
    `select h.recruited_for as "reservationId", sum(${PLACES_OPEN})::int as open, sum(${PLACES_AWAITED})::int as awaited
     from hits h
     where h.recruited_for = any($1::uuid[]) and h.phase in ('posted', 'expiring') and h.expires_at > $2
     group by h.recruited_for`,
    [reservationIds, now],
  );
  return new Map(rows.map(({ reservationId, open, awaited }) => [reservationId, { open, awaited }]));
}

/** The market as a whole. */
export type MarketNow = {
  /** Places that can be accepted, and those of the same HITs or others on the market that were. */
  readonly placesOpen: number;
  readonly placesTaken: number;
};

export async function marketNow(db: Queryable, { now }: { now: Instant }): Promise<MarketNow> {
  const { rows } = await db.query<MarketNow>(
    `select coalesce(sum(open), 0)::int as "placesOpen", coalesce(sum(max_assignments - open), 0)::int as "placesTaken"
     from (
       select h.max_assignments, ${PLACES_OPEN} as open from hits h where h.phase = 'posted' and h.expires_at > $1
       union all
       select h.max_assignments, ${PLACES_OPEN} as open from hits h where h.phase = 'expiring' and h.expires_at > $1
     ) on_market`,
    [now],
  );
  return rows[0] ?? { placesOpen: 0, placesTaken: 0 };
}
