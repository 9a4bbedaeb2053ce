import { vi } from 'vitest';

/** How long a test waits for what has to happen: a busy machine takes its time, and a pass never waits this long. */
export const PATIENCE_MS = 150_000;

/** Waits until the expectations in `hold` hold; fails as the last of them did. */
export const eventually = (hold: () => Promise<unknown> | unknown): Promise<unknown> =>
  vi.waitFor(hold, { timeout: PATIENCE_MS, interval: 20 });

/** Waits for something to become true; fails loudly if it does not. */
export async function until(isTrue: () => Promise<boolean> | boolean, timeoutMs = PATIENCE_MS): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  while (!(await isTrue())) {
    if (performance.now() > deadline) throw new Error(`it did not happen within ${timeoutMs} ms: ${isTrue.toString()}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
