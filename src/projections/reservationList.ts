import type { Instant, ProtoHitId, ReservationId } from '../domain/ids.ts';
import type { ReservationPhase } from '../domain/reservation.ts';
import { columnsOf, jsonOf } from './fold.ts';
import type { Queryable } from './projection.ts';
import { type ProtoHitRow, protoHitTable } from './protoHits.ts';
import { type ReservationRow, reservationTable } from './reservations.ts';
import { sharesOf } from './shares.ts';

/** A reservation as applications see it. */
export type ReservationListing = ReservationRow & {
  readonly protoHit: ProtoHitRow;
  /** People who would go to it if it were invoked now: nobody is counted for two reservations, or twice for one. */
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
    `($1::uuid is null or (r.made_at, r.reservation_id) <
        (select made_at, reservation_id from reservations where reservation_id = $1))
     and ($2::text is null or r.phase = $2)
     and ($3::uuid is null or r.proto_hit_id = $3)
     order by r.made_at desc, r.reservation_id desc
     limit $4`,
    [before, phase, protoHitId, limit],
  );

export async function findReservationListing(
  db: Queryable,
  id: ReservationId,
  presence: Presence,
): Promise<ReservationListing | undefined> {
  return (await listed(db, presence, 'r.reservation_id = $1', [id]))[0];
}

async function listed(
  db: Queryable,
  presence: Presence,
  conditionAndOrder: string,
  parameters: unknown[],
): Promise<readonly ReservationListing[]> {
  const { rows } = await db.query<Omit<ReservationListing, 'waiting'>>(
    `with page as materialized (
       select r.*
       from reservations r
       where ${conditionAndOrder}
     )
     select ${columnsOf(reservationTable, 'page')},
            ${jsonOf(protoHitTable, 'p')} as "protoHit"
     from page
     join proto_hits p on p.proto_hit_id = page.proto_hit_id
     order by page.made_at desc, page.reservation_id desc`,
    parameters,
  );
  const shares = await sharesOf(db, presence, rows);
  return rows.map((row) => ({ ...row, waiting: shares.get(row.reservationId)?.waiting ?? 0 }));
}
