import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { z } from 'zod';
import { freshDatabase, type TestDatabase } from '../support/database.ts';
import { type KurrentNode, startKurrentNode } from '../support/kurrentdb/server.ts';
import { allRows } from '../support/readModels.ts';
import { until } from '../support/service.ts';
import { killLeftOvers, runRetainer, type ServiceProcess, startServiceProcess } from './serviceProcess.ts';

const run = promisify(execFile);
const databases: TestDatabase[] = [];
const nodes: KurrentNode[] = [];
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'retainer-restore-'));
});
afterEach(async () => {
  await killLeftOvers();
  await Promise.all(databases.splice(0).map(({ drop }) => drop()));
  await Promise.all(nodes.splice(0).map(({ stop }) => stop()));
  await rm(folder, { recursive: true, force: true });
});

const database = async (): Promise<TestDatabase> => {
  const made = await freshDatabase();
  databases.push(made);
  return made;
};
const kurrentNode = async (): Promise<KurrentNode> => {
  const node = await startKurrentNode();
  nodes.push(node);
  return node;
};
async function start(stores: Record<string, string>): Promise<ServiceProcess> {
  const service = await startServiceProcess({
    ...stores,
    SCHEDULER_INTERVAL_SECONDS: '1',
    PING_TIMEOUT_SECONDS: '3600',
    RESPONSE_TIMEOUT_SECONDS: '3600',
    LOG_LEVEL: 'warn',
  });
  await until(async () => (await fetch(`${service.url}/readyz`)).ok);
  return service;
}
const migrateStore = async (from: string, to: string): Promise<void> =>
  expect(await runRetainer(['migrate-store', '--from', from, '--to', to], {})).toMatchObject({ code: 0 });

const text = async (asked: Promise<Response>): Promise<string> => {
  const answer = await asked;
  const said = await answer.text();
  if (!answer.ok) throw new Error(`${answer.url} answered ${answer.status}: ${said}`);
  return said;
};
const post = (url: string, path: string, form: Record<string, string> = {}): Promise<string> =>
  text(fetch(`${url}/${path}`, { method: 'POST', body: new URLSearchParams(form) }));
const Offered = z.array(z.object({ hitId: z.string() }));

/** Three workers wait, two of them are called; the third is released, because nobody is needed any more. */
async function happenedAt(url: string): Promise<string> {
  const id = await post(url, 'puttask', {
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
  });
  const reservation = await post(url, 'reservation/make', { id, foreignID: '42', delay: '60', numAssignments: '2' });
  const offered = async (): Promise<string | undefined> => {
    const market = await text(fetch(`${url}/marketplace?workerId=AW1`, { headers: { Accept: 'application/json' } }));
    return Offered.parse(JSON.parse(market))[0]?.hitId;
  };
  await until(async () => (await offered()) !== undefined);
  const hit = await offered();
  // The marketplace offers it before the log knows.
  const arrives = (n: number): Promise<boolean> =>
    fetch(`${url}/ping/worker/W${n}/assignment/A${n}/hit/${hit}/event/waiting`, { method: 'POST' }).then(
      ({ ok }) => ok,
    );
  for (const n of [1, 2, 3]) await until(() => arrives(n));
  await post(url, 'reservation/invoke', { id: reservation });
  await until(async () => JSON.parse(await text(fetch(`${url}/reservation/${reservation}`))).dispatched === 2);
  await post(url, 'reservation/finish', { id: reservation });
  // Held until each is told: called, or released.
  await Promise.all([1, 2, 3].map((n) => text(fetch(`${url}/gettask/assignment/A${n}?wait=30`))));
  return reservation;
}

/** What people are told of it. */
async function toldAt(url: string, reservation: string) {
  const { workers: _, ...shown } = JSON.parse(await text(fetch(`${url}/reservation/${reservation}`)));
  const tasks = await Promise.all([1, 2, 3].map((n) => text(fetch(`${url}/gettask/assignment/A${n}`))));
  return { ...shown, tasks };
}

test('the folder of the embedded server, copied while the service is stopped, is a backup', async () => {
  const [data, backup] = [join(folder, 'data'), join(folder, 'backup')];
  const first = await start({ DATA_DIR: data });
  const reservation = await happenedAt(first.url);
  const told = await toldAt(first.url, reservation);
  await first.terminate();
  await run('cp', ['-a', data, backup]);
  await rm(data, { recursive: true });

  await run('cp', ['-a', backup, data]);
  const restored = await start({ DATA_DIR: data });
  expect(await toldAt(restored.url, reservation)).toEqual(told);
  await restored.terminate();
});

test('a database without its read models is a backup: a service makes them anew from the log', async () => {
  const { url, pool } = await database();
  const first = await start({ DATABASE_URL: url });
  const reservation = await happenedAt(first.url);
  const told = await toldAt(first.url, reservation);
  await first.terminate();
  const before = await allRows(pool);

  // What pg_dump --exclude-schema='read_models_*' leaves out.
  const { rows } = await pool.query<{ name: string }>(
    `select nspname as name from pg_namespace where nspname like 'read\\_models\\_%'`,
  );
  expect(rows.length).toBeGreaterThan(5);
  await pool.query(rows.map(({ name }) => `drop schema ${name} cascade;`).join(''));

  const restored = await start({ DATABASE_URL: url });
  expect(await toldAt(restored.url, reservation)).toEqual(told);
  await restored.terminate();
  const after = await allRows(pool);
  expect(after['reservations']).toEqual(before['reservations']);
  expect(after['tasks']).toEqual(before['tasks']);
  expect(await runRetainer(['check'], { DATABASE_URL: url })).toMatchObject({ code: 0 });
  expect(await runRetainer(['verify'], { DATABASE_URL: url })).toMatchObject({ code: 0 });
});

test('a log in KurrentDB, copied to Postgres, is a backup: it comes back in an empty server', async () => {
  const [lost, fresh] = [await kurrentNode(), await kurrentNode()];
  const [readModels, backup, readModelsAnew] = [await database(), await database(), await database()];
  const first = await start({ DATABASE_URL: readModels.url, EVENT_STORE_URL: lost.url });
  const reservation = await happenedAt(first.url);
  const told = await toldAt(first.url, reservation);
  await first.terminate();
  await migrateStore(lost.url, backup.url);
  await lost.stop();

  await migrateStore(backup.url, fresh.url);
  const stores = { DATABASE_URL: readModelsAnew.url, EVENT_STORE_URL: fresh.url };
  const restored = await start(stores);
  expect(await toldAt(restored.url, reservation)).toEqual(told);
  await restored.terminate();
  expect(await runRetainer(['check'], stores)).toMatchObject({ code: 0 });
});
