import type { AssignmentId, ReservationId } from '../domain/ids.ts';
import type { Queryable } from './projection.ts';

/** Who was called to a reservation and has not started. */
export async function calledTo(db: Queryable, reservationId: ReservationId): Promise<readonly AssignmentId[]> {
  const { rows } = await db.query<{ assignmentId: AssignmentId }>(
    `select assignment_id as "assignmentId" from waiting_pool where state = 'called' and reservation_id = $1`,
    [reservationId],
  );
  return rows.map(({ assignmentId }) => assignmentId);
}

/** Called and not started, and there is nothing to start any more: the reservation is over, or others have its places. */
export async function calledInVain(
  db: Queryable,
  { limit }: { limit: number },
): Promise<readonly { assignmentId: AssignmentId; reservationId: ReservationId }[]> {
  const { rows } = await db.query<{ assignmentId: AssignmentId; reservationId: ReservationId }>(
    `select w.assignment_id as "assignmentId", w.reservation_id as "reservationId"
     from waiting_pool w
     join reservations r using (reservation_id)
     where w.state = 'called'
       and (r.phase not in ('made', 'invoked') or (not w.holds_slot and r.dispatched >= r.num_assignments))
     order by w.called_at, w.assignment_id
     limit $1`,
    [limit],
  );
  return rows;
}
