import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, unlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import pino from 'pino';
import { afterEach, describe, expect, test } from 'vitest';
import { openDataFolder } from '../../src/postgres/embedded/dataFolder.ts';
import type { Runner } from '../../src/postgres/embedded/unprivileged.ts';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../src/postgres/embedded.ts';
import { migrate } from '../../src/postgres/migrate.ts';
import { removeAfterUs } from '../support/afterUs.ts';
import { until } from '../support/service.ts';

const log = pino({ level: 'silent' });

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

async function start(
  dataDir: string,
  options: Partial<Parameters<typeof startEmbeddedPostgres>[0]> = {},
): Promise<EmbeddedPostgres> {
  const server = await startEmbeddedPostgres({ dataDir, log, ...options });
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

const address = 'select host(inet_client_addr())';
const pidFile = (dataDir: string): string => join(dataDir, 'postgres', 'postmaster.pid');
const serverPid = async (dataDir: string): Promise<number> =>
  Number((await readFile(pidFile(dataDir), 'utf8')).split('\n')[0]);

describe('the embedded server', () => {
  test('starts in a new folder, durable, on loopback, behind a password only the owner can read', async () => {
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

  test('is reached by a Unix socket among its files, or over loopback where that has no room', async () => {
    const { url } = await start(await freshFolder());
    expect(await ask(url, address)).toEqual([null]);
    const { url: far } = await start(await freshFolder('long'.repeat(30)));
    expect(await ask(far, address)).toEqual(['127.0.0.1']);
  });

  test('is reached over loopback by one that adopts it without its socket', async () => {
    const dataDir = await freshFolder();
    const { url } = await start(dataDir);
    await unlink(join(dataDir, 'postgres', `.s.PGSQL.${new URL(url).port}`));
    expect(await ask((await start(dataDir)).url, address)).toEqual(['127.0.0.1']);
  });

  test('starts where an earlier making of its folder was interrupted', async () => {
    const dataDir = await freshFolder();
    await mkdir(join(dataDir, 'postgres.new'), { recursive: true });
    await writeFile(join(dataDir, 'postgres.new', 'PG_VERSION'), '17\n');
    const { url } = await start(dataDir);
    expect(await ask(url, 'select 1')).toEqual([1]);
  });

  test('keeps its data and its address over a stop and a start', async () => {
    const dataDir = await freshFolder();
    const first = await start(dataDir);
    await ask(first.url, 'create table kept as select 42 as n');
    await first.stop();
    await expect(ask(first.url, 'select n from kept')).rejects.toThrow();
    const second = await start(dataDir);
    expect(second.url).toBe(first.url);
    expect(await ask(second.url, 'select n from kept')).toEqual([42]);
  });

  test('survives the kill of its service and is adopted by the next', async () => {
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

  test('comes back by itself at the same address after it was killed, with all that was committed', async () => {
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

  test('is started again when the one left over hangs', async () => {
    const dataDir = await freshFolder();
    await start(dataDir);
    const pid = await serverPid(dataDir);
    process.kill(pid, 'SIGSTOP');
    const { url } = await start(dataDir);
    expect(await ask(url, 'select 1')).toEqual([1]);
    expect(await serverPid(dataDir)).not.toBe(pid);
  });

  test('is one, however many processes start at once on a new folder', async () => {
    const dataDir = await freshFolder();
    const started = await Promise.all([start(dataDir), start(dataDir), start(dataDir)]);
    expect(new Set(started.map(({ url }) => url)).size).toBe(1);
    for (const { url } of started) expect(await ask(url, 'select 1')).toEqual([1]);
  });

  test('is left running by a stop while somebody else uses it', async () => {
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

  test('starts although its last process id now belongs to another process, and spares that process', async () => {
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
  });
});

describe('whoever but looks', () => {
  test('leaves a server that hangs as it is, and says so; only a service replaces it', async () => {
    const dataDir = await freshFolder();
    const { url } = await start(dataDir);
    const pid = await serverPid(dataDir);
    process.kill(pid, 'SIGSTOP');
    await expect(start(dataDir, { serves: false, onlyExisting: true })).rejects.toThrow(
      new RegExp(
        `\\(process ${pid}\\) does not answer within 5 s, and is left as it is: .*'retainer serve' replaces it`,
      ),
    );
    process.kill(pid, 'SIGCONT');
    expect(await ask(url, 'select 1')).toEqual([1]);
    expect(await serverPid(dataDir)).toBe(pid);
  });

  test('stops no server that it has not started', async () => {
    const dataDir = await freshFolder();
    const { url } = await start(dataDir);
    await (await start(dataDir, { serves: false })).stop();
    expect(await ask(url, 'select 1')).toEqual([1]);
  });

  test('stops the one that it started, unless a service has come meanwhile', async () => {
    const dataDir = await freshFolder();
    const first = await start(dataDir, { serves: false });
    await first.stop();
    await expect(ask(first.url, 'select 1')).rejects.toThrow();
    const second = await start(dataDir, { serves: false });
    const service = new pg.Client({ connectionString: (await start(dataDir)).url });
    await service.connect();
    await second.stop();
    expect((await service.query('select 1')).rowCount).toBe(1);
    await service.end();
  });

  test('makes no data folder where only one that exists will do', async () => {
    const dataDir = await freshFolder();
    await expect(start(dataDir, { serves: false, onlyExisting: true })).rejects.toThrow(
      /there is no database in DATA_DIR \(.*\) yet: 'retainer serve' makes it at its first start/,
    );
    await expect(stat(dataDir)).rejects.toThrow(/ENOENT/);
  });

  test('leaves no server behind when it is interrupted', async () => {
    const dataDir = await freshFolder();
    const command = spawn(process.execPath, ['--import', 'tsx', 'test/postgres/embedded.child.ts', dataDir, 'looks'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = await once(command.stdout, 'data');
    command.kill('SIGINT');
    await once(command, 'exit');
    await expect(ask(String(line).trim(), 'select 1')).rejects.toThrow();
    expect(await readdir(join(dataDir, 'postgres'))).not.toContain('postmaster.pid');
  });
});

describe('the user that the service is', () => {
  const isSuper = 'select rolsuper from pg_roles where rolname = current_user';
  test('is no superuser: its SQL reaches neither files nor a shell', async () => {
    const { url } = await start(await freshFolder());
    expect(await ask(url, isSuper)).toEqual([false]);
    await expect(ask(url, `copy (select 1) to program 'true'`)).rejects.toThrow(/permission denied/);
    await expect(ask(url, `select pg_read_file('/etc/passwd')`)).rejects.toThrow(/permission denied/);
  });

  test('owns what an older version made as the superuser, and all is there', async () => {
    const dataDir = await freshFolder();
    const old = await start(dataDir);
    await ask(old.adminUrl, 'alter database retainer owner to postgres');
    await ask(old.adminUrl, 'drop role retainer');
    await migrate(old.adminUrl);
    const made = [
      'create table kept (id bigint generated always as identity, n serial, word text)',
      `insert into kept (word) values ('still here')`,
      'create view seen as select word from kept',
      `create type mood as enum ('well')`,
      'create schema read_models_1',
      'create table read_models_1.more as select 1 as one',
    ];
    for (const statement of made) await ask(old.adminUrl, statement);
    await old.stop({ evenIfUsed: true });

    const { url } = await start(dataDir);
    expect(await ask(url, isSuper)).toEqual([false]);
    expect(await ask(url, 'select word from seen')).toEqual(['still here']);
    await ask(url, `insert into kept (word) values ('and more')`);
    await ask(url, 'alter table read_models_1.more add column two int');
    await ask(url, 'drop schema event_store cascade');
    await ask(url, 'drop type mood');
    const others = await ask(
      url,
      `select relname from pg_class c join pg_namespace n on n.oid = relnamespace
       where nspname !~ '^(pg_|information_schema)' and pg_get_userbyid(relowner) <> 'retainer'`,
    );
    expect(others).toEqual([]);
  });
});

describe('what a killed server left, or a folder that another system shares, keeps none from starting', () => {
  test("a socket's lock with the number of another process", async () => {
    const dataDir = await freshFolder();
    const { stop, url } = await start(dataDir);
    const lock = join(dataDir, 'postgres', `.s.PGSQL.${new URL(url).port}.lock`);
    const [left, leftPid] = [await readFile(lock, 'utf8'), await readFile(pidFile(dataDir), 'utf8')];
    await stop();
    // The folder's own user: PostgreSQL takes a process that it may not signal for gone.
    const { uid, gid } = await stat(join(dataDir, 'postgres'));
    const stranger = spawn('sleep', ['1000'], { stdio: 'ignore', uid, gid });
    await writeFile(lock, left.replace(/^\d+/, String(stranger.pid)));
    await writeFile(pidFile(dataDir), leftPid.replace(/^\d+/, String(stranger.pid)));
    expect(await ask((await start(dataDir)).url, 'select 1')).toEqual([1]);
    stranger.kill();
  });

  test('a folder in which no socket can be made is served over loopback', async () => {
    const dataDir = await freshFolder();
    const first = await start(dataDir);
    await first.stop();
    const inItsPlace = join(dataDir, 'postgres', `.s.PGSQL.${new URL(first.url).port}`);
    await mkdir(inItsPlace);
    expect(await ask((await start(dataDir)).url, address)).toEqual(['127.0.0.1']);
  });
});

describe('a folder that is refused, with the way out, and not touched', () => {
  test('one of another major version', async () => {
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

  test.each(['/proc/nope', '/proc/nope/deeper', '/dev/null/x'])(
    '%s, where no folder can be made',

    async (dataDir) => {
      await expect(start(dataDir)).rejects.toThrow(
        new RegExp(
          `^DATA_DIR is ${dataDir}, where no folder can be made \\(E[A-Z]+\\): set it to one that this user may write to`,
        ),
      );
    },
  );

  test('one that initdb cannot make, for this user has no name', async () => {
    const home = await freshFolder();
    await mkdir(home);
    const said = 'initdb: error: could not look up effective user ID 12345: user does not exist';
    const nameless: Runner = {
      run: async () => Promise.reject(new Error(said)),
      start: () => spawn('false'),
      owner: null,
    };
    const binaries = { postgres: 'postgres', initdb: 'initdb', pgCtl: 'pg_ctl' };
    await expect(openDataFolder({ home, data: join(home, 'postgres'), binaries, runner: nameless })).rejects.toThrow(
      /has no entry in \/etc\/passwd, which PostgreSQL's initdb wants: .*--user node.*set DATABASE_URL/,
    );
    expect(await readdir(home)).toEqual(['postgres.json']);
  });

  test("somebody else's folder of that name", async () => {
    const dataDir = await freshFolder();
    await mkdir(join(dataDir, 'postgres'), { recursive: true });
    await writeFile(join(dataDir, 'postgres', 'precious'), 'x');
    await expect(start(dataDir)).rejects.toThrow(/is not a PostgreSQL data folder: move it away, or set DATA_DIR/);
    expect(await readdir(join(dataDir, 'postgres'))).toEqual(['precious']);
  });

  test('one whose password is lost or spoilt', async () => {
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
