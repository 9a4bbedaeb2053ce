import { afterEach, beforeEach, expect, test } from 'vitest';
import { type DomainEvent, streamOf } from '../../src/domain/event.ts';
import { BEGINNING, type RecordedEvent } from '../../src/event-store/port.ts';
import { holdLease } from '../../src/postgres/lease.ts';
import { projections } from '../../src/projections/all.ts';
import { runningCheckpoints } from '../../src/projections/checkpoints.ts';
import { dropOldVersions, leaseOf } from '../../src/projections/oldVersions.ts';
import { type Projection, searchPathOf } from '../../src/projections/projection.ts';
import { project } from '../../src/projections/projector.ts';
import { listProtoHits } from '../../src/projections/protoHits.ts';
import { rebuild } from '../../src/projections/rebuild.ts';
import { findReservation } from '../../src/projections/reservations.ts';
import { setUpReadModels } from '../../src/projections/setUp.ts';
import { fields, ids, STARTED_AT } from '../support/events.ts';
import { type House, openHouse } from '../support/runningProjector.ts';

let house: House;
beforeEach(async () => {
  house = await openHouse();
});
afterEach(() => house.close());

const at = STARTED_AT;
const defined = (n: number): DomainEvent => ({
  type: 'ProtoHitDefined',
  data: { protoHitId: ids.protoHit(n), fields: fields({ hitTypeId: `type ${n}` }), sandbox: true, at: at + n },
});
const define = (n: number) => house.append(streamOf.protoHit(ids.protoHit(n)), defined(n));
const made = (n: number): DomainEvent => ({
  type: 'ReservationMade',
  data: {
    reservationId: ids.reservation(n),
    protoHitId: ids.protoHit(1),
    foreignId: String(n),
    payload: null,
    expectedAt: at,
    numAssignments: 500,
    at,
  },
});
const dispatched = (n: number): DomainEvent => ({
  type: 'WorkerDispatched',
  data: { assignmentId: ids.assignment(n), workerId: ids.worker(n), at },
});
const names = async () => (await listProtoHits(house.db)).map(({ hitTypeId }) => hitTypeId).sort();
const range = (from: number, to: number) => Array.from({ length: to - from }, (_, index) => from + index);

test('what was there before it started and what comes after shows in the read models', async () => {
  await define(1);
  house.project();
  await define(2);
  await expect.poll(() => existingNames()).toEqual(['type 1', 'type 2']);
  await define(3);
  await expect.poll(names).toEqual(['type 1', 'type 2', 'type 3']);
});

/** The tables are made when the projector starts. */
const existingNames = async () => {
  const { rows } = await house.db.query<{ exists: boolean }>(`select to_regclass('proto_hits') is not null as exists`);
  return rows[0]?.exists ? names() : [];
};

test('two projectors at once count every event once', async () => {
  await setUpReadModels({ db: house.db, projections });
  const stream = streamOf.reservation(ids.reservation(1));
  await house.append(stream, made(1));
  house.project({ batchSize: 3 });
  house.project({ batchSize: 7 });
  for (const n of range(0, 300)) await house.append(stream, dispatched(n));
  await expect.poll(async () => (await findReservation(house.db, ids.reservation(1)))?.dispatched).toBe(300);
  await define(1);
  await expect.poll(names).toEqual(['type 1']);
  expect((await findReservation(house.db, ids.reservation(1)))?.unconfirmed).toHaveLength(300);
});

test('where one checkpoint is not as it was left, none moves and nothing is applied', async () => {
  await setUpReadModels({ db: house.db, projections });
  const checkpoints = await runningCheckpoints(house.db, projections);
  await house.append(streamOf.reservation(ids.reservation(1)), made(1));
  const elsewhere = await define(1);
  await house.db.query(`update retainer.checkpoints set position = $1 where projection = 'api_keys'`, [elsewhere]);
  expect(await project({ db: house.db, projections }, checkpoints, await firstBatch())).toBeNull();
  expect(await names()).toEqual([]);
  expect(await findReservation(house.db, ids.reservation(1))).toBeUndefined();
  expect(await runningCheckpoints(house.db, projections)).toEqual(new Map([...checkpoints, ['api_keys', elsewhere]]));
});

const firstBatch = async (): Promise<readonly RecordedEvent[]> => {
  const ending = new AbortController();
  for await (const { events } of house.store.subscribe({ after: BEGINNING, signal: ending.signal })) return events;
  return [];
};

test('a projector that is stopped and started again goes on where it was', async () => {
  const stream = streamOf.reservation(ids.reservation(1));
  await setUpReadModels({ db: house.db, projections });
  await house.append(stream, made(1));
  for (const round of range(0, 5)) {
    const stop = house.project({ batchSize: 10 });
    await Promise.all(range(round * 40, round * 40 + 40).map((n) => house.append(stream, dispatched(n))));
    await stop();
  }
  house.project();
  await expect.poll(async () => (await findReservation(house.db, ids.reservation(1)))?.dispatched).toBe(200);
});

