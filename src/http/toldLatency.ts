import type { AssignmentId, Instant } from '../domain/ids.ts';
import { coalesce } from '../postgres/coalesce.ts';
import type { Database } from '../postgres/pool.ts';
import type { CaughtUp } from '../projections/caughtUp.ts';
import { waitedSince } from '../projections/waitedSince.ts';
import type { ToldTask } from './worker/call.ts';

/** How long the read models may take to show a call that a worker has been told of. */
const CATCH_UP_TIMEOUT_MS = 60_000;

/**
 * Measures, for a worker who was just told of a task, how long after the invoke that was; after the worker's arrival,
 * if that was later. Asks for the two afterwards and many at a time, so that telling does not wait for it.
 */
export function measureTold(
  { db, caughtUp }: { db: Database; caughtUp: Pick<CaughtUp, 'until'> },
  told: (seconds: number) => void,
): (task: Pick<ToldTask, 'assignmentId' | 'position'>, toldAt: Instant) => Promise<void> {
  const lookUp = coalesce<AssignmentId, Instant>((ids) => waitedSince(db, ids), { maxKeys: 10_000, concurrency: 1 });
  return async ({ assignmentId, position }, toldAt) => {
    if (position !== undefined) await caughtUp.until(position, { timeoutMs: CATCH_UP_TIMEOUT_MS });
    const since = await lookUp(assignmentId);
    if (since !== undefined) told(Math.max(0, toldAt - since) / 1000);
  };
}
