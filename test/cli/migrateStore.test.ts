import fc from 'fast-check';
import pino from 'pino';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createPostgresStore } from '../../src/event-store/postgres/store.ts';
import { freshStream, pinged, write } from '../contract/eventStore.ts';
import { killLeftOvers, runRetainer, startRetainer } from '../faults/serviceProcess.ts';
import { freshDatabase, type TestDatabase } from '../support/database.ts';
import { histories } from '../support/histories.ts';
import { type KurrentNode, startKurrentNode } from '../support/kurrentdb/server.ts';
import { until } from '../support/service.ts';

let source: TestDatabase;
let target: TestDatabase;
let node: KurrentNode;
beforeAll(async () => {
  [source, target] = await Promise.all([freshDatabase(), freshDatabase()]);
  node = await startKurrentNode();
  const store = openStore(source);
  const [history] = fc.sample(histories({ maxLength: 200 }), { numRuns: 1, seed: 3 });
  for (const writes of history ?? []) await store.append(writes);
  for (let n = 0; n < 300; n++)
    await store.append(Array.from({ length: 20 }, (_, k) => write(freshStream(), 'any', pinged(`N${n}K${k}`))));
  await store.close();
}, 60_000);
afterAll(async () => {
  await killLeftOvers();
  await node.stop();
  await Promise.all([source.drop(), target.drop()]);
});

const openStore = ({ url, pool }: TestDatabase) => createPostgresStore({ url, pool, log: pino({ level: 'silent' }) });
const migrateStore = (from: string, to: string) => runRetainer(['migrate-store', '--from', from, '--to', to], {});
const countIn = async ({ pool }: TestDatabase): Promise<number> => {
  const { rows } = await pool.query<{ events: number }>('select count(*)::int as events from event_store.events');
  return rows[0]?.events ?? 0;
};
const contents = async ({ pool }: TestDatabase) => {
  const { rows } = await pool.query(
    'select stream, revision, event_id, type, version, data, metadata, recorded_at from event_store.events order by position',
  );
  return rows;
};

test('a log is copied from Postgres to Postgres, though it is killed in the middle, and nothing comes twice', async () => {
  const killed = startRetainer(['migrate-store', '--from', source.url, '--to', target.url], {});
  await until(async () => (await countIn(target)) > 500);
  await killed.kill();
  const { code, stdout, stderr } = await migrateStore(source.url, target.url);
  expect({ code, stderr }).toMatchObject({ code: 0 });
  expect(stdout).toMatch(/^\d+ events in \d+ streams are in both stores, and the same\n$/);
  expect(await contents(target)).toEqual(await contents(source));
}, 60_000);

test('a log goes to KurrentDB and back, and is the same', async () => {
  const back = await freshDatabase();
  expect(await migrateStore(source.url, node.url)).toMatchObject({ code: 0 });
  expect(await migrateStore(node.url, back.url)).toMatchObject({ code: 0 });
  expect(await contents(back)).toEqual(await contents(source));
  await back.drop();
}, 120_000);

test('a target that holds another log is refused, and left as it was', async () => {
  const other = await freshDatabase();
  const store = openStore(other);
  await store.append([write(freshStream(), 'any', pinged('other'))]);
  await store.close();
  const { code, stderr } = await migrateStore(source.url, other.url);
  expect(code).toBe(1);
  expect(stderr).toContain('the target holds another log');
  expect(await countIn(other)).toBe(1);
  await other.drop();
});

test('what is missing or the same is said', async () => {
  expect(await runRetainer(['migrate-store', '--from', source.url], {})).toMatchObject({ code: 2 });
  expect(await migrateStore(source.url, source.url)).toMatchObject({ code: 2 });
});
