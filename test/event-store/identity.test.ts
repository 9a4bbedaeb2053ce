import { afterEach, beforeEach, expect, test } from 'vitest';
import { streamOf } from '../../src/domain/event.ts';
import { identifyLog } from '../../src/event-store/identity.ts';
import { expectSameLog } from '../../src/projections/sameLog.ts';
import { freshStream, pinged, write } from '../contract/eventStore.ts';
import { killLeftOvers, runRetainer } from '../faults/serviceProcess.ts';
import { freshDatabase, type TestDatabase } from '../support/database.ts';
import { createMemoryStore } from '../support/memoryStore.ts';

let database: TestDatabase;
beforeEach(async () => {
  database = await freshDatabase();
});
afterEach(async () => {
  await killLeftOvers();
  await database.drop();
});

const us = { version: '0.1.0', clock: () => 1_800_000_000_000 };

test('an empty log gets a marker as its first event, once, whoever starts how often', async () => {
  const store = createMemoryStore();
  const ids = await Promise.all([identifyLog(store, us), identifyLog(store, us), identifyLog(store, us)]);
  expect(new Set([...ids, await identifyLog(store, us)]).size).toBe(1);
  expect(store.events).toMatchObject([
    { type: 'LogOpened', stream: 'log-retainer', data: { application: 'retainer', format: 1, version: '0.1.0' } },
  ]);
});

test('a log of ours from before there were markers is adopted', async () => {
  const store = createMemoryStore();
  await store.append([write(freshStream(), 'any', pinged('A'))]);
  await identifyLog(store, us);
  expect(store.events.map(({ type }) => type)).toEqual(['WorkerPinged', 'LogOpened']);
});

test('a log of another application is refused, and nothing is written to it', async () => {
  const store = createMemoryStore();
  const others = { ...store, first: async () => ({ type: 'OrderPlaced', stream: 'order-1' }) };
  await expect(identifyLog(others, us)).rejects.toThrow(
    'this is the log of another application: it begins with OrderPlaced in stream order-1',
  );
  expect(store.events).toEqual([]);
});

test('a log that a newer version wrote is refused, with the version that it needs', async () => {
  const store = createMemoryStore();
  await identifyLog(store, us);
  const upgraded = { ...pinged('A'), type: 'LogUpgraded', data: { format: 2, version: '7.1.0', at: 1 } } as const;
  await store.append([write(streamOf.log(), 0, upgraded)]);
  await expect(identifyLog(store, us)).rejects.toThrow(/written by version 7\.1\.0 .* use 7\.1\.0 or newer/);
});

test('the read models of one log are not mixed with another', async () => {
  const one = '01890000-0000-7000-8000-000000000001';
  await expectSameLog(database.pool, one);
  await expectSameLog(database.pool, one);
  await expect(expectSameLog(database.pool, '01890000-0000-7000-8000-000000000002')).rejects.toThrow(
    `made from another log (${one})`,
  );
});

test('the service says so and ends, instead of starting on a log that is not its own', async () => {
  await database.pool.query(
    `select event_store.append(array[0], array['order-1'], array[-1], array[1], array['order-1'], array[1],
       array[gen_random_uuid()], array['OrderPlaced'], array[1]::smallint[], '[{}]', '[{}]', array[1]::bigint[])`,
  );
  const { code, stderr } = await runRetainer(['serve'], { DATABASE_URL: database.url, PORT: '0' });
  expect(code).toBe(1);
  expect(stderr).toContain('this is the log of another application: it begins with OrderPlaced in stream order-1');
});
