import fc from 'fast-check';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { streamOf } from '../../src/domain/event.ts';
import type { Position } from '../../src/event-store/port.ts';
import { projections } from '../../src/projections/all.ts';
import type { FoldProgress } from '../../src/projections/foldAside.ts';
import { type Projection, schemaOf } from '../../src/projections/projection.ts';
import { listProtoHits, protoHits } from '../../src/projections/protoHits.ts';
import { rebuild } from '../../src/projections/rebuild.ts';
import { listReservations } from '../../src/projections/reservationList.ts';
import { setUpReadModels } from '../../src/projections/setUp.ts';
import { fields, ids, STARTED_AT } from '../support/events.ts';
import { histories } from '../support/histories.ts';
import { allRows } from '../support/readModels.ts';
import { type House, openHouse } from '../support/runningProjector.ts';

let house: House;
beforeEach(async () => {
  house = await openHouse();
});
afterEach(() => house.close());

const everything = projections.map(({ name }) => name);

/** A history in the log and in the read models; answers with the number of events. */
async function lived(): Promise<number> {
  const [history] = fc.sample(histories({ maxLength: 200 }), { numRuns: 1, seed: 7 });
  for (const writes of history ?? []) await house.store.append(writes);
  const stop = house.project();
  const head = await house.store.head();
  await expect.poll(checkpoints).toEqual(projections.map(() => head));
  await stop();
  return house.store.count();
}

const checkpoints = async () => {
  const { rows } = await house.db.query<{ position: string }>('select position from retainer.checkpoints');
  return rows.map(({ position }) => position);
};

test('a rebuild makes again what was there, and says what it did', async () => {
  const events = await lived();
  const before = await allRows(house.db);
  await house.db.query(`update reservations set foreign_id = 'spoilt'`);
  await house.db.query('delete from tasks');
  const progress: FoldProgress[] = [];
  const report = await rebuild({
    ...house,
    projections,
    names: everything,
    batchSize: 20,
    onProgress: (one) => progress.push(one),
  });
  expect(await allRows(house.db)).toEqual(before);
  expect(report).toMatchObject({ events, position: await house.store.head() });
  expect(report.rows).toEqual(Object.fromEntries(Object.entries(before).map(([table, rows]) => [table, rows.length])));
  expect(progress.map(({ done }) => done)).toEqual([...progress.map(({ done }) => done)].sort((a, b) => a - b));
  // The last batch is folded while the tables change places.
  expect(progress.at(-1)?.done).toBeGreaterThanOrEqual(events - 20);
  expect(progress.at(-1)).toMatchObject({ total: events });
});

test('it says how many events were folded, where the log itself only guesses', async () => {
  const events = await lived();
  const guessing = { ...house.store, count: async (after?: Position) => (await house.store.count(after)) + 3 };
  const report = await rebuild({ ...house, store: guessing, projections, names: everything, batchSize: 20 });
  expect(report.events).toBe(events);
});

test('one read model is rebuilt without touching the others', async () => {
  await lived();
  const before = await allRows(house.db);
  await house.db.query(`update reservations set foreign_id = 'spoilt'`);
  await house.db.query(`update tasks set foreign_id = 'untouched'`);
  await rebuild({ ...house, projections, names: ['reservations'] });
  const after = await allRows(house.db);
  expect(after['reservations']).toEqual(before['reservations']);
  expect(after['tasks']).toEqual(before['tasks']?.map((row) => ({ ...Object(row), foreign_id: 'untouched' })));
});

test('a rebuild that breaks off leaves the old tables, and the projector goes on from there', async () => {
  await lived();
  const before = await allRows(house.db);
  const breaking = projections.map(
    (projection): Projection => ({
      ...projection,
      apply: async (tx, events) => {
        const changes = await projection.apply(tx, events);
        if (projection.name === 'tasks') await tx.query('select pg_terminate_backend(pg_backend_pid())');
        return changes;
      },
    }),
  );
  await expect(rebuild({ ...house, projections: breaking, names: everything })).rejects.toThrow();
  expect(await allRows(house.db)).toEqual(before);
  house.project();
  const position = await house.append(streamOf.protoHit(ids.protoHit(0)), {
    type: 'SandboxSwitched',
    data: { sandbox: true, at: STARTED_AT },
  });
  await expect.poll(checkpoints).toEqual(projections.map(() => position));
});

