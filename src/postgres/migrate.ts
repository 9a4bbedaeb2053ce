import { fileURLToPath } from 'node:url';
import { runner } from 'node-pg-migrate';
import pg from 'pg';
import type { Logger } from 'pino';

/** Beside this file in the sources, beside the bundle in a build. */
const MIGRATIONS = fileURLToPath(new URL('./migrations/', import.meta.url));

/**
 * Brings a database to what this version needs; answers with the names of the migrations it applied. All of them
 * or none, and safe when many nodes start at once: the others wait for the first. Throws a sentence for the operator
 * when the database cannot be reached.
 */
export async function migrate(url: string, log?: Logger): Promise<readonly string[]> {
  // Left to itself the library neither listens to errors of its connection nor waits until it is closed.
  const client = new pg.Client({ connectionString: url, application_name: 'retainer migrate' });
  client.on('error', (error) => log?.warn({ err: error }, 'the connection that migrates was lost'));
  await client.connect().catch((error: unknown) => {
    throw new Error(`cannot connect to the database ${addressOf(url)}: ${reasonOf(error)}`, { cause: error });
  });
  try {
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
  } finally {
    await client.end().catch((error: unknown) => log?.debug({ err: error }, 'the connection that migrated was gone'));
  }
}

/** Without the name and the password of its user. */
function addressOf(url: string): string {
  if (!URL.canParse(url)) return '';
  const { host, pathname } = new URL(url);
  return `${host}${pathname}`;
}

/** A host with several addresses fails with one error each, and no message of its own. */
const reasonOf = (error: unknown): string =>
  error instanceof AggregateError
    ? error.errors.map(reasonOf).join(', ')
    : error instanceof Error
      ? error.message
      : String(error);
