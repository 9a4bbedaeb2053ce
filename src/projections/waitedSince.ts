import type { AssignmentId, Instant } from '../domain/ids.ts';
import type { Queryable } from './projection.ts';

/**
 * Since when those who have a task were waited for: the invoke, or their arrival if that was later. Whoever has none, or
 * is not shown yet, is left out.
 */
export async function waitedSince(
  db: Queryable,
  ids: readonly AssignmentId[],
): Promise<ReadonlyMap<AssignmentId, Instant>> {
  const { rows } = await db.query<{ id: AssignmentId; since: Instant }>(
    `select t.assignment_id as id, greatest(r.invoked_at, t.waiting_since) as since
     from tasks t
     join reservations r on r.reservation_id = t.reservation_id
     where t.assignment_id = any($1) and r.invoked_at is not null`,
    [ids],
  );
  return new Map(rows.map(({ id, since }) => [id, since]));
}