test('a rebuild that is told to stop leaves the old tables, and the next one goes on where it was', async () => {
  const events = await lived();
  const before = await allRows(house.db);
  const stopping = (ending: AbortController) =>
    rebuild({
      ...house,
      projections,
      names: everything,
      batchSize: 10,
      signal: ending.signal,
      onProgress: () => ending.abort(),
    });
  await expect(stopping(new AbortController())).rejects.toThrow('the tables in use are as they were');
  expect(await allRows(house.db)).toEqual(before);
  await expect(stopping(new AbortController())).rejects.toThrow('the tables in use are as they were');

  const progress: FoldProgress[] = [];
  const onProgress = (one: FoldProgress) => void progress.push(one);
  const { rows } = await house.db.query<{ left: number }>(
    `select count(*)::int as left from event_store.events
     where position > (select min(position)::bigint from retainer.rebuilds)`,
  );
  const report = await rebuild({ ...house, projections, names: everything, batchSize: 10, onProgress });
  expect(await allRows(house.db)).toEqual(before);
  expect(report.events).toBe(rows[0]?.left);
  expect(report.events).toBeLessThan(events);
  expect(progress[0]?.done).toBeGreaterThanOrEqual(30);
  expect(progress.at(-1)?.done).toBeGreaterThan(events - 10);
});

test('one that begins anew forgets what an interrupted one made', async () => {
  await lived();
  const before = await allRows(house.db);
  const ending = new AbortController();
  const options = { ...house, projections, names: everything, batchSize: 10 };
  await expect(rebuild({ ...options, signal: ending.signal, onProgress: () => ending.abort() })).rejects.toThrow(
    'interrupted',
  );
  await house.db.query(`update ${schemaOf(protoHits)}_rebuild.proto_hits set hit_type_id = 'spoilt'`);
  await rebuild({ ...options, restart: true });
  expect(await allRows(house.db)).toEqual(before);
});

test('queries meanwhile are answered all along, from the old tables or the new, and none is the victim of a deadlock', async () => {
  await lived();
  const expected = await listProtoHits(house.db);
  expect(expected).not.toEqual([]);
  let isDone = false;
  const presence = { limit: 25, now: STARTED_AT, pingTimeoutMs: 10_000 };
  const readers = Array.from({ length: 6 }, async () => {
    let answers = 0;
    for (; !isDone; answers++) {
      expect(await listProtoHits(house.db)).toEqual(expected);
      await listReservations(house.db, presence);
    }
    return answers;
  });
  for (let round = 0; round < 5; round++)
    await rebuild({ ...house, db: house.database.pool, projections, names: everything });
  isDone = true;
  for (const answers of await Promise.all(readers)) expect(answers).toBeGreaterThan(0);
});

test('two rebuilds at once come one after the other', async () => {
  await lived();
  const before = await allRows(house.db);
  const reports = await Promise.all([
    rebuild({ ...house, projections, names: everything }),
    rebuild({ ...house, projections, names: ['tasks', 'hits'] }),
  ]);
  expect(reports.map(({ events }) => events)).toEqual([await house.store.count(), await house.store.count()]);
  expect(await allRows(house.db)).toEqual(before);
});

test('a rebuild of nothing is quick, and one of something unknown is refused', async () => {
  await setUpReadModels({ db: house.db, projections });
  expect(await rebuild({ ...house, projections, names: everything })).toMatchObject({ events: 0, position: '' });
  await expect(rebuild({ ...house, projections, names: ['nobodies'] })).rejects.toThrow(
    'there is no projection nobodies',
  );
});

test('what is appended while a rebuild runs is not lost', async () => {
  await lived();
  house.project();
  const stream = (n: number) => streamOf.protoHit(ids.protoHit(100 + n));
  const define = (n: number) =>
    house.append(stream(n), {
      type: 'ProtoHitDefined',
      data: { protoHitId: ids.protoHit(100 + n), fields: fields(), sandbox: false, at: STARTED_AT },
    });
  const known = (await listProtoHits(house.db)).length;
  const numbers = Array.from({ length: 60 }, (_, n) => n);
  const appending = (async () => {
    for (const n of numbers) await define(n);
  })();
  for (let round = 0; round < 3; round++)
    await rebuild({ ...house, projections, names: ['proto_hits', 'tasks'], batchSize: 30 });
  await appending;
  await expect.poll(async () => (await listProtoHits(house.db)).length).toBe(known + numbers.length);
});
