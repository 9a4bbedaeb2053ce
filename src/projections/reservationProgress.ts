import type { ReservationId } from '../domain/ids.ts';
import type { Queryable } from './projection.ts';

/** How far the work of a reservation is. */
export type ReservationProgress = {
  readonly reservationId: ReservationId;
  /** Handed in by people who did its task. */
  readonly answers: number;
  /** Called or at work: from these an answer may still come. */
  readonly atWork: number;
  /** More may be called: it is neither finished, cancelled nor timed out. */
  readonly isOpen: boolean;
};

/** Handed in after the task; who was called too late and released hands in for having waited. */
export const IS_ANSWER = `t.phase in ('submitted', 'approved', 'rejected') and t.released is null`;

export async function progressOf(
  db: Queryable,
  ids: readonly ReservationId[],
): Promise<ReadonlyMap<ReservationId, ReservationProgress>> {
  const { rows } = await db.query<ReservationProgress>({
    name: 'reservations.progress',
    text: `
      select r.reservation_id as "reservationId", r.phase in ('made', 'invoked') as "isOpen",
             own.answers, own.at_work as "atWork"
      from reservations r
      cross join lateral (
        select (count(*) filter (where ${IS_ANSWER}))::int as answers,
               (count(*) filter (where t.phase in ('called', 'working')))::int as at_work
        from tasks t
        where t.reservation_id = r.reservation_id
      ) own
      where r.reservation_id = any($1::uuid[])`,
    values: [ids],
  });
  return new Map(rows.map((row) => [row.reservationId, row]));
}
