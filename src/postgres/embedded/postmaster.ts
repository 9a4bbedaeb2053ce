import { execFile } from 'node:child_process';
import { open, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { Logger } from 'pino';
import type { Binaries } from './binaries.ts';
import type { Runner } from './unprivileged.ts';

const execute = promisify(execFile);

/** The server process that holds a data folder, as it says itself in `postmaster.pid`. */
export type Postmaster = {
  readonly pid: number;
  readonly port: number;
  readonly phase: 'starting' | 'ready' | 'stopping';
};

/** Durable, and sized for a service rather than for a laptop's smallest database. */
const SETTINGS: Readonly<Record<string, string>> = {
  listen_addresses: '127.0.0.1',
  max_connections: '200',
  shared_buffers: '256MB',
  wal_compression: 'on',
  max_wal_size: '4GB',
  checkpoint_completion_target: '0.9',
  jit: 'off',
  timezone: 'UTC',
  log_min_messages: 'warning',
  log_checkpoints: 'off',
  // WorkerPinged keeps a small table hot: clean it up before it grows.
  autovacuum_naptime: '10s',
};

/** A socket's path has no more room than this on any system (`sun_path`: 104 bytes on macOS, 108 on Linux). */
const LONGEST_SOCKET_PATH = 103;

/** Where a server's Unix socket lies, among its files, which only its owner enters; empty where there can be none. */
const socketFolders = (data: string): string =>
  process.platform === 'win32' || Buffer.byteLength(socketOf(data, 65_535)) > LONGEST_SOCKET_PATH
    ? ''
    : `"${data.replaceAll('"', '""')}"`;

const socketOf = (folder: string, port: number): string => join(folder, `.s.PGSQL.${port}`);

/**
 * The folder of the server's Unix socket, or null if it has none. A query over it takes a sixth less of Node's time than
 * one over loopback.
 */
export async function socketFolderOf(data: string, { port }: Postmaster): Promise<string | null> {
  const there = await stat(socketOf(data, port)).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENAMETOOLONG') return null;
    throw error;
  });
  return there?.isSocket() ? data : null;
}

/** What the log of a server says that can make no socket in its folder. */
export const NO_SOCKET = /could not create any Unix-domain sockets/;

/** Recovery after a crash replays at most `max_wal_size`: seconds on a good disk, minutes on a bad one. */
const RECOVERY_MS = 10 * 60_000;
const LARGEST_LOG_BYTES = 10_000_000;

/** The server that runs on this folder, or null. A file left by a killed one, whose number is another's, is null. */
export async function runningOn(data: string): Promise<Postmaster | null> {
  const text = await readFile(join(data, 'postmaster.pid'), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '';
    throw error;
  });
  const lines = text.split('\n');
  const pid = Number(lines[0]);
  if (!Number.isInteger(pid) || pid <= 0 || !(await isServerOf(pid, data))) return null;
  const said = lines[7]?.trim();
  return { pid, port: Number(lines[3]), phase: said === 'ready' || said === 'stopping' ? said : 'starting' };
}

/** Whether the process is alive and a server started with `-D data`. */
async function isServerOf(pid: number, data: string): Promise<boolean> {
  if (process.platform === 'linux') {
    const line = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
    return line.split('\0').includes(data);
  }
  if (process.platform === 'win32') return isAlive(pid);
  const printed = await execute('ps', ['-ww', '-o', 'command=', '-p', String(pid)]).catch(() => ({ stdout: '' }));
  return printed.stdout.includes(data);
}

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    // No such process.
    return false;
  }
};

/**
 * Starts a server and waits until it takes connections, through recovery if it crashed. Throws with the end of its
 * log if it ends instead.
 */
export async function startOn(
  data: string,
  { port, logFile, binaries, runner, log, withSocket }: StartOptions,
): Promise<Postmaster> {
  // PostgreSQL itself sees that the writer of this file is dead, unless its number was given out again. What guards
  // the folder against processes of the old server that still run is the shared memory they hold.
  if ((await runningOn(data)) === null) await removeLeftovers(data);
  const output = await openLog(logFile);
  const { size: before } = await output.stat();
  const settings = Object.entries({
    ...SETTINGS,
    port: String(port),
    unix_socket_directories: withSocket ? socketFolders(data) : '',
  }).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const server = runner.start(binaries.postgres, ['-D', data, ...settings], output.fd);
  const ends: string[] = [];
  server.once('error', (error) => ends.push(error.message));
  server.once('exit', (code, signal) => ends.push(`it ended with ${signal ?? code}`));
  server.unref();
  await output.close();
  const ready = await untilReady(data, { log, isOver: () => ends.length > 0 });
  if (ready !== null) return ready;
  const end = ends[0] ?? `not ready after ${RECOVERY_MS / 60_000} minutes`;
  const said = (await readFile(logFile)).subarray(before).toString().slice(-1_500).trim();
  throw new Error(`the embedded PostgreSQL did not start on ${data} (${end}): ${said}`);
}

type StartOptions = {
  readonly port: number;
  readonly logFile: string;
  readonly binaries: Binaries;
  readonly runner: Runner;
  readonly log: Logger;
  /** A Unix socket in the folder, besides loopback. */
  readonly withSocket: boolean;
};

/** What a killed server left that would keep another from starting: only servers of this folder make these files. */
async function removeLeftovers(data: string): Promise<void> {
  const names = (
    await readdir(data, { withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
      // Its owner's alone, and we are not they: then PostgreSQL has to see for itself.
      if (error.code === 'EACCES') return [];
      throw error;
    })
  )
    .filter((entry) => !entry.isDirectory() && /^(postmaster\.pid|\.s\.PGSQL\.\d+(\.lock)?)$/.test(entry.name))
    .map(({ name }) => name);
  for (const name of names) await rm(join(data, name), { force: true });
}

/** Waits until the folder's server takes connections; null when that `isOver`, or after the longest recovery. */
export async function untilReady(
  data: string,
  { log, isOver }: { log: Logger; isOver: (found: Postmaster | null) => boolean },
): Promise<Postmaster | null> {
  const begun = Date.now();
  let said = begun;
  while (Date.now() - begun < RECOVERY_MS) {
    const server = await runningOn(data);
    if (server?.phase === 'ready') return server;
    if (isOver(server)) return null;
    if (Date.now() - said > 10_000) {
      said = Date.now();
      log.warn('the embedded PostgreSQL is still recovering from a crash');
    }
    await sleep(10);
  }
  return null;
}

/** Stops a server: in order if it can within the time, at once if it cannot, and by force if it hangs. */
export async function stopOn(
  data: string,
  { binaries, runner, ways }: { binaries: Binaries; runner: Runner; ways: readonly ('fast' | 'immediate')[] },
): Promise<void> {
  for (const way of ways) {
    if ((await runningOn(data)) === null) return;
    // Fails when the time is over; then the next way is tried.
    await runner.run(binaries.pgCtl, ['stop', '-D', data, '-m', way, '-w', '-t', '5']).catch(() => {});
  }
  const hung = await runningOn(data);
  if (hung !== null) process.kill(hung.pid, 'SIGKILL');
}

async function openLog(file: string) {
  const { size } = await stat(file).catch(() => ({ size: 0 }));
  if (size > LARGEST_LOG_BYTES) await rename(file, `${file}.old`);
  return open(file, 'a', 0o600);
}
