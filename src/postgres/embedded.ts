import { randomBytes } from 'node:crypto';
import { chown, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import type { Logger } from 'pino';
import { type Binaries, locateBinaries } from './binaries.ts';
import { asUnprivileged, type Runner } from './unprivileged.ts';

export type EmbeddedPostgres = {
  /** Of a database named `retainer`, made if it was not there. */
  readonly url: string;
  /** Stops the server, unless another process still uses it. */
  readonly stop: () => Promise<void>;
};

/** Durable, and sized for a service rather than for a laptop's smallest database. */
const SERVER_SETTINGS: Readonly<Record<string, string>> = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  max_connections: '200',
  shared_buffers: '256MB',
  wal_compression: 'on',
  max_wal_size: '4GB',
  checkpoint_completion_target: '0.9',
  jit: 'off',
  timezone: 'UTC',
  log_min_messages: 'warning',
  // WorkerPinged keeps a small table hot: clean it up before it grows.
  autovacuum_naptime: '10s',
};

/** How often we look whether the server still lives. */
const WATCH_MS = 500;

/**
 * Starts a PostgreSQL server of our own in `dataDir/postgres`, or adopts the one that a killed process left
 * running there. It listens on loopback only, with a password that never leaves the folder; it is a process of
 * its own, and is started again if it dies while we run.
 * Throws a sentence for the operator when it cannot: no binary for this platform, a folder of another major
 * version, a folder nobody may write to.
 */
export async function startEmbeddedPostgres({
  dataDir,
  log,
}: {
  dataDir: string;
  log: Logger;
}): Promise<EmbeddedPostgres> {
  const home = resolve(dataDir);
  const data = join(home, 'postgres');
  await mkdir(home, { recursive: true });
  const binaries = await locateBinaries();
  const run = await asUnprivileged({ mustReach: [binaries.postgres, home] });
  await refuseOtherVersion(data, binaries);

  const secrets = await secretsOf(home);
  if (!(await exists(join(data, 'PG_VERSION'))))
    await initialise({ data, home, binaries, run, password: secrets.password });
  let port = await runningPort(data, secrets.password);
  if (port !== null) log.info({ port }, 'adopted the PostgreSQL server that was running in the data folder');
  port ??= await startServer({ data, home, binaries, run, log, wish: secrets.port, password: secrets.password });
  if (port !== secrets.port) await writeSecrets(home, { ...secrets, port });

  const url = `postgres://postgres:${secrets.password}@127.0.0.1:${port}/retainer`;
  await ensureDatabase(url);

  const ending = new AbortController();
  const watching = keepAlive({ url, signal: ending.signal, log }, async () => {
    await startServer({ data, home, binaries, run, log, wish: port, password: secrets.password, exactly: true });
  });
  return {
    url,
    stop: async () => {
      ending.abort();
      await watching;
      if (await othersUse(url)) {
        log.info('another process uses the embedded PostgreSQL server: leaving it running');
        return;
      }
      await run(binaries.pgCtl, ['stop', '-D', data, '-m', 'fast', '-w', '-t', '10']);
    },
  };
}

type Secrets = { readonly password: string; readonly port: number };

/** The password and the port last used, in a file that only its owner reads. */
async function secretsOf(home: string): Promise<Secrets> {
  const file = join(home, 'postgres.json');
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
  if (text !== null) {
    const { password, port } = JSON.parse(text) as Record<string, unknown>;
    if (typeof password === 'string' && typeof port === 'number') return { password, port };
    throw new Error(`${file} does not hold a password and a port; restore it, or move the data folder away`);
  }
  const secrets = { password: randomBytes(24).toString('hex'), port: await freePort() };
  await writeSecrets(home, secrets);
  return secrets;
}

const writeSecrets = (home: string, secrets: Secrets): Promise<void> =>
  writeFile(join(home, 'postgres.json'), `${JSON.stringify(secrets)}\n`, { mode: 0o600 });

async function refuseOtherVersion(data: string, { major }: Binaries): Promise<void> {
  const found = (await readFile(join(data, 'PG_VERSION'), 'utf8').catch(() => '')).trim();
  if (found === '' || found === major) return;
  throw new Error(
    `${data} was written by PostgreSQL ${found}, this version of the service brings PostgreSQL ${major}. ` +
      `Dump it with PostgreSQL ${found} (pg_dump), move the folder away, start, and restore; or run your own ` +
      `PostgreSQL ${found} on that folder and set DATABASE_URL.`,
  );
}

async function initialise({
  data,
  home,
  binaries,
  run,
  password,
}: {
  data: string;
  home: string;
  binaries: Binaries;
  run: Runner;
  password: string;
}): Promise<void> {
  // A folder without PG_VERSION is one whose making was interrupted.
  await rm(data, { recursive: true, force: true });
  await mkdir(data, { mode: 0o700 });
  const passwordFile = join(home, 'postgres.password');
  await writeFile(passwordFile, `${password}\n`, { mode: 0o600 });
  if (run.owner) {
    await chown(data, run.owner.uid, run.owner.gid);
    await chown(passwordFile, run.owner.uid, run.owner.gid);
  }
  try {
    await run(binaries.initdb, [
      ...['-D', data, '-U', 'postgres', '--pwfile', passwordFile],
      ...['--auth', 'scram-sha-256', '--encoding', 'UTF8', '--locale', 'C', '--no-instructions'],
    ]);
  } finally {
    await rm(passwordFile, { force: true });
  }
}

