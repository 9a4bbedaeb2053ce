import { memory } from '../platform/memory.ts';
import { ASLEEP_MS } from '../times.ts';

/**
 * How long the worker of an assignment has waited, in all tabs together and over reloads. To be told often, and at
 * every change, whether the time from now on counts; answers with what was waited until now.
 */
export function startWatch(assignmentId: string) {
  const key = `waited:${assignmentId}`;
  let total = 0;
  let from = 0;
  let isCounting = false;
  return (counts: boolean): number => {
    const at = Date.now();
    // What another tab counted meanwhile is not counted again.
    const { ms = total, until = from } = memory<{ ms: number; until: number }>(key);
    total = ms;
    if (isCounting) {
      total += Math.max(0, Math.min(at - Math.max(from, until), ASLEEP_MS));
      memory(key, { ms: total, until: at });
    }
    from = at;
    isCounting = counts;
    return total;
  };
}
