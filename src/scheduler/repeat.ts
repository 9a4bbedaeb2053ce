import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';

/** A fault that lasts is logged again after this many rounds, not every round. */
const ROUNDS_BETWEEN_LOGS = 60;

/**
 * Does `work` again and again until `signal` aborts, `intervalMs` from start to start. Rounds never overlap:
 * one that takes longer delays the next. A round that fails is logged and the next goes on.
 */
export async function repeat(
  { name, intervalMs, signal, log }: { name: string; intervalMs: number; signal: AbortSignal; log: Logger },
  work: () => Promise<unknown>,
): Promise<void> {
  let failures = 0;
  while (!signal.aborted) {
    const interval = sleep(intervalMs, undefined, { signal }).catch(() => undefined);
    try {
      await work();
      if (failures > 0) log.info({ failures }, `${name} works again`);
      failures = 0;
    } catch (error) {
      if (signal.aborted) return log.debug({ err: error }, `${name} was cut short`);
      if (failures % ROUNDS_BETWEEN_LOGS === 0) log.error({ err: error }, `${name} failed; the next round tries again`);
      failures++;
    }
    await interval;
  }
}
