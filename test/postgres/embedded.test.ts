import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, unlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import pino from 'pino';
import { afterEach, describe, expect, test } from 'vitest';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../src/postgres/embedded.ts';
import { removeAfterUs } from '../support/afterUs.ts';
import { until } from '../support/service.ts';

const log = pino({ level: 'silent' });
const LONG = { timeout: 60_000 };

let folders: string[] = [];
let servers: EmbeddedPostgres[] = [];
afterEach(async () => {
  for (const server of servers) await server.stop({ evenIfUsed: true });
  for (const folder of folders) await rm(folder, { recursive: true, force: true });
  servers = [];
  folders = [];
});

async function freshFolder(name = 'data'): Promise<string> {
  const parent = await mkdtemp(join(tmpdir(), 'retainer-embedded-'));
  folders.push(parent);
  removeAfterUs(join(parent, name));
  return join(parent, name);
}

async function start(dataDir: string): Promise<EmbeddedPostgres> {
  const server = await startEmbeddedPostgres({ dataDir, log });
  servers.push(server);
  return server;
}

async function ask(url: string, statement: string): Promise<readonly unknown[]> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2_000 });
  client.on('error', () => {});
  try {
    await client.connect();
    return (await client.query({ text: statement, rowMode: 'array' })).rows.flat();
  } finally {
    await client.end().catch(() => {});
  }
}

const pidFile = (dataDir: string): string => join(dataDir, 'postgres', 'postmaster.pid');
const serverPid = async (dataDir: string): Promise<number> =>
  Number((await readFile(pidFile(dataDir), 'utf8')).split('\n')[0]);