/** The port of a healthy server on this folder; null if none runs. */
async function runningPort(data: string, password: string): Promise<number | null> {
  const lines = (await readFile(join(data, 'postmaster.pid'), 'utf8').catch(() => '')).split('\n');
  const port = Number(lines[3]);
  if (!Number.isInteger(port) || port <= 0) return null;
  const answers = await canConnect(`postgres://postgres:${password}@127.0.0.1:${port}/postgres`);
  return answers ? port : null;
}

async function startServer({
  data,
  home,
  binaries,
  run,
  log,
  wish,
  password,
  exactly = false,
}: {
  data: string;
  home: string;
  binaries: Binaries;
  run: Runner;
  log: Logger;
  wish: number;
  password: string;
  exactly?: boolean;
}): Promise<number> {
  const port = exactly || (await isFree(wish)) ? wish : await freePort();
  // A server that hangs or is half dead is stopped first; pg_ctl fails harmlessly if none is there.
  await run(binaries.pgCtl, ['stop', '-D', data, '-m', 'immediate', '-w', '-t', '5']).catch(() =>
    log.debug('no server was left to stop'),
  );
  const options = Object.entries({ ...SERVER_SETTINGS, port: String(port) }).map(
    ([name, value]) => `-c ${name}='${value}'`,
  );
  await run(binaries.pgCtl, [
    ...['start', '-D', data, '-l', join(data, 'server.log'), '-W', '-s'],
    ...['-o', options.join(' ')],
  ]);
  const url = `postgres://postgres:${password}@127.0.0.1:${port}/postgres`;
  for (let waited = 0; waited < 30_000; waited += 25) {
    if (await canConnect(url)) return port;
    await sleep(25);
  }
  const output = await readFile(join(data, 'server.log'), 'utf8').catch(() => '');
  throw new Error(`the embedded PostgreSQL did not start in ${home}; its log ends:\n${output.slice(-2_000)}`);
}

async function ensureDatabase(url: string): Promise<void> {
  if (await canConnect(url)) return;
  const admin = new URL(url);
  admin.pathname = '/postgres';
  const client = new pg.Client({ connectionString: admin.href });
  await client.connect();
  try {
    await client.query('create database retainer');
  } finally {
    await client.end();
  }
}

/** Starts the server again when it dies, with a pause that grows while that fails. */
async function keepAlive(
  { url, signal, log }: { url: string; signal: AbortSignal; log: Logger },
  restart: () => Promise<void>,
): Promise<void> {
  let pause = WATCH_MS;
  while (!signal.aborted) {
    await sleep(pause, undefined, { signal }).catch(() => {});
    if (signal.aborted) return;
    if (await isListening(Number(new URL(url).port))) {
      pause = WATCH_MS;
      continue;
    }
    log.error('the embedded PostgreSQL server is gone: starting it again');
    await restart().then(
      () => log.info('the embedded PostgreSQL server is back'),
      (error: unknown) => {
        pause = Math.min(10_000, pause * 2);
        log.error({ err: error }, 'the embedded PostgreSQL server could not be started again');
      },
    );
  }
}

/** Somebody else's sessions: a service that runs beside a command-line call, or the other way round. */
async function othersUse(url: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2_000 });
  try {
    await client.connect();
    const { rows } = await client.query<{ others: string }>(
      `select count(*) as others from pg_stat_activity
       where backend_type = 'client backend' and pid <> pg_backend_pid()`,
    );
    return Number(rows[0]?.others ?? 0) > 0;
  } catch {
    // A server that does not answer is used by nobody.
    return false;
  } finally {
    await client.end().catch(() => {});
  }
}

async function canConnect(url: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 1_000 });
  try {
    await client.connect();
    return true;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => {});
  }
}

const exists = (file: string): Promise<boolean> =>
  readFile(file).then(
    () => true,
    () => false,
  );

const isFree = (port: number): Promise<boolean> =>
  new Promise((answer) => {
    const probe = createServer();
    probe.once('error', () => answer(false));
    probe.listen(port, '127.0.0.1', () => probe.close(() => answer(true)));
  });

const isListening = (port: number): Promise<boolean> =>
  new Promise((answer) => {
    const probe = connect(port, '127.0.0.1');
    probe.once('connect', () => {
      probe.destroy();
      answer(true);
    });
    probe.once('error', () => answer(false));
  });

const freePort = (): Promise<number> =>
  new Promise((answer, fail) => {
    const probe = createServer();
    probe.once('error', fail);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => answer(address !== null && typeof address === 'object' ? address.port : 0));
    });
  });
