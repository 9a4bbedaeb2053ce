import { mkdtemp, rm, statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import pino from 'pino';
import { startEmbeddedPostgres } from '../../../src/postgres/embedded.ts';
import { migrate } from '../../../src/postgres/migrate.ts';
import { removeAfterUs } from '../afterUs.ts';
import type { Shared } from './share.ts';

export type SharedPostgres = {
  /** The server's maintenance database. */
  readonly adminUrl: string;
  /** How a migrated, empty database is cloned: what follows `create database NAME`. */
  readonly fromTemplate: string;
};

/**
 * Starts the run's PostgreSQL, with a migrated template that every test file clones: the server that
 * TEST_DATABASE_URL names, or the embedded one in a folder of its own.
 */
export async function startPostgres(): Promise<Shared<SharedPostgres>> {
  const given = process.env['TEST_DATABASE_URL'];
  const inMemory = await hasRoom(MEMORY);
  const dataDir = given === undefined ? await mkdtemp(join(inMemory ? MEMORY : tmpdir(), 'retainer-test-')) : undefined;
  if (dataDir !== undefined) removeAfterUs(dataDir);
  const server =
    dataDir === undefined ? undefined : await startEmbeddedPostgres({ dataDir, log: pino({ level: 'warn' }) });
  const adminUrl = given ?? server?.adminUrl ?? '';
  const template = `retainer_template_${process.pid}_${Date.now()}`;
  await asAdmin(adminUrl, `create database ${template}`);
  await migrate(databaseUrl(adminUrl, template));
  // In memory a copy of the files takes a tenth of what writing them to the log does.
  const strategy = dataDir !== undefined && inMemory ? ' strategy file_copy' : '';
  return {
    access: { adminUrl, fromTemplate: `template ${template}${strategy}` },
    stop: async () => {
      await asAdmin(adminUrl, `drop database if exists ${template} with (force)`);
      await server?.stop({ evenIfUsed: true });
      if (dataDir !== undefined) await rm(dataDir, { recursive: true, force: true });
    },
  };
}

/** Where Linux keeps files in memory: hundreds of databases are made and dropped, and none is to outlive us. */
const MEMORY = '/dev/shm';
const ROOM_BYTES = 4 * 1024 ** 3;
async function hasRoom(folder: string): Promise<boolean> {
  const { bavail, bsize } = await statfs(folder).catch(() => ({ bavail: 0, bsize: 0 }));
  return bavail * bsize >= ROOM_BYTES;
}

const databaseUrl = (adminUrl: string, name: string): string => {
  const url = new URL(adminUrl);
  url.pathname = `/${name}`;
  return url.href;
};

async function asAdmin(adminUrl: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: adminUrl });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
