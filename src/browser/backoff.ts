/** Waits longer after each failure, up to half a minute, with jitter so that a crowd does not come back as one; never gives up. */
export function createBackoff(firstMs: number, longestMs = 30_000) {
  let failures = 0;
  return {
    succeeded: (): void => {
      failures = 0;
    },
    /** Milliseconds to wait before the next try. */
    failed: (): number => {
      const pause = Math.min(longestMs, firstMs * 2 ** failures++);
      return pause * (0.5 + Math.random() / 2);
    },
  };
}
