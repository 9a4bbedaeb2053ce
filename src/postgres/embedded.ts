import { realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { type Binaries, locateBinaries } from './embedded/binaries.ts';
import { ensureDatabase, SERVICE_USER } from './embedded/database.ts';
import { type Access, openDataFolder, writeAccess } from './embedded/dataFolder.ts';
import { tidyWhenInterrupted } from './embedded/interrupted.ts';
import { makeFolder } from './embedded/makeFolder.ts';
import { freePort, isFree, isListening } from './embedded/ports.ts';
import { NO_SOCKET, type Postmaster, socketFolderOf, startOn, stopOn, untilReady } from './embedded/postmaster.ts';
import { ANSWER_MS, healthOf, othersUse } from './embedded/sessions.ts';
import { whileLocked } from './embedded/startLock.ts';
import { asUnprivileged, type Runner } from './embedded/unprivileged.ts';

export type EmbeddedPostgres = {
  /** Of a database named `retainer`, as a user of that name who owns it and is no superuser; made if they were not there. */
  readonly url: string;
  /** The same database as the server's superuser. */
  readonly adminUrl: string;
  /** Stops the server, unless another process still uses it. */
  readonly stop: (options?: { evenIfUsed?: boolean }) => Promise<void>;
};

/** How often we look whether the server still lives. */
const WATCH_MS = 500;
const LONGEST_PAUSE_MS = 10_000;
const START_ATTEMPTS = 10;

/**
 * Starts a PostgreSQL server of our own in `dataDir/postgres`, or adopts the one that runs there: a service's beside this
 * command, or one that a killed process left. It listens on loopback only, with a password that never leaves the
 * folder, and is a process of its own.
 *
 * A service (`serves`) replaces a server that hangs, starts it again if it dies, and stops it at its end unless another
 * process uses it. Whoever but looks does nothing of that to a server that it has not started; with `onlyExisting`
 * it makes no data folder either.
 * Throws a sentence for the operator when it cannot: no binary for this platform, a folder of another major
 * version, a folder that is not ours or that nobody may enter, a server that hangs.
 */
export async function startEmbeddedPostgres({ serves = true, ...options }: StartOptions): Promise<EmbeddedPostgres> {
  const starting = startOrAdopt({ ...options, serves });
  // A service listens to signals itself.
  if (serves) return starting;
  const forget = tidyWhenInterrupted(async () => (await starting).stop());
  try {
    const server = await starting;
    return {
      ...server,
      stop: async (how) => {
        await server.stop(how);
        forget();
      },
    };
  } catch (error) {
    forget();
    throw error;
  }
}

type StartOptions = {
  readonly dataDir: string;
  readonly log: Logger;
  readonly serves?: boolean;
  readonly onlyExisting?: boolean;
};

async function startOrAdopt({
  dataDir,
  log,
  serves,
  onlyExisting = false,
}: StartOptions & { readonly serves: boolean }): Promise<EmbeddedPostgres> {
  if (onlyExisting && (await isMissing(join(dataDir, 'postgres'))))
    throw new Error(
      `there is no database in DATA_DIR (${dataDir}) yet: 'retainer serve' makes it at its first start; if there should ` +
        'be one, see that DATA_DIR, or DATABASE_URL, is right',
    );
  await makeFolder(dataDir, 'DATA_DIR');
  const home = await realpath(dataDir);
  const data = join(home, 'postgres');
  const binaries = await locateBinaries();

  const { place, url, adminUrl, isAdopted } = await whileLocked(data, async () => {
    const runner = await asUnprivileged({ postgres: binaries.postgres, home, data });
    const access = await openDataFolder({ home, data, binaries, runner });
    const place = { home, data, binaries, runner, log, serves };
    const adopted = await adopt(place, access);
    const server = adopted ?? (await startAnywhere(place, access));
    const adminUrl = await urlOf(data, access, server, 'postgres');
    await ensureDatabase(inMaintenance(adminUrl), access.password);
    const url = await urlOf(data, access, server, SERVICE_USER);
    return { place, url, adminUrl, isAdopted: adopted !== null };
  });

  const ending = new AbortController();
  const watching = serves
    ? keepAlive({ url, signal: ending.signal, log }, () =>
        whileLocked(data, async () => {
          const port = Number(new URL(url).port);
          if (!(await isListening(port))) await start(place, port);
        }),
      )
    : Promise.resolve();
  return {
    url,
    adminUrl,
    stop: async ({ evenIfUsed = false } = {}) => {
      ending.abort();
      await watching;
      // Somebody else's: only a service takes over what was left behind.
      if (isAdopted && !serves && !evenIfUsed) return;
      await whileLocked(data, async () => {
        const used = evenIfUsed ? false : await othersUse(inMaintenance(adminUrl));
        // One that does not answer may be in use all the same: a service replaces it, nobody else.
        if (used === true || (used === null && !serves))
          log[serves ? 'info' : 'debug']('another process uses the embedded PostgreSQL server: leaving it running');
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
  readonly serves: boolean;
};

/** By the Unix socket if there is one; drivers prefer `host` to the address, which says the port. */
async function urlOf(data: string, { password }: Access, server: Postmaster, user: string): Promise<string> {
  const folder = await socketFolderOf(data, server);
  const host = folder === null ? '' : `?host=${encodeURIComponent(folder)}`;
  return `postgres://${user}:${password}@127.0.0.1:${server.port}/retainer${host}`;
}

/** Takes over a healthy server that runs on the folder. One that hangs is stopped by a service, and left to it by others. */
async function adopt(place: Place, access: Access): Promise<Postmaster | null> {
  const { home, data, log, serves } = place;
  // One that is stopping will be gone.
  const server = await untilReady(data, { log, isOver: (found) => found === null });
  if (server === null) return null;
  const health = await healthOf(inMaintenance(await urlOf(data, access, server, 'postgres')));
  if (health === 'locked')
    throw new Error(`the password in ${join(home, 'postgres.json')} is not that of the server that runs on ${data}`);
  if (health === 'well') {
    if (server.port !== access.port) await writeAccess(home, { ...access, port: server.port });
    log[serves ? 'info' : 'debug'](
      { port: server.port },
      'adopted the PostgreSQL server that was running in the data folder',
    );
    return server;
  }
  if (!serves)
    throw new Error(
      `the PostgreSQL server that runs on ${data} (process ${server.pid}) does not answer within ${ANSWER_MS / 1000} s, and is ` +
        "left as it is: its machine or its disk may be stalled. If it stays so, 'retainer serve' replaces it at its start",
    );
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

/**
 * Processes of a killed server may take a moment to end; until then PostgreSQL refuses the folder. Where no Unix socket
 * can be made (folders that another system shares with this one, as in Docker Desktop), it is reached over loopback.
 */
async function start(place: Place, port: number): Promise<Postmaster> {
  const options = { ...place, port, logFile: join(place.home, 'postgres.log') };
  let withSocket = true;
  for (let attempt = 1; ; attempt++) {
    try {
      return await startOn(place.data, { ...options, withSocket });
    } catch (error) {
      if (attempt === START_ATTEMPTS) throw error;
      if (withSocket && error instanceof Error && NO_SOCKET.test(error.message)) {
        place.log.warn(
          'no Unix socket can be made in the data folder: the embedded PostgreSQL is reached over loopback',
        );
        withSocket = false;
      } else await sleep(WATCH_MS);
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

/** The server's own database, where others are made and looked at. */
function inMaintenance(adminUrl: string): string {
  const other = new URL(adminUrl);
  other.pathname = '/postgres';
  return other.href;
}

const isMissing = (path: string): Promise<boolean> =>
  stat(path).then(
    () => false,
    (error: NodeJS.ErrnoException) => error.code === 'ENOENT' || error.code === 'ENOTDIR',
  );
