import type pg from 'pg';
import type { Logger } from 'pino';
import type { Settings } from './config.ts';
import type { EventStore } from './event-store/port.ts';
import type { StoredBatch } from './event-store/postgres/groupCommit.ts';
import { createPostgresStore } from './event-store/postgres/store.ts';
import { migrate } from './postgres/migrate.ts';
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
    log,
    onBatch,
  }: {
    settings: Pick<Settings, 'presenceRetentionDays'>;
    log: Logger;
    onBatch?: ((batch: StoredBatch) => void) | undefined;
  },
): Promise<OpenEventStore> {
  if (!isPostgres(url)) {
    const { openKurrentStore } = await import('./event-store/kurrentdb/store.ts');
    const { presenceRetentionDays } = settings;
    const store = await openKurrentStore({ url, presenceRetentionDays, log });
    return { store, pool: null, close: store.close };
  }
  const onError = (error: Error): void => log.warn({ err: error }, 'a database connection was lost');
  await migrate(url, log);
  const pool = createPool(url, { max: 4, applicationName: 'retainer log', onError });
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

const isPostgres = (url: string): boolean => /^postgres(ql)?:/.test(url);
