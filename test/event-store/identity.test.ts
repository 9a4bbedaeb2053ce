import { afterEach, beforeEach, expect, test } from 'vitest';
import { streamOf } from '../../src/domain/event.ts';
import { decode } from '../../src/event-store/codec.ts';
import { identityOf, markLog } from '../../src/event-store/identity.ts';
import type { EventStore, Position } from '../../src/event-store/port.ts';
import { expectNoLog, expectSameLog } from '../../src/projections/sameLog.ts';
import { freshStream, pinged, write } from '../contract/eventStore.ts';
import { killLeftOvers, runRetainer } from '../faults/serviceProcess.ts';
import { freshDatabase, type TestDatabase } from '../support/database.ts';
import { createMemoryStore } from '../support/memoryStore.ts';
import { until } from '../support/service.ts';

let database: TestDatabase;
beforeEach(async () => {
  database = await freshDatabase();
});
afterEach(async () => {
  await killLeftOvers();
  await database.drop();
});

const us = { version: '0.1.0', clock: () => 1_800_000_000_000 };

const identifyLog = async (store: EventStore, who: typeof us) => markLog(store, await identityOf(store, who), who);

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

test('one whose marker cannot be understood is refused: with the version that wrote it, or as changed', async () => {
  const unreadable = (type: string, data: unknown) => {
    const stored = {
      ...{ position: '1' as Position, stream: 'log-retainer', revision: 1, id: pinged('A').id, version: 1 },
      ...{ type, data, metadata: {}, recordedAt: 1 },
    };
    const read = async () => ({ events: [decode(stored)], revision: 1 });
    return identifyLog({ ...createMemoryStore(), read }, us);
  };
  await expect(unreadable('LogSplit', { version: '9.2.0' })).rejects.toThrow(
    'written by version 9.2.0 of the service: use that or a newer one, this is 0.1.0',
  );
  await expect(unreadable('LogSplit', {})).rejects.toThrow('by a newer version of the service than 0.1.0: upgrade it');
  await expect(unreadable('LogOpened', { format: 0 })).rejects.toThrow(
    /does not say whose it is \(LogOpened in .* cannot be understood: its data does not fit: .*\): somebody changed it; 'retainer verify' says more/,
  );
});

test('nodes that start at once on a database without read models agree on its log', async () => {
  const one = '01890000-0000-7000-8000-000000000001';
  const first = await database.pool.connect();
  await first.query('begin');
  await expectSameLog(first, one);
  const second = expectSameLog(database.pool, one);
  await until(async () => {
    const waiting = `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`;
    return (await database.pool.query(waiting)).rowCount === 1;
  });
  await first.query('commit');
  first.release();
  await second;
});

test('the read models of one log are not mixed with another', async () => {
  const one = '01890000-0000-7000-8000-000000000001';
  await expectSameLog(database.pool, one);
  await expectSameLog(database.pool, one);
  await expect(expectSameLog(database.pool, '01890000-0000-7000-8000-000000000002')).rejects.toThrow(
    `made from another log (${one})`,
  );
});

test('an event store that is empty beside the read models of a log is refused before anything is written to it', async () => {
  await expectNoLog(database.pool);
  await expectSameLog(database.pool, '01890000-0000-7000-8000-000000000001');
  await expect(expectNoLog(database.pool)).rejects.toThrow(
    "made from a log (01890000-0000-7000-8000-000000000001): 'retainer migrate-store' copies that log to it",
  );
  const empty = await freshDatabase();
  const stores = { DATABASE_URL: database.url, EVENT_STORE_URL: empty.url, PORT: '0' };
  const { code, stderr } = await runRetainer(['serve'], stores);
  expect({ code, stderr }).toMatchObject({ code: 1, stderr: expect.stringContaining('the event store is empty') });
  expect((await empty.pool.query('select from event_store.events')).rowCount).toBe(0);
  await empty.drop();
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

test('nor does it start on a log that a newer version wrote: it says which version that takes', async () => {
  expect(await runRetainer(['key', 'issue'], { DATABASE_URL: database.url })).toMatchObject({ code: 0 });
  await database.pool.query(
    `select event_store.append(array[0], array['log-retainer'], array[0], array[1], array['log-retainer'], array[1],
       array[gen_random_uuid()], array['LogUpgraded'], array[1]::smallint[],
       '[{"format": 99, "version": "7.1.0", "at": 1}]', '[{}]', array[1]::bigint[])`,
  );
  const { code, stderr } = await runRetainer(['serve'], { DATABASE_URL: database.url, PORT: '0' });
  expect(code).toBe(1);
  expect(stderr).toMatch(/the log was written by version 7\.1\.0 .* use 7\.1\.0 or newer/);
});
