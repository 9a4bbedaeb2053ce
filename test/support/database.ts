import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { inject } from 'vitest';
import { createPool } from '../../src/postgres/pool.ts';
import { projections } from '../../src/projections/all.ts';
import { searchPathOf } from '../../src/projections/projection.ts';
import type { SharedPostgres } from './shared/postgres.ts';
import { reachShared } from './shared/share.ts';
import { PATIENCE_MS } from './until.ts';

export type TestDatabase = {
  readonly url: string;
  readonly pool: pg.Pool;
  /** Ends every connection to the database but this call's own, as a crash of the server would. */
  readonly kill: () => Promise<void>;
  /** Closes the pool and drops the database, whoever else is connected. */
  readonly drop: () => Promise<void>;
};

/** A migrated, empty database of one's own. */
export async function freshDatabase(): Promise<TestDatabase> {
  const name = `retainer_test_${randomBytes(6).toString('hex')}`;
  const { adminUrl, fromTemplate } = await sharedPostgres();
  await asAdmin(`create database ${name} ${fromTemplate}`);
  const url = new URL(adminUrl);
  url.pathname = `/${name}`;
  const pool = createPool(url.href, {
    max: 10,
    applicationName: 'retainer test',
    searchPath: searchPathOf(projections),
    connectTimeoutMs: PATIENCE_MS,
    queryTimeoutMs: PATIENCE_MS,
    onError: () => {},
  });
  return {
    url: url.href,
    pool,
    kill: () =>
      asAdmin(
        `select pg_terminate_backend(pid) from pg_stat_activity where datname = '${name}' and pid <> pg_backend_pid()`,
      ),
    drop: async () => {
      await pool.end();
      await asAdmin(`drop database if exists ${name} with (force)`);
    },
  };
}

/** The PostgreSQL that the whole run shares. */
export const sharedPostgres = (): Promise<SharedPostgres> => reachShared(inject('sharedUrl'), 'postgres');

async function asAdmin(statement: string): Promise<void> {
  const { adminUrl } = await sharedPostgres();
  const client = new pg.Client({ connectionString: adminUrl });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
