import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Database } from './pool.ts';

const RETRY_MS = 250;

/**
 * Does work that only one process may do at a time, on a session advisory lock: who comes second waits. Postgres
 * frees the lock when the process dies. Throws when `signal` aborts while it waits.
 */
export async function alone<T>(
  { db, name, log, signal }: { db: Database; name: string; log: Logger; signal: AbortSignal },
  work: () => Promise<T>,
): Promise<T> {
  const client = await db.connect();
  let broken: Error | undefined;
  const onError = (cause: Error): void => {
    broken = cause;
  };
  client.on('error', onError);
  try {
    for (let waits = 0; ; waits++) {
      const { rows } = await client.query<{ held: boolean }>(
        `select pg_try_advisory_lock(hashtextextended('retainer alone ' || $1, 0)) as held`,
        [name],
      );
      if (rows[0]?.held === true) break;
      if (waits === 0) log.info(`another ${name} is at work: waiting for it`);
      await sleep(RETRY_MS, undefined, { signal });
    }
    return await work();
  } finally {
    await client.query('select pg_advisory_unlock_all()').catch((cause: Error) => {
      broken = cause;
    });
    client.off('error', onError);
    client.release(broken);
  }
}