describe('the embedded server', () => {
  test('starts in a new folder, durable, on loopback, behind a password only the owner can read', LONG, async () => {
    const dataDir = await freshFolder(`a folder with spaces, "quotes" and a $`);
    const { url } = await start(dataDir);
    expect(await ask(url, 'show fsync')).toEqual(['on']);
    expect(await ask(url, 'show synchronous_commit')).toEqual(['on']);
    expect(await ask(url, 'show listen_addresses')).toEqual(['127.0.0.1']);
    expect((await stat(join(dataDir, 'postgres.json'))).mode & 0o777).toBe(0o600);
    const guess = new URL(url);
    guess.password = 'guess';
    await expect(ask(guess.href, 'select 1')).rejects.toThrow(/password authentication failed/);
  });

  const address = 'select host(inet_client_addr())';
  test('is reached by a Unix socket among its files, or over loopback where that has no room', LONG, async () => {
    const { url } = await start(await freshFolder());
    expect(await ask(url, address)).toEqual([null]);
    const { url: far } = await start(await freshFolder('long'.repeat(30)));
    expect(await ask(far, address)).toEqual(['127.0.0.1']);
  });

  test('is reached over loopback by one that adopts it without its socket', LONG, async () => {
    const dataDir = await freshFolder();
    const { url } = await start(dataDir);
    await unlink(join(dataDir, 'postgres', `.s.PGSQL.${new URL(url).port}`));
    expect(await ask((await start(dataDir)).url, address)).toEqual(['127.0.0.1']);
  });

  test('starts where an earlier making of its folder was interrupted', LONG, async () => {
    const dataDir = await freshFolder();
    await mkdir(join(dataDir, 'postgres.new'), { recursive: true });
    await writeFile(join(dataDir, 'postgres.new', 'PG_VERSION'), '17\n');
    const { url } = await start(dataDir);
    expect(await ask(url, 'select 1')).toEqual([1]);
  });

  test('keeps its data and its address over a stop and a start', LONG, async () => {
    const dataDir = await freshFolder();
    const first = await start(dataDir);
    await ask(first.url, 'create table kept as select 42 as n');
    await first.stop();
    await expect(ask(first.url, 'select n from kept')).rejects.toThrow();
    const second = await start(dataDir);
    expect(second.url).toBe(first.url);
    expect(await ask(second.url, 'select n from kept')).toEqual([42]);
  });

  test('survives the kill of its service and is adopted by the next', LONG, async () => {
    const dataDir = await freshFolder();
    const service = spawn(process.execPath, ['--import', 'tsx', 'test/postgres/embedded.child.ts', dataDir], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = await once(service.stdout, 'data');
    const url = String(line).trim();
    await ask(url, 'create table kept as select 42 as n');
    const pid = await serverPid(dataDir);
    service.kill('SIGKILL');
    await once(service, 'exit');
    expect(await ask(url, 'select n from kept')).toEqual([42]);
    expect((await start(dataDir)).url).toBe(url);
    expect(await serverPid(dataDir)).toBe(pid);
  });

  test('comes back by itself at the same address after it was killed, with all that was committed', LONG, async () => {
    const dataDir = await freshFolder();
    const { url } = await start(dataDir);
    await ask(url, 'create table kept (n int)');
    await ask(url, 'insert into kept values (42)');
    const pid = await serverPid(dataDir);
    process.kill(pid, 'SIGKILL');
    await until(() =>
      ask(url, 'select n from kept').then(
        (rows) => rows[0] === 42,
        () => false,
      ),
    );
    expect(await serverPid(dataDir)).not.toBe(pid);
  });

  test('is started again when the one left over hangs', LONG, async () => {
    const dataDir = await freshFolder();
    await start(dataDir);
    const pid = await serverPid(dataDir);
    process.kill(pid, 'SIGSTOP');
    const { url } = await start(dataDir);
    expect(await ask(url, 'select 1')).toEqual([1]);
    expect(await serverPid(dataDir)).not.toBe(pid);
  });

  test('is one, however many processes start at once on a new folder', LONG, async () => {
    const dataDir = await freshFolder();
    const started = await Promise.all([start(dataDir), start(dataDir), start(dataDir)]);
    expect(new Set(started.map(({ url }) => url)).size).toBe(1);
    for (const { url } of started) expect(await ask(url, 'select 1')).toEqual([1]);
  });

  test('is left running by a stop while somebody else uses it', LONG, async () => {
    const dataDir = await freshFolder();
    const { url, stop } = await start(dataDir);
    const other = new pg.Client({ connectionString: url });
    await other.connect();
    await stop();
    expect((await other.query('select 1')).rowCount).toBe(1);
    await other.end();
    await stop();
    await expect(ask(url, 'select 1')).rejects.toThrow();
  });

  test(
    'starts although its last process id now belongs to another process, and spares that process',
    LONG,
    async () => {
      const dataDir = await freshFolder();
      const { stop } = await start(dataDir);
      const left = await readFile(pidFile(dataDir), 'utf8');
      await stop();
      const stranger = spawn('sleep', ['1000'], { stdio: 'ignore' });
      await writeFile(pidFile(dataDir), left.replace(/^\d+/, String(stranger.pid)));
      const { url } = await start(dataDir);
      expect(await ask(url, 'select 1')).toEqual([1]);
      expect(stranger.exitCode ?? stranger.signalCode).toBeNull();
      stranger.kill();
    },
  );
});

describe('a folder that is refused, with the way out, and not touched', () => {
  test('one of another major version', LONG, async () => {
    const dataDir = await freshFolder();
    const { url, stop } = await start(dataDir);
    await ask(url, 'create table kept as select 42 as n');
    await stop();
    const version = join(dataDir, 'postgres', 'PG_VERSION');
    const ours = await readFile(version, 'utf8');
    await writeFile(version, '15\n');
    await expect(start(dataDir)).rejects.toThrow(
      /was written by PostgreSQL 15, this version of the service brings PostgreSQL 17\. Dump it .*set DATABASE_URL/,
    );
    await writeFile(version, ours);
    expect(await ask((await start(dataDir)).url, 'select n from kept')).toEqual([42]);
  });

  test("somebody else's folder of that name", LONG, async () => {
    const dataDir = await freshFolder();
    await mkdir(join(dataDir, 'postgres'), { recursive: true });
    await writeFile(join(dataDir, 'postgres', 'precious'), 'x');
    await expect(start(dataDir)).rejects.toThrow(/is not a PostgreSQL data folder: move it away, or set DATA_DIR/);
    expect(await readdir(join(dataDir, 'postgres'))).toEqual(['precious']);
  });

  test('one whose password is lost or spoilt', LONG, async () => {
    const dataDir = await freshFolder();
    const { stop } = await start(dataDir);
    await stop();
    const file = join(dataDir, 'postgres.json');
    const access = await readFile(file, 'utf8');
    await unlink(file);
    await expect(start(dataDir)).rejects.toThrow(/postgres\.json is missing: it holds the password/);
    await writeFile(file, access.slice(0, 10));
    await expect(start(dataDir)).rejects.toThrow(/postgres\.json does not hold a password and a port: restore it/);
    await writeFile(file, access);
    await start(dataDir);
  });
});
