import fc from 'fast-check';
import pino from 'pino';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { copyLog } from '../../src/event-store/copy.ts';
import { createPostgresStore } from '../../src/event-store/postgres/store.ts';
import { freshStream, pinged, write } from '../contract/eventStore.ts';
import { killLeftOvers, runRetainer, startRetainer } from '../faults/serviceProcess.ts';
import { freshDatabase, type TestDatabase } from '../support/database.ts';
import { histories } from '../support/histories.ts';
import { type KurrentNode, startKurrentNode } from '../support/kurrentdb/server.ts';
import { createMemoryStore } from '../support/memoryStore.ts';
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
});
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
  expect(stdout).toMatch(
    /^\d+ events in \d+ streams are in both stores, and the same\nits chain of hashes begins anew: /,
  );
  expect(await contents(target)).toEqual(await contents(source));
});

test('a log goes to KurrentDB and back, and is the same', async () => {
  const back = await freshDatabase();
  expect(await migrateStore(source.url, node.url)).toMatchObject({ code: 0 });
  expect(await migrateStore(node.url, back.url)).toMatchObject({ code: 0 });
  expect(await contents(back)).toEqual(await contents(source));
  await back.drop();
});

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

test('a target on which the service went on is not the beginning of the source any more', async () => {
  const other = await freshDatabase();
  expect(await migrateStore(source.url, other.url)).toMatchObject({ code: 0 });
  const store = openStore(other);
  await store.append([write(freshStream(), 'any', pinged('later'))]);
  await store.close();
  expect(await migrateStore(source.url, other.url)).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/the target holds another log, from its event \d+ on/),
  });
  await other.drop();
});

test('a source that holds no log of ours is not copied: nothing, or another application’s', async () => {
  const [nothing, other] = await Promise.all([freshDatabase(), freshDatabase()]);
  expect(await migrateStore(nothing.url, other.url)).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('there is no log in --from'),
  });
  await nothing.pool.query(
    `select event_store.append(array[0], array['order-1'], array[-1], array[1], array['order-1'], array[1],
       array[gen_random_uuid()], array['OrderPlaced'], array[1]::smallint[], '[{}]', '[{}]', array[1]::bigint[])`,
  );
  expect(await migrateStore(nothing.url, other.url)).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('this is the log of another application: it begins with OrderPlaced'),
  });
  expect(await countIn(other)).toBe(0);
  await Promise.all([nothing.drop(), other.drop()]);
});

test('what was appended to the source meanwhile is said, so that nobody goes on without it', async () => {
  const [from, to] = [createMemoryStore(), createMemoryStore()];
  await from.append([write(freshStream(), 'any', pinged('A'))]);
  const copying = { from, to, signal: new AbortController().signal };
  let hasGrown = false;
  const late = async (): Promise<void> => {
    if (!hasGrown) await from.append([write(freshStream(), 'any', pinged('B'))]);
    hasGrown = true;
  };
  expect(await copyLog({ ...copying, onProgress: late })).toMatchObject({ events: 1, grew: true });
  expect(await copyLog(copying)).toMatchObject({ events: 2, grew: false });
});

test('an event that cannot be understood ends the copy, and is named', async () => {
  const [spoilt, other] = await Promise.all([freshDatabase(), freshDatabase()]);
  const store = openStore(spoilt);
  await store.append([write(freshStream(), 'any', pinged('A'), pinged('B'))]);
  await store.close();
  await spoilt.pool.query(`update event_store.events set data = '{}' where revision = 1`);
  expect(await migrateStore(spoilt.url, other.url)).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(
      /retainer: WorkerPinged in stream .*, revision 1, position 0*2, cannot be understood: its data does not fit: .*workerId.*\. The copy ends before it: use a version/,
    ),
  });
  await Promise.all([spoilt.drop(), other.drop()]);
});

test.each(['http://127.0.0.1:2113', 'db', 'mysql://127.0.0.1/log'])('%s is no URL of a log', async (url) => {
  for (const [from, to, option] of [
    [url, target.url, '--from'],
    [source.url, url, '--to'],
  ] as const)
    expect(await migrateStore(from, to)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining(`${option} must be a URL that begins with postgres:// or kurrentdb://`),
    });
});

test('what is missing or the same is said', async () => {
  expect(await runRetainer(['migrate-store', '--from', source.url], {})).toMatchObject({ code: 2 });
  expect(await migrateStore(source.url, source.url)).toMatchObject({ code: 2 });
});