test('lost connections are followed by new ones', async () => {
  house.project();
  await define(1);
  await expect.poll(existingNames).toEqual(['type 1']);
  for (const n of range(2, 6)) {
    await house.db.query(
      `select pg_terminate_backend(pid) from pg_stat_activity
       where datname = current_database() and application_name in ('projector', 'retainer listen')`,
    );
    await define(n);
  }
  await expect.poll(names).toEqual(range(1, 6).map((n) => `type ${n}`));
});

test('a projector of another version makes tables of its own, beside those that the old version goes on with', async () => {
  house.project();
  await define(1);
  await expect.poll(existingNames).toEqual(['type 1']);
  const renewed = projections
    .filter(({ name }) => name === 'proto_hits')
    .map((projection) => ({
      ...projection,
      version: projection.version + 1,
      tables: `${projection.tables}; alter table proto_hits add column added int not null default 7;`,
    }));
  house.project({ projections: renewed });
  await define(2);
  const inNewTables = async () => {
    const { rows } = await house.db.query<{ hit_type_id: string; added: number }>(
      `select hit_type_id, added from ${searchPathOf(renewed)}.proto_hits order by 1`,
    );
    return rows;
  };
  await expect
    .poll(() => inNewTables().catch(() => []))
    .toEqual([
      { hit_type_id: 'type 1', added: 7 },
      { hit_type_id: 'type 2', added: 7 },
    ]);
  await expect.poll(names).toEqual(['type 1', 'type 2']);
});

test('tables of an older version go when no node works for them any more', async () => {
  await setUpReadModels({ db: house.db, projections });
  const [first, second, third] = projections.map((projection) => ({ ...projection, version: 0 }));
  if (first === undefined || second === undefined || third === undefined) throw new Error('too few projections');
  await setUpReadModels({ db: house.db, projections: [first, second, third] });
  const hourAgo = `update retainer.checkpoints set updated_at = now() - interval '61 minutes' where projection <> $1`;
  await house.db.query(hourAgo, [third.name]);
  const ending = new AbortController();
  await new Promise<void>((held) => {
    const lease = { url: house.database.url, name: leaseOf(second), signal: ending.signal, log: house.log };
    void holdLease(lease, async ({ signal }) => {
      held();
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
    });
  });
  expect(await dropOldVersions(house.db, projections)).toEqual([`read_models_${first.name}_v0`]);
  const { rows } = await house.db.query<{ projection: string }>(
    'select projection from retainer.checkpoints where version = 0 order by 1',
  );
  expect(rows.map(({ projection }) => projection)).toEqual([second.name, third.name].sort());
  expect(await names()).toEqual([]);
  ending.abort();
});

test('a table that was dropped is made again, and the others stay as they are', async () => {
  const stop = house.project();
  await define(1);
  await house.append(streamOf.reservation(ids.reservation(1)), made(1));
  await expect.poll(existingNames).toEqual(['type 1']);
  await expect.poll(() => findReservation(house.db, ids.reservation(1))).toBeDefined();
  await stop();
  await house.db.query('drop table proto_hits');
  house.project();
  await expect.poll(existingNames).toEqual(['type 1']);
  await house.append(streamOf.reservation(ids.reservation(1)), dispatched(1));
  await expect.poll(async () => (await findReservation(house.db, ids.reservation(1)))?.dispatched).toBe(1);
});

test('while a read model is rebuilt, everybody goes on with the tables in use', async () => {
  house.project();
  await Promise.all(range(1, 4).map(define));
  await expect.poll(existingNames).toHaveLength(3);
  let goOn = (): void => {};
  const held = new Promise<void>((resolve) => {
    goOn = resolve;
  });
  let isFolding = false;
  const slow = projections.map(
    (projection): Projection => ({
      ...projection,
      apply: async (tx, events) => {
        const changes = await projection.apply(tx, events);
        isFolding = true;
        await held;
        return changes;
      },
    }),
  );
  const rebuilding = rebuild({ ...house, projections: slow, names: ['proto_hits'] });
  await expect.poll(() => isFolding).toBe(true);

  await house.append(streamOf.reservation(ids.reservation(1)), made(1), dispatched(1));
  await define(4);
  await expect.poll(async () => (await findReservation(house.db, ids.reservation(1)))?.dispatched).toBe(1);
  await expect.poll(names).toEqual(range(1, 5).map((n) => `type ${n}`));
  goOn();
  expect(await rebuilding).toMatchObject({ rows: { proto_hits: 4 } });
  expect(await names()).toEqual(range(1, 5).map((n) => `type ${n}`));
  await define(5);
  await expect.poll(names).toEqual(range(1, 6).map((n) => `type ${n}`));
});
