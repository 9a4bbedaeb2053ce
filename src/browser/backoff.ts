const LONGEST_MS = 15_000;

/** Pauses that double after each failure, with jitter so that a crowd does not come back as one. It never gives up.
 * Answers with what to call after a success, and after a failure. */
export function createBackoff(firstMs: number) {
  let failures = 0;
  return [
    (): void => {
      failures = 0;
    },
    /** Milliseconds to wait before the next try. */
    (): number => Math.min(LONGEST_MS, firstMs * 2 ** failures++) * (0.5 + Math.random() / 2),
  ] as const;
}
