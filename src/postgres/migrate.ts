import { readdir } from 'node:fs/promises';
import { parse } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runner } from 'node-pg-migrate';
import pg from 'pg';
import type { Logger } from 'pino';
import { whyUnsuitable } from './suitable.ts';

/** Beside this file in the sources, beside the bundle in a build. */
const MIGRATIONS = fileURLToPath(new URL('./migrations/', import.meta.url));

/** Every schema that migrations make but the one that keeps count of them. */
const SCHEMAS = ['event_store', 'marketplace', 'read_models'];

/**
 * Brings a database to what this version needs; answers with the names of the migrations it applied. All of them
 * or none, and safe when many nodes start at once: the others wait for the first. Throws a sentence for the operator
 * when the database cannot be reached, or is another application's.
 */
export const migrate = (url: string, log?: Logger): Promise<readonly string[]> =>
  connected(url, log, async (client) => {
    const { isOurs, theirs } = await standing(client);
    if (!isOurs && theirs !== null)
      throw new Error(
        `the database ${addressOf(url)} has a schema ${theirs} that this service did not make: give the service a ` +
          'database of its own (DATABASE_URL)',
      );
    const applied = await runner({
      dbClient: client,
      dir: MIGRATIONS,
      direction: 'up',
      migrationsSchema: 'retainer',
      createMigrationsSchema: true,
      migrationsTable: 'migrations',
      singleTransaction: true,
      advisoryLockMode: 'wait',
      logger: {
        debug: (message) => log?.debug(message),
        info: (message) => log?.debug(message),
        warn: (message) => log?.warn(message),
        error: (message) => log?.error(message),
      },
    });
    return applied.map(({ name }) => name);
  });

/** Throws a sentence for the operator unless a database is as this version needs it; changes nothing. */
export const expectMigrated = (
  url: string,
  log?: Logger,
  /** What is looked for there. */
  what: 'log' | 'read models' = 'log',
): Promise<void> =>
  connected(url, log, async (client) => {
    const { isOurs } = await standing(client);
    if (!isOurs)
      throw new Error(
        `the database ${addressOf(url)} holds no ${what} of this service: see that its address is right; ` +
          "'retainer migrate' or 'retainer serve' sets up a new one",
      );
    const { rows } = await client.query<{ name: string }>('select name from retainer.migrations');
    const applied = new Set(rows.map(({ name }) => name));
    const files = (await readdir(MIGRATIONS)).map((file) => parse(file).name);
    if (files.some((name) => !applied.has(name)))
      throw new Error(
        `the database ${addressOf(url)} was set up by an older version of this service: 'retainer migrate' brings it ` +
          'up to date',
      );
  });

/** Whether our migrations were ever applied, and a schema that stands in the way if they were not. */
async function standing(client: pg.Client): Promise<{ isOurs: boolean; theirs: string | null }> {
  const { rows } = await client.query<{ isOurs: boolean; theirs: string | null }>(
    `select to_regclass('retainer.migrations') is not null as "isOurs",
            (select min(nspname) from pg_namespace where nspname = any($1)) as theirs`,
    [SCHEMAS],
  );
  return rows[0] ?? { isOurs: false, theirs: null };
}

async function connected<Value>(
  url: string,
  log: Logger | undefined,
  work: (client: pg.Client) => Promise<Value>,
): Promise<Value> {
  // Left to itself the library neither listens to errors of its connection nor waits until it is closed.
  const client = new pg.Client({ connectionString: url, application_name: 'retainer migrate' });
  client.on('error', (error) => log?.warn({ err: error }, 'the connection that migrates was lost'));
  await client.connect().catch((error: unknown) => {
    throw new Error(`cannot connect to the database ${addressOf(url)}: ${reasonOf(error)}`, { cause: error });
  });
  try {
    const reason = await whyUnsuitable(url);
    if (reason !== null) throw new Error(`the database ${addressOf(url)} ${reason}`);
    return await work(client);
  } finally {
    await client.end().catch((error: unknown) => log?.debug({ err: error }, 'the connection that migrated was gone'));
  }
}

/** Without the name and the password of its user: all up to the last `@`, for a password may hold what ends a place. */
function addressOf(url: string): string {
  const bare = url.replace(/\?[^@]*$/, '').replace(/\/\/.*@/s, '//');
  if (!URL.canParse(bare)) return '';
  const { host, pathname } = new URL(bare);
  return `${host}${pathname}`;
}

/** A host with several addresses fails with one error each, and no message of its own. */
const reasonOf = (error: unknown): string =>
  error instanceof AggregateError
    ? error.errors.map(reasonOf).join(', ')
    : error instanceof Error
      ? error.message
      : String(error);
