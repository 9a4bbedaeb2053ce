import { setTimeout as sleep } from 'node:timers/promises';

/** Waits until a call may be made. */
export type RateLimit = () => Promise<void>;

/**
 * A token bucket: `burst` calls at once, `perSecond` after that, first come first served. MTurk's own limits are not
 * published; batches of more than a hundred were throttled (allenai/amti#12), so one limiter paces all calls.
 */
export function createRateLimit({ perSecond, burst }: { perSecond: number; burst: number }): RateLimit {
  let free = burst;
  let filledAt = performance.now();
  let queue = Promise.resolve();
  const take = async (): Promise<void> => {
    const now = performance.now();
    free = Math.min(burst, free + ((now - filledAt) / 1000) * perSecond);
    filledAt = now;
    if (free < 1) {
      await sleep(((1 - free) / perSecond) * 1000);
      filledAt = performance.now();
      free = 1;
    }
    free -= 1;
  };
  return () => {
    queue = queue.then(take);
    return queue;
  };
}
