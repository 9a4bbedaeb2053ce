import { fileURLToPath } from 'node:url';
import { runner } from 'node-pg-migrate';
import type { Logger } from 'pino';

/** Beside this file in the sources, beside the bundle in a build. */
const MIGRATIONS = fileURLToPath(new URL('./migrations/', import.meta.url));

/**
 * Brings a database to what this version needs; answers with the names of the migrations it applied. All of them
 * or none, and safe when many nodes start at once: the others wait for the first.
 */
export async function migrate(url: string, log?: Logger): Promise<readonly string[]> {
  const applied = await runner({
    databaseUrl: url,
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
}
