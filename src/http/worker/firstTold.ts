import type { Instant } from '../../domain/ids.ts';
import type { ToldTask } from './call.ts';

/** A call older than this was told before, perhaps by another node: its page was loaded again. */
const FRESH_MS = 60_000;
/** Most calls that are remembered as told. */
const MOST_REMEMBERED = 50_000;

/** Hears of every answer that holds a task, and passes on each task's first of this node. */
export function createFirstTold(
  told: (task: ToldTask, at: Instant) => void,
  clock: () => Instant = Date.now,
): (task: ToldTask) => void {
  // The marketplace gives an assignment's id out again, to somebody who may be called too.
  const known = new Set<string>();
  return (task) => {
    const { assignmentId, calledAt } = task;
    const call = `${assignmentId} ${calledAt}`;
    if (calledAt === null || known.has(call)) return;
    const at = clock();
    if (at - calledAt > FRESH_MS) return;
    known.add(call);
    const [oldest] = known;
    if (known.size > MOST_REMEMBERED && oldest !== undefined) known.delete(oldest);
    told(task, at);
  };
}
