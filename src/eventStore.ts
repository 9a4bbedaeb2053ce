import type pg from 'pg';
import type { Logger } from 'pino';
import type { Settings } from './config/settings.ts';
import type { EventStore } from './event-store/port.ts';
import type { StoredBatch } from './event-store/postgres/groupCommit.ts';
import { createPostgresStore } from './event-store/postgres/store.ts';
import { createPool } from './postgres/pool.ts';

export type OpenEventStore = {
  readonly store: EventStore;
  /** Of the store in Postgres. */
  readonly pool: pg.Pool | null;
  readonly close: () => Promise<void>;
};

/**
 * The log that a URL names: in Postgres, or in a KurrentDB, whose client is loaded only then. Throws a sentence for the
 * operator when it cannot be opened.
 */
export async function openEventStore(
  url: string,
  {
    settings,
    prepare,
    log,
    onBatch,
    connectTimeoutMs,
  }: {
    settings: Pick<Settings, 'presenceRetentionDays'>;
    /** Of a store in Postgres, before it is used: `migrate`, or `expectMigrated`. */
    prepare: (url: string, log: Logger) => Promise<unknown>;
    log: Logger;
    onBatch?: ((batch: StoredBatch) => void) | undefined;
    /** Longest wait for a connection to Postgres, if not as usual. */
    connectTimeoutMs?: number | undefined;
  },
): Promise<OpenEventStore> {
  if (!isPostgres(url)) {
    const { openKurrentStore } = await import('./event-store/kurrentdb/store.ts');
    const { presenceRetentionDays } = settings;
    const store = await openKurrentStore({ url, presenceRetentionDays, log });
    return { store, pool: null, close: store.close };
  }
  const onError = (error: Error): void => log.warn({ err: error }, 'a database connection was lost');
  await prepare(url, log);
  const pool = createPool(url, { max: 4, applicationName: 'retainer log', onlyGrows: true, connectTimeoutMs, onError });
  const store = createPostgresStore({ url, pool, log, onBatch });
  return {
    store,
    pool,
    close: async () => {
      await store.close();
      await pool.end();
    },
  };
}

export const isPostgres = (url: string): boolean => /^postgres(ql)?:/.test(url);
