import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { killLeftOvers, runRetainer, startServiceProcess } from '../faults/serviceProcess.ts';
import { freshDatabase, type TestDatabase } from '../support/database.ts';

let database: TestDatabase;
let dataDir: string;
let environment: Readonly<Record<string, string>>;
beforeAll(async () => {
  database = await freshDatabase();
  dataDir = await mkdtemp(join(tmpdir(), 'retainer-operator-'));
  environment = { DATABASE_URL: database.url, DATA_DIR: dataDir, LOG_LEVEL: 'error', SCHEDULER_INTERVAL_SECONDS: '0' };
});
afterEach(killLeftOvers);
afterAll(async () => {
  await database.drop();
  await rm(dataDir, { recursive: true });
});

const operator = (args: readonly string[], input?: string) => runRetainer(['operator', ...args], environment, input);

test('the first start makes a one-time link, kept from whatever keeps output, by which the first operator is added; a later one makes none', async () => {
  const first = await startServiceProcess(environment);
  const file = /^The first operator's link, .*, is in (\/.*)$/m.exec(first.said())?.[1] ?? '';
  expect(first.said()).not.toContain('token=');
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  const link = (await readFile(file, 'utf8')).trim();
  expect(link).toMatch(/^http\S+\/admin\/first\?token=[\w-]{43}$/);
  expect(await (await fetch(link)).text()).toContain('The first operator');
  const add = () =>
    fetch(new URL('/admin/first', link), {
      method: 'POST',
      redirect: 'manual',
      body: new URLSearchParams({
        token: new URL(link).searchParams.get('token') ?? '',
        name: 'ann',
        password: 'correct horse',
        again: 'correct horse',
      }),
    });
  const added = await add();
  expect([added.status, added.headers.get('location')]).toEqual([303, '/admin']);
  const again = await add();
  expect([again.status, await again.text()]).toEqual([400, expect.stringContaining('used before')]);
  const dead = await fetch(link);
  expect([dead.status, await dead.text()]).toEqual([404, expect.stringContaining('opens nothing any more')]);
  await first.terminate();

  const second = await startServiceProcess(environment);
  expect(second.said()).not.toContain("operator's link");
  await expect(stat(file)).rejects.toThrow(/ENOENT/);
  expect(second.said()).toMatch(/^admin +http\S+\/admin$/m);
  await second.terminate();
});

test('retainer operator adds, lists, gives another password to, and removes', async () => {
  expect(await operator(['add', 'bob'], 'another good one\n')).toMatchObject({ code: 0, stdout: 'done\n' });
  expect((await operator(['list'])).stdout).toMatch(/^ann {2}added \S+Z\nbob {2}added \S+Z\n$/);
  expect(await operator(['add', 'bob'], 'another good one\n')).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('there is an operator "bob" already'),
  });
  expect(await operator(['password', 'bob'], 'quite another one\n')).toMatchObject({ code: 0 });
  expect(await operator(['remove', 'bob'])).toMatchObject({ code: 0 });
  expect((await operator(['list'])).stdout).not.toContain('bob');
  expect(await operator(['remove', 'nobody'])).toMatchObject({ code: 1, stderr: expect.stringContaining('no such') });
});

test('a name or a password that will not do is refused before anything is done', async () => {
  expect(await operator(['add', 'Bob Smith'])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('lower-case'),
  });
  expect(await operator(['add', 'carl'], 'short\n')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('10 to 256 characters'),
  });
  expect((await operator(['list'])).stdout).not.toContain('carl');
});
