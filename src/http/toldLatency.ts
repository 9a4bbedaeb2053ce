import type { Instant, ReservationId } from '../domain/ids.ts';
import { coalesce } from '../postgres/coalesce.ts';
import type { Database } from '../postgres/pool.ts';
import { invokedAt } from '../projections/invokedAt.ts';
import type { TaskRow } from '../projections/tasks.ts';

/**
 * Measures, for a worker who was just told of a task, how long after the invoke that was; after the worker's arrival,
 * if that was later. Asks for the invokes afterwards and many at a time, so that telling does not wait for it.
 */
export function measureTold(
  db: Database,
  told: (seconds: number) => void,
): (task: Pick<TaskRow, 'reservationId' | 'waitingSince'>, toldAt: Instant) => Promise<void> {
  const lookUp = coalesce<ReservationId, Instant>((ids) => invokedAt(db, ids), { maxKeys: 10_000, concurrency: 1 });
  return async ({ reservationId, waitingSince }, toldAt) => {
    const invoked = reservationId === null ? undefined : await lookUp(reservationId);
    if (invoked !== undefined) told(Math.max(0, toldAt - Math.max(invoked, waitingSince)) / 1000);
  };
}
