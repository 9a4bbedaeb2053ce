import type { Instant, ReservationId } from '../domain/ids.ts';
import type { Queryable } from './projection.ts';

/** When reservations were invoked; those that were not are left out. */
export async function invokedAt(
  db: Queryable,
  ids: readonly ReservationId[],
): Promise<ReadonlyMap<ReservationId, Instant>> {
  const { rows } = await db.query<{ id: ReservationId; at: Instant }>(
    `select reservation_id as id, invoked_at as at
     from reservations
     where reservation_id = any($1) and invoked_at is not null`,
    [ids],
  );
  return new Map(rows.map(({ id, at }) => [id, at]));
}
