import type { Instant, ProtoHitId, ReservationId } from '../domain/ids.ts';
import type { ReservationPhase } from '../domain/reservation.ts';
import { columnsOf, jsonOf } from './fold.ts';
import type { Queryable } from './projection.ts';
import { type ProtoHitRow, protoHitTable } from './protoHits.ts';
import { type ReservationRow, reservationTable } from './reservations.ts';

/** A reservation as applications see it. */
export type ReservationListing = ReservationRow & {
  readonly protoHit: ProtoHitRow;
  /** Workers of its ProtoHIT who wait now, whoever recruited them. */
  readonly waiting: number;
};

type Presence = { readonly now: Instant; readonly pingTimeoutMs: number };

/** A page of reservations, newest first; `before` is the last one of the page before. */
type PageOptions = {
  limit: number;
  before?: ReservationId | undefined;
  phase?: ReservationPhase | undefined;
  protoHitId?: ProtoHitId | undefined;
};

export const listReservations = (
  db: Queryable,
  { limit, before, phase, protoHitId, ...presence }: Presence & PageOptions,
): Promise<readonly ReservationListing[]> =>
  listed(
    db,
    presence,
    `($2::uuid is null or (r.made_at, r.reservation_id) <
        (select made_at, reservation_id from reservations where reservation_id = $2))
     and ($3::text is null or r.phase = $3)
     and ($4::uuid is null or r.proto_hit_id = $4)
     order by r.made_at desc, r.reservation_id desc
     limit $5`,
    [before, phase, protoHitId, limit],
  );

export async function findReservationListing(
  db: Queryable,
  id: ReservationId,
  presence: Presence,
): Promise<ReservationListing | undefined> {
  return (await listed(db, presence, 'r.reservation_id = $2', [id]))[0];
}

async function listed(
  db: Queryable,
  { now, pingTimeoutMs }: Presence,
  conditionAndOrder: string,
  parameters: readonly unknown[],
): Promise<readonly ReservationListing[]> {
  const { rows } = await db.query<ReservationListing>(
    `with page as materialized (
       select r.*
       from reservations r
       where ${conditionAndOrder}
     ), pool as (
       select w.proto_hit_id, count(*)::int as waiting
       from waiting_pool w
       where w.state = 'waiting' and w.last_ping_at >= $1 and w.reacts
         and w.proto_hit_id in (select proto_hit_id from page)
       group by w.proto_hit_id
     )
     select ${columnsOf(reservationTable, 'page')},
            ${jsonOf(protoHitTable, 'p')} as "protoHit",
            coalesce(pool.waiting, 0) as waiting
     from page
     join proto_hits p on p.proto_hit_id = page.proto_hit_id
     left join pool on pool.proto_hit_id = page.proto_hit_id
     order by page.made_at desc, page.reservation_id desc`,
    [now - pingTimeoutMs, ...parameters],
  );
  return rows;
}
