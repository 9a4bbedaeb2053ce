import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';

/**
 * Asks a connection again and again whether it lives: a peer that dies without a word is noticed by nothing else.
 * Calls `onDead` once when an answer takes longer than `timeoutMs` or the connection is lost; answers with what
 * ends the asking.
 */
export function heartbeat(
  client: pg.Client,
  { everyMs, timeoutMs, onDead }: { everyMs: number; timeoutMs: number; onDead: () => void },
): () => void {
  const ending = new AbortController();
  const { signal } = ending;
  let late: NodeJS.Timeout | undefined;
  const beat = async (): Promise<void> => {
    while (!signal.aborted) {
      await sleep(everyMs, undefined, { signal });
      late = setTimeout(onDead, timeoutMs);
      await client.query('select 1');
      clearTimeout(late);
    }
  };
  beat().catch(() => {
    clearTimeout(late);
    if (!signal.aborted) onDead();
  });
  return () => {
    ending.abort();
    clearTimeout(late);
  };
}
