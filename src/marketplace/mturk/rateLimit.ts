import { setTimeout as sleep } from 'node:timers/promises';

/** Waits until a call may be made. */
export type RateLimit = () => Promise<void>;

/** What measures the time, in milliseconds from any start, and lets it pass. */
export type Stopwatch = { readonly now: () => number; readonly pause: (ms: number) => Promise<unknown> };

const REAL: Stopwatch = { now: () => performance.now(), pause: (ms) => sleep(ms) };

/**
 * A token bucket: `burst` calls at once, `perSecond` after that, first come first served. MTurk's own limits are not
 * published; batches of more than a hundred were throttled (allenai/amti#12), so all clients of one endpoint share one.
 */
export function createRateLimit(
  { perSecond, burst }: { perSecond: number; burst: number },
  { now, pause }: Stopwatch = REAL,
): RateLimit {
  let free = burst;
  let filledAt = now();
  let queue = Promise.resolve();
  const fill = (): void => {
    const at = now();
    free = Math.min(burst, free + ((at - filledAt) / 1000) * perSecond);
    filledAt = at;
  };
  const take = async (): Promise<void> => {
    fill();
    // Timers may fire a little early.
    while (free < 1) {
      await pause(Math.ceil(((1 - free) / perSecond) * 1000));
      fill();
    }
    free -= 1;
  };
  return () => {
    queue = queue.then(take);
    return queue;
  };
}
