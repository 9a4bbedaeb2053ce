import type { Instant, ProtoHitId } from '../domain/ids.ts';
import type { Queryable } from './projection.ts';
import type { ReservationRow } from './reservations.ts';

/** What a reservation asks of the scheduler. */
export type DemandRow = Pick<
  ReservationRow,
  'reservationId' | 'protoHitId' | 'madeAt' | 'expectedAt' | 'dispatched' | 'responded'
> & {
  /** Null until invoked. */
  readonly invokedAt: Instant | null;
  /** Workers it calls for. */
  readonly asked: number;
};

/**
 * Reservations for which somebody is still to be found or to be seen at work, and that are recruited for: the table of
 * reservations seen through a partial index, so that it costs what is open, not what ever was. Of all ProtoHITs, unless
 * some are named. With `evenFilled` those too that are open although everybody was seen at work.
 */
export async function demandNow(
  db: Queryable,
  protoHitIds?: readonly ProtoHitId[],
  { evenFilled = false }: { evenFilled?: boolean } = {},
): Promise<readonly DemandRow[]> {
  const { rows } = await db.query<DemandRow>(
    `select reservation_id as "reservationId", proto_hit_id as "protoHitId",
            made_at as "madeAt", expected_at as "expectedAt", invoked_at as "invokedAt",
            num_assignments as asked, dispatched, responded
     from reservations
     where ${evenFilled ? "phase in ('made', 'invoked')" : 'needs_workers'}
       and recruiting_stopped_at is null and ($1::uuid[] is null or proto_hit_id = any($1))
     order by expected_at, reservation_id`,
    [protoHitIds],
  );
  return rows;
}
