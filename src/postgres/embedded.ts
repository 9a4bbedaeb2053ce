import { mkdir, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import type { Logger } from 'pino';
import { type Binaries, locateBinaries } from './embedded/binaries.ts';
import { type Access, openDataFolder, writeAccess } from './embedded/dataFolder.ts';
import { freePort, isFree, isListening } from './embedded/ports.ts';
import { type Postmaster, socketFolderOf, startOn, stopOn, untilReady } from './embedded/postmaster.ts';
import { whileLocked } from './embedded/startLock.ts';
import { asUnprivileged, type Runner } from './embedded/unprivileged.ts';

export type EmbeddedPostgres = {
  /** Of a database named `retainer`, made if it was not there. */
  readonly url: string;
  /** Stops the server, unless another process still uses it. */
  readonly stop: (options?: { evenIfUsed?: boolean }) => Promise<void>;
};

/** How often we look whether the server still lives. */
const WATCH_MS = 500;
const LONGEST_PAUSE_MS = 10_000;
/** A server that says it is ready and does not answer for so long hangs. */
const ANSWER_MS = 5_000;
const START_ATTEMPTS = 10;
/** Sessions that were just closed take a moment to end. */
const SESSIONS_END_MS = 1_000;

/**
 * Starts a PostgreSQL server of our own in `dataDir/postgres`, or adopts the one that a killed process left
 * running there. It listens on loopback only, with a password that never leaves the folder; it is a process of
 * its own, and is started again if it dies while we run.
 * Throws a sentence for the operator when it cannot: no binary for this platform, a folder of another major
 * version, a folder that is not ours or that nobody may enter.
 */
export async function startEmbeddedPostgres({
  dataDir,
  log,
}: {
  dataDir: string;
  log: Logger;
}): Promise<EmbeddedPostgres> {
  await mkdir(dataDir, { recursive: true });
  const home = await realpath(dataDir);
  const data = join(home, 'postgres');
  const binaries = await locateBinaries();

  const { place, url } = await whileLocked(data, async () => {
    const runner = await asUnprivileged({ postgres: binaries.postgres, home, data });
    const access = await openDataFolder({ home, data, binaries, runner });
    const place = { home, data, binaries, runner, log };
    const server = (await adopt(place, access)) ?? (await startAnywhere(place, access));
    const url = await urlOf(data, access, server);
    await ensureDatabase(url);
    return { place, url };
  });

  const ending = new AbortController();
  const watching = keepAlive({ url, signal: ending.signal, log }, () =>
    whileLocked(data, async () => {
      const port = Number(new URL(url).port);
      if (!(await isListening(port))) await start(place, port);
    }),
  );
  return {
    url,
    stop: async ({ evenIfUsed = false } = {}) => {
      ending.abort();
      await watching;
      await whileLocked(data, async () => {
        if (!evenIfUsed && (await othersUse(url)))
          log.info('another process uses the embedded PostgreSQL server: leaving it running');
        else await stopOn(data, { ...place, ways: ['fast', 'immediate'] });
      });
    },
  };
}

type Place = {
  readonly home: string;
  readonly data: string;
  readonly binaries: Binaries;
  readonly runner: Runner;
  readonly log: Logger;
};

/** By the Unix socket if there is one; drivers prefer `host` to the address, which says the port. */
async function urlOf(data: string, { password }: Access, server: Postmaster): Promise<string> {
  const folder = await socketFolderOf(data, server);
  const host = folder === null ? '' : `?host=${encodeURIComponent(folder)}`;
  return `postgres://postgres:${password}@127.0.0.1:${server.port}/retainer${host}`;
}

/** Takes over a healthy server that runs on the folder; stops one that hangs. */
async function adopt(place: Place, access: Access): Promise<Postmaster | null> {
  const { home, data, log } = place;
  // One that is stopping will be gone.
  const server = await untilReady(data, { log, isOver: (found) => found === null });
  if (server === null) return null;
  const health = await healthOf(await urlOf(data, access, server));
  if (health === 'locked')
    throw new Error(`the password in ${join(home, 'postgres.json')} is not that of the server that runs on ${data}`);
  if (health === 'well') {
    if (server.port !== access.port) await writeAccess(home, { ...access, port: server.port });
    log.info({ port: server.port }, 'adopted the PostgreSQL server that was running in the data folder');
    return server;
  }
  log.warn('the PostgreSQL server that was running in the data folder does not answer: starting it again');
  await stopOn(data, { ...place, ways: ['immediate'] });
  return null;
}

/** On the port of last time, or on another if somebody else has taken it. */
async function startAnywhere(place: Place, access: Access): Promise<Postmaster> {
  const port = (await isFree(access.port)) ? access.port : await freePort();
  if (port !== access.port) await writeAccess(place.home, { ...access, port });
  return start(place, port);
}

/** Processes of a killed server may take a moment to end; until then PostgreSQL refuses the folder. */
async function start(place: Place, port: number): Promise<Postmaster> {
  const options = { ...place, port, logFile: join(place.home, 'postgres.log') };
  for (let attempt = 1; ; attempt++) {
    try {
      return await startOn(place.data, options);
    } catch (error) {
      if (attempt === START_ATTEMPTS) throw error;
      await sleep(WATCH_MS);
    }
  }
}

/** Starts the server again when it dies, with a pause that grows while that fails. */
async function keepAlive(
  { url, signal, log }: { url: string; signal: AbortSignal; log: Logger },
  restart: () => Promise<void>,
): Promise<void> {
  const port = Number(new URL(url).port);
  let pause = WATCH_MS;
  while (!signal.aborted) {
    await sleep(pause, undefined, { signal }).catch(() => {});
    if (signal.aborted) return;
    if (await isListening(port)) {
      pause = WATCH_MS;
      continue;
    }
    log.error('the embedded PostgreSQL server is gone: starting it again');
    await restart().then(
      () => log.info('the embedded PostgreSQL server is back'),
      (error: unknown) => {
        pause = Math.min(LONGEST_PAUSE_MS, pause * 2);
        log.error({ err: error }, 'the embedded PostgreSQL server could not be started again');
      },
    );
  }
}

async function ensureDatabase(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: maintenance(url) });
  await client.connect();
  try {
    const { rowCount } = await client.query(`select 1 from pg_database where datname = 'retainer'`);
    if (rowCount === 0) await client.query('create database retainer');
  } finally {
    await client.end();
  }
}

