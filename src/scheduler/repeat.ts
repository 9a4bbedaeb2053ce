import type { Logger } from 'pino';
import type { Bell } from './bell.ts';

/** A fault that lasts is logged again after this many rounds, not every round. */
const ROUNDS_BETWEEN_LOGS = 60;
/** From the start of a round to the start of one that was rung for. */
const SHORTEST_INTERVAL_MS = 250;

type Repeated = {
  readonly name: string;
  readonly intervalMs: number;
  readonly signal: AbortSignal;
  readonly log: Logger;
  readonly bell?: Bell | undefined;
};

/**
 * Does `work` again and again until `signal` aborts, `intervalMs` from start to start, or sooner if `bell` rings.
 * Rounds never overlap: one that takes longer delays the next. A round that fails is logged and the next goes on.
 */
export async function repeat(
  { name, intervalMs, signal, log, bell }: Repeated,
  work: () => Promise<unknown>,
): Promise<void> {
  let failures = 0;
  while (!signal.aborted) {
    const startedAt = performance.now();
    const left = (ms: number): number => ms - (performance.now() - startedAt);
    bell?.answer();
    try {
      await work();
      if (failures > 0) log.info({ failures }, `${name} works again`);
      failures = 0;
    } catch (error) {
      if (signal.aborted) return log.debug({ err: error }, `${name} was cut short`);
      if (failures % ROUNDS_BETWEEN_LOGS === 0) log.error({ err: error }, `${name} failed; the next round tries again`);
      failures++;
    }
    if (!bell?.isRung()) await pause(left(intervalMs), signal, bell);
    if (bell?.isRung()) await pause(left(Math.min(intervalMs, SHORTEST_INTERVAL_MS)), signal);
  }
}

/** Waits for so long, or until `signal` aborts or `bell` rings. */
const pause = (ms: number, signal: AbortSignal, bell?: Bell): Promise<void> =>
  new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      stopListening?.();
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal.addEventListener('abort', end);
    const stopListening = bell?.onRing(end);
    if (signal.aborted) end();
  });
