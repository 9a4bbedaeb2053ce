import { chown, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { z } from 'zod';
import { until } from '../support/service.ts';
import { killLeftOvers, type ServiceProcess, startServiceProcess } from './serviceProcess.ts';

let dataDir: string;
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'retainer-data-'));
});
afterEach(async () => {
  await killLeftOvers();
  await Promise.all((await serversOnFolder()).map((pid) => process.kill(pid, 'SIGQUIT')));
  await until(async () => (await serversOnFolder()).length === 0);
  await rm(dataDir, { recursive: true, force: true });
});

const startService = (): Promise<ServiceProcess> =>
  startServiceProcess({ DATA_DIR: dataDir, SCHEDULER_INTERVAL_SECONDS: '0' });

/** The postmaster's own note of who it is. */
async function postmaster(): Promise<number> {
  const [pid] = (await readFile(join(dataDir, 'postgres', 'postmaster.pid'), 'utf8')).split('\n');
  return Number(pid);
}

/** Postmasters whose command line names our folder: what is really there, whatever the folder says. */
async function serversOnFolder(): Promise<readonly number[]> {
  const pids = (await readdir('/proc')).map(Number).filter(Number.isInteger);
  const lines = await Promise.all(
    // A process may be gone by the time its line is read.
    pids.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')),
  );
  return pids.filter((_, index) => lines[index]?.split('\0').includes(join(dataDir, 'postgres')));
}

const putProtoHit = (url: string, name: string): Promise<Response> =>
  fetch(`${url}/puttask`, {
    method: 'POST',
    body: new URLSearchParams({
      hit_type_id: name,
      title: 'Find the verbs',
      description: 'Click every verb in a paragraph.',
      keywords: 'verbs',
      url: 'https://example.com/verbs',
      frame_height: '600',
      reward: '0.12',
      assignment_duration: '3600',
      lifetime: '7200',
      auto_approval_delay: '86400',
      max_assignments: '10',
      worker_locale: '',
      approval_rating: '0',
    }),
  });

async function names(url: string): Promise<readonly string[]> {
  const listed = z.array(z.object({ hit_type_id: z.string() }));
  const answer = await fetch(`${url}/protohit/list`);
  return listed.parse(await answer.json()).map(({ hit_type_id }) => hit_type_id);
}

/** Writes without a pause until the connection breaks; answers with what was acknowledged. */
async function writeUntilKilled(url: string, acknowledged: string[]): Promise<void> {
  for (let n = acknowledged.length; ; n++) {
    const answer = await putProtoHit(url, `order-${n}`).catch(() => null);
    if (answer === null) return;
    if (answer.ok) acknowledged.push(`order-${n}`);
  }
}

test('survives a kill of the service; the next start adopts it with all that was acknowledged', async () => {
  const first = await startService();
  const server = await postmaster();
  const acknowledged: string[] = [];
  const writing = writeUntilKilled(first.url, acknowledged);
  await until(() => acknowledged.length >= 20);
  await first.kill();
  await writing;
  expect(await serversOnFolder()).toEqual([server]);

  const second = await startService();
  expect(await postmaster()).toBe(server);
  expect(second.log()).toContain('adopted the PostgreSQL server');
  await until(async () => (await fetch(`${second.url}/readyz`)).ok);
  expect(await names(second.url)).toEqual(expect.arrayContaining(acknowledged));

  expect(await second.terminate()).toEqual({ code: 0, signal: null });
  expect(await serversOnFolder()).toEqual([]);
});

test('killed itself, it is started again: meanwhile 503 with Retry-After, afterwards nothing is lost', async () => {
  const service = await startService();
  const server = await postmaster();
  expect((await putProtoHit(service.url, 'order-0')).status).toBe(200);
  process.kill(server, 'SIGKILL');

  const meanwhile: { status: number; retryAfter: string | null }[] = [];
  await until(async () => {
    const { status, headers } = await putProtoHit(service.url, 'order-1');
    if (status !== 200) meanwhile.push({ status, retryAfter: headers.get('retry-after') });
    else if (meanwhile.length > 0) return true;
    await sleep(20);
    return false;
  });
  expect(new Set(meanwhile.map(({ status, retryAfter }) => `${status}, again after ${retryAfter} s`))).toEqual(
    new Set(['503, again after 1 s']),
  );
  expect(await postmaster()).not.toBe(server);
  await until(async () => (await fetch(`${service.url}/readyz`)).ok);
  expect((await names(service.url)).toSorted()).toEqual(['order-0', 'order-1']);

  expect(await service.terminate()).toEqual({ code: 0, signal: null });
  expect(await serversOnFolder()).toEqual([]);
});

test('service and server killed at once: the next start recovers the folder by itself', async () => {
  const first = await startService();
  const server = await postmaster();
  const acknowledged: string[] = [];
  const writing = writeUntilKilled(first.url, acknowledged);
  await until(() => acknowledged.length >= 20);
  process.kill(server, 'SIGKILL');
  await first.kill();
  await writing;

  const second = await startService();
  await until(async () => (await fetch(`${second.url}/readyz`)).ok);
  expect(await names(second.url)).toEqual(expect.arrayContaining(acknowledged));
  expect(await second.terminate()).toEqual({ code: 0, signal: null });
  expect(await serversOnFolder()).toEqual([]);
});

test('a folder that another major version wrote is refused in a sentence, and left as it is', async () => {
  const folder = join(dataDir, 'postgres');
  const version = join(folder, 'PG_VERSION');
  await mkdir(folder);
  await writeFile(version, '11\n');
  // PostgreSQL does not run as root, so no folder that it wrote is root's.
  if (process.getuid?.() === 0) await Promise.all([folder, version].map((path) => chown(path, 65_534, 65_534)));
  await expect(startService()).rejects.toThrow(
    /written by PostgreSQL 11, this version of the service brings PostgreSQL \d+\. Dump it/,
  );
  expect(await readdir(folder)).toEqual(['PG_VERSION']);
  expect(await serversOnFolder()).toEqual([]);
});