/** Somebody else's sessions: a service that runs beside a command-line call, or the other way round. */
async function othersUse(url: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: maintenance(url), connectionTimeoutMillis: 2_000 });
  client.on('error', () => {});
  try {
    await client.connect();
    const until = Date.now() + SESSIONS_END_MS;
    for (;;) {
      const { rows } = await client.query<{ used: boolean }>(
        `select count(*) > 0 as used from pg_stat_activity
         where backend_type = 'client backend' and pid <> pg_backend_pid()`,
      );
      if (rows[0]?.used !== true) return false;
      if (Date.now() > until) return true;
      await sleep(50);
    }
  } catch {
    // A server that does not answer is used by nobody.
    return false;
  } finally {
    await client.end().catch(() => {});
  }
}

/** A server that refuses us for any reason but the password is busy, not ill. */
async function healthOf(url: string): Promise<'well' | 'locked' | 'silent'> {
  const client = new pg.Client({ connectionString: maintenance(url), connectionTimeoutMillis: ANSWER_MS });
  client.on('error', () => {});
  try {
    await client.connect();
    return 'well';
  } catch (error) {
    if (!(error instanceof pg.DatabaseError)) return 'silent';
    return error.code === '28P01' ? 'locked' : 'well';
  } finally {
    await client.end().catch(() => {});
  }
}

function maintenance(url: string): string {
  const other = new URL(url);
  other.pathname = '/postgres';
  return other.href;
}
