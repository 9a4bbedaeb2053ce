import { feeOnReward } from '../domain/fees.ts';
import type { Instant, ProtoHitId, ReservationId } from '../domain/ids.ts';
import type { ReservationPhase } from '../domain/reservation.ts';
import { type MarketPlaces, NO_PLACES, placesOnMarketFor } from './marketPlaces.ts';
import type { Queryable } from './projection.ts';
import { type Share, sharesOf } from './shares.ts';

/** A reservation as the status page lists it. Times in milliseconds since 1970. */
export type StatusListing = Share & {
  readonly id: ReservationId;
  readonly foreignId: string;
  readonly protoHitId: ProtoHitId;
  readonly title: string;
  readonly sandbox: boolean;
  readonly phase: ReservationPhase;
  readonly expectedAt: Instant;
  readonly invokedAt: Instant | null;
  /** It is invoked, but no HITs are posted for it any more. */
  readonly isRecruitingStopped: boolean;
  /** Workers it calls for, who hold a slot, and of those, who were seen at work. */
  readonly asked: number;
  readonly dispatched: number;
  readonly responded: number;
  /** US cents for one person, the marketplace's fee included. */
  readonly eachCents: number;
  readonly market: MarketPlaces;
};

export type StatusFilter = {
  /** Made before this one. */
  before?: ReservationId | undefined;
  phase?: ReservationPhase | undefined;
  protoHitId?: ProtoHitId | undefined;
  /** Found in the foreign id or the ProtoHIT's title, or the id itself. */
  search?: string | undefined;
};

const FILTER = `($1::uuid is null or (r.made_at, r.reservation_id) <
               (select made_at, reservation_id from reservations where reservation_id = $1))
         and ($2::text is null or r.phase = $2)
         and ($3::uuid is null or r.proto_hit_id = $3)
         and ($4::text is null or r.foreign_id ilike '%' || $4 || '%' or r.reservation_id::text = $4
              or r.proto_hit_id = any(array(
                   select proto_hit_id from proto_hits where fields ->> 'title' ilike '%' || $4 || '%')))`;

/** Of open ones. */
const NEED = `case when r.phase = 'made' then 1 when r.dispatched < r.num_assignments then 0 else 2 end,
                coalesce(r.invoked_at, r.expected_at), r.reservation_id`;

const filtered = ({ before, phase, protoHitId, search }: StatusFilter): readonly unknown[] => [
  ...[before, phase, protoHitId],
  search?.replace(/[\\%_]/g, '\\$&'),
];

/**
 * Reservations that a filter lets through, what needs somebody first: invoked ones that lack people, the oldest invoke
 * first; those that were made, the soonest expected first, so the late ones before others; invoked ones that have
 * everybody; then the closed, newest first. The order does not depend on the time.
 *
 * Of the open ones it looks at all, of the others it reads an index and stops at the last that the page needs; a search
 * looks at them in that order until it has found as many.
 */
export async function listStatus(
  db: Queryable,
  {
    limit,
    from = 0,
    now,
    pingTimeoutMs,
    ...filter
  }: StatusFilter & {
    limit: number;
    /** How many of them to leave out before. */
    from?: number;
    now: Instant;
    pingTimeoutMs: number;
  },
): Promise<readonly StatusListing[]> {
  const { rows } = await db.query<
    Omit<StatusListing, keyof Share | 'eachCents' | 'market'> & { rewardCents: number; maxAssignments: number }
  >(
    `with open as (
       select r.*, false as is_closed,
              row_number() over (order by ${NEED}) as n
       from reservations r
       where r.phase in ('made', 'invoked') and ${FILTER}
       order by ${NEED}
       limit $5::int + $6::int
     ), closed as (
       select r.*, true as is_closed, row_number() over (order by r.made_at desc, r.reservation_id desc) as n
       from reservations r
       where r.phase in ('finished', 'cancelled', 'timedOut') and ${FILTER}
       order by r.made_at desc, r.reservation_id desc
       limit $5::int + $6::int
     ), page as (
       select * from (select * from open union all select * from closed) found
       order by is_closed, n
       offset $6 limit $5
     )
     select page.reservation_id as id, page.foreign_id as "foreignId", page.proto_hit_id as "protoHitId",
            p.fields ->> 'title' as title, p.sandbox, page.phase, page.expected_at as "expectedAt",
            page.invoked_at as "invokedAt",
            page.recruiting_stopped_at is not null as "isRecruitingStopped", page.num_assignments as asked,
            page.dispatched, page.responded,
            (p.fields ->> 'rewardCents')::int as "rewardCents", (p.fields ->> 'maxAssignments')::int as "maxAssignments"
     from page
     join proto_hits p on p.proto_hit_id = page.proto_hit_id
     order by page.is_closed, page.n`,
    [...filtered(filter), limit, from],
  );
  const [shares, places] = await Promise.all([
    sharesOf(db, { now, pingTimeoutMs }, rows),
    placesOnMarketFor(db, { now, reservationIds: rows.map(({ id }) => id) }),
  ]);
  return rows.map(({ rewardCents, maxAssignments, ...row }) => ({
    ...row,
    ...(shares.get(row.id) ?? { waiting: 0, missing: 0 }),
    eachCents: rewardCents + feeOnReward(rewardCents, maxAssignments),
    market: places.get(row.id) ?? NO_PLACES,
  }));
}

/** More than these are not counted. */
export const COUNTED_UP_TO = 10_000;

/** How many reservations a filter lets through; `COUNTED_UP_TO` + 1: more than are counted. */
export async function countStatus(db: Queryable, filter: StatusFilter): Promise<number> {
  const { rows } = await db.query<{ many: number }>(
    `select count(*)::int as many
     from (select from reservations r where ${FILTER} limit ${COUNTED_UP_TO + 1}) found`,
    [...filtered(filter)],
  );
  return rows[0]?.many ?? 0;
}
