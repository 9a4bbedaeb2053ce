import { afterEach, beforeEach, expect, test } from 'vitest';
import { streamOf } from '../../src/domain/event.ts';
import type { EventStore, Position } from '../../src/event-store/port.ts';
import { projections } from '../../src/projections/all.ts';
import { createCaughtUp } from '../../src/projections/caughtUp.ts';
import { check } from '../../src/projections/check.ts';
import { type Projection, schemaOf } from '../../src/projections/projection.ts';
import { listProtoHits } from '../../src/projections/protoHits.ts';
import { rebuild } from '../../src/projections/rebuild.ts';
import { reportProjections } from '../../src/projections/report.ts';
import { findReservation } from '../../src/projections/reservations.ts';
import { setUpReadModels } from '../../src/projections/setUp.ts';
import { liftSkip, retry, skip, stopAt } from '../../src/projections/stopped.ts';
import { fields, ids, STARTED_AT } from '../support/events.ts';
import { type House, openHouse } from '../support/runningProjector.ts';
import { PATIENCE_MS } from '../support/until.ts';

let house: House;
beforeEach(async () => {
  house = await openHouse();
  await setUpReadModels({ db: house.db, projections });
});
afterEach(() => house.close());

const at = STARTED_AT;
const range = (from: number, to: number) => Array.from({ length: to - from }, (_, index) => from + index);
const typesOf = (numbers: readonly number[]) => numbers.map((n) => `type ${n}`).sort();
const define = (n: number) =>
  house.append(streamOf.protoHit(ids.protoHit(n)), {
    type: 'ProtoHitDefined',
    data: { protoHitId: ids.protoHit(n), fields: fields({ hitTypeId: `type ${n}` }), sandbox: true, at: at + n },
  });
const make = (n: number) =>
  house.append(streamOf.reservation(ids.reservation(n)), {
    type: 'ReservationMade',
    data: {
      reservationId: ids.reservation(n),
      protoHitId: ids.protoHit(1),
      foreignId: String(n),
      payload: null,
      expectedAt: at,
      numAssignments: 5,
      at,
    },
  });
const names = async () => (await listProtoHits(house.db)).map(({ hitTypeId }) => hitTypeId).sort();
const isMade = async (n: number) => (await findReservation(house.db, ids.reservation(n))) !== undefined;
const standing = async () => {
  const { rows } = await house.db.query(
    `select projection, stopped_position as position, stopped_type as type from retainer.checkpoints
     where stopped_at is not null order by 1`,
  );
  return rows;
};

/** Projections of which that of ProtoHITs cannot apply one event, as long as the test says so. */
function fragile(): { projections: readonly Projection[]; mend: () => void } {
  let isBroken = true;
  return {
    mend: () => {
      isBroken = false;
    },
    projections: projections.map((projection) => ({
      ...projection,
      apply: async (tx, events) => {
        const bad = events.some(({ type, data }) => type === 'ProtoHitDefined' && data.protoHitId === ids.protoHit(5));
        const changes = await projection.apply(tx, events);
        if (bad && isBroken && projection.name === 'proto_hits') await tx.query('select 1 / 0');
        return changes;
      },
    })),
  };
}

test('a projection that cannot apply an event stands still there, alone, says which and why, and goes on when told to', async () => {
  const { projections: broken, mend } = fragile();
  const positions = await Promise.all(range(1, 9).map(define));
  house.project({ projections: broken });
  const stop = { projection: 'proto_hits', position: positions[4], type: 'ProtoHitDefined' };
  await expect.poll(standing).toEqual([stop]);
  expect(house.logged.find(({ level }) => level === 50)).toMatchObject({
    projections: ['proto_hits'],
    position: positions[4],
    msg: expect.stringMatching(/proto_hits stands still: ProtoHitDefined at position 0*5 .*division by zero/),
  });
  expect(await names()).toEqual(typesOf(range(1, 5)));
  const error = expect.stringMatching(/^ProtoHitDefined at position 0*5 .*division by zero/);
  expect(await lastError()).toEqual({ error, at: expect.any(Number) });

  await make(1);
  await expect.poll(() => isMade(1)).toBe(true);
  expect(await retry(house.db, broken)).toEqual(['proto_hits']);
  await expect.poll(standing).toEqual([stop]);

  mend();
  expect(await retry(house.db, broken)).toEqual(['proto_hits']);
  await expect.poll(names).toEqual(typesOf(range(1, 9)));
  expect(await standing()).toEqual([]);
  expect(await lastError()).toEqual({ error, at: expect.any(Number) });
});

const lastError = async () => {
  const report = await reportProjections({ db: house.db, store: house.store, projections, now: Date.now() });
  return report.find(({ name }) => name === 'proto_hits')?.lastError;
};

test('what waits for the read models does not wait for one that stands still', async () => {
  const caughtUp = createCaughtUp({ db: house.db, url: house.database.url, projections, log: house.log });
  await caughtUp.ready;
  house.project({ projections: fragile().projections });
  await define(5);
  await expect.poll(standing).toHaveLength(1);
  for (const n of range(1, 4)) expect(await caughtUp.until(await make(n), { timeoutMs: PATIENCE_MS })).toBe(true);
  await caughtUp.close();
});

test('a projector that starts tries again: perhaps its code can', async () => {
  const stopped = house.project({ projections: fragile().projections });
  await define(5);
  await expect.poll(standing).toHaveLength(1);
  await stopped();
  house.project();
  await expect.poll(names).toEqual(typesOf([5]));
});

test('an operator lets it pass over the event, for good: a rebuild and a check pass over it too', async () => {
  const { projections: broken } = fragile();
  await Promise.all(range(1, 9).map(define));
  house.project({ projections: broken });
  await expect.poll(standing).toHaveLength(1);
  const [protoHits] = broken;
  if (protoHits === undefined) throw new Error('no projection');
  expect(await skip(house.db, protoHits, { by: 'operator:ann' })).toMatchObject({ type: 'ProtoHitDefined' });
  const without = typesOf([1, 2, 3, 4, 6, 7, 8]);
  await expect.poll(names).toEqual(without);
  await rebuild({ ...house, projections: broken, names: ['proto_hits'] });
  expect(await names()).toEqual(without);
  expect(await check({ ...house, projections: broken, names: ['proto_hits'] })).toMatchObject({ differing: {} });
  expect(await skip(house.db, protoHits, { by: 'operator:ann' })).toBeNull();
});

test('an event whose data does not fit stops those who take it; the others pass over it, to the end of the log', async () => {
  const positions = await Promise.all(range(1, 5).map(define));
  await house.db.query(`update event_store.events set data = data - 'fields' where position = $1`, [positions[3]]);
  house.project();
  const head = await house.store.head();
  const culprit = { position: positions[3], type: 'ProtoHitDefined' };
  await expect.poll(standing).toEqual([
    { projection: 'numbers', ...culprit },
    { projection: 'proto_hits', ...culprit },
  ]);
  const { rows } = await house.db.query<{ error: string }>(
    `select stopped_error as error from retainer.checkpoints where stopped_at is not null`,
  );
  expect(rows[0]?.error).toContain('fields');
  const others = async () => {
    const found = await house.db.query<{ position: string }>(
      `select distinct position from retainer.checkpoints where stopped_at is null`,
    );
    return found.rows.map(({ position }) => position);
  };
  await expect.poll(others).toEqual([head]);
  await make(1);
  await expect.poll(() => isMade(1)).toBe(true);
  expect(await names()).toEqual(typesOf([1, 2, 3]));
  await expect(rebuild({ ...house, projections, names: ['proto_hits'] })).rejects.toThrow(
    /^ProtoHitDefined in stream protoHit-.*, revision 0, position 0*4, cannot be understood: its data does not fit: fields: .*\. proto_hits is made from events of this type; nothing in use was changed\. Use a version/,
  );
  await rebuild({ ...house, projections, names: ['reservations'] });
  expect(await isMade(1)).toBe(true);
});

test('a rebuild names the event that cannot be applied, and goes on from there once it can', async () => {
  const { projections: broken, mend } = fragile();
  await Promise.all(range(1, 9).map(define));
  house.project();
  await expect.poll(names).toHaveLength(8);
  await expect(rebuild({ ...house, projections: broken, names: ['proto_hits'] })).rejects.toThrow(
    /ProtoHitDefined at position 0*5 cannot be applied to proto_hits: division by zero/,
  );
  expect(await names()).toEqual(typesOf(range(1, 9)));
  mend();
  await rebuild({ ...house, projections: broken, names: ['proto_hits'] });
  expect(await names()).toEqual(typesOf(range(1, 9)));
});

test('what cannot be folded while the tables are swapped is named itself, not what came with it', async () => {
  const { projections: broken } = fragile();
  const positions: Position[] = [];
  for (const n of range(1, 4)) positions.push(await define(n));
  let looks = 0;
  const store: EventStore = {
    ...house.store,
    head: async () => {
      const head = await house.store.head();
      if (looks++ === 0) for (const n of range(4, 8)) positions.push(await define(n));
      return head;
    },
  };
  await expect(rebuild({ ...house, store, projections: broken, names: ['proto_hits'] })).rejects.toThrow(
    /ProtoHitDefined at position 0*5 cannot be applied to proto_hits/,
  );
  expect(positions).toHaveLength(7);
  const report = await reportProjections({ db: house.db, store, projections, now: at });
  expect(report.find(({ name }) => name === 'proto_hits')?.rebuild?.stop?.position).toBe(positions[4]);
});

test('a rebuild that stands still before an event that the tables in use have passed goes on once that is skipped', async () => {
  const positions = await Promise.all(range(1, 5).map(define));
  house.project();
  await expect.poll(names).toEqual(typesOf([1, 2, 3, 4]));
  await house.db.query(`update event_store.events set data = data - 'fields' where position = $1`, [positions[3]]);
  const protoHits = projections.filter(({ name }) => name === 'proto_hits');
  const [projection] = protoHits;
  if (projection === undefined) throw new Error('there is no such projection');
  expect(await skip(house.db, projection, { by: 'operator:ann' })).toBeNull();

  const job = { ...house, projections, names: ['proto_hits', 'reservations'] };
  await expect(rebuild(job)).rejects.toThrow(`cannot be understood`);
  const stopOf = async (name: string) => {
    const report = await reportProjections({ db: house.db, store: house.store, projections, now: STARTED_AT });
    return report.find((one) => one.name === name)?.rebuild?.stop ?? null;
  };
  expect(await stopOf('proto_hits')).toMatchObject({ position: positions[3], type: 'ProtoHitDefined' });
  expect(await stopOf('reservations')).toBeNull();

  const at = (position: string | undefined) => ({ by: 'operator:ann', at: position ?? '' });
  expect(await skip(house.db, projection, at(positions[2]))).toBeNull();
  expect(await skip(house.db, projection, at(positions[3]?.replace(/^0+/, '')))).toMatchObject({
    position: positions[3],
  });
  expect(await skip(house.db, projection, { by: 'operator:ann' })).toBeNull();
  expect(await stopOf('proto_hits')).toBeNull();
  await rebuild(job);
  expect(await names()).toEqual(typesOf([1, 2, 3]));
  expect(await check({ ...house, projections, names: ['proto_hits'] })).toMatchObject({ differing: {} });

  const passedOver = async () => {
    const report = await reportProjections({ db: house.db, store: house.store, projections, now: STARTED_AT });
    return report.find((one) => one.name === 'proto_hits')?.skipped;
  };
  expect(await passedOver()).toEqual([{ position: positions[3], type: 'ProtoHitDefined', by: 'operator:ann' }]);
  expect(await liftSkip(house.db, projection, '1')).toBeNull();
  expect(await liftSkip(house.db, projection, positions[3] ?? '')).toMatchObject({ type: 'ProtoHitDefined' });
  expect(await passedOver()).toEqual([]);
  await expect(rebuild(job)).rejects.toThrow(`cannot be understood`);
});

test('check finds every row that is not what the log makes of it, and leaves nothing behind', async () => {
  await Promise.all(range(1, 6).map(define));
  await make(1);
  house.project();
  await expect.poll(() => isMade(1)).toBe(true);
  await expect.poll(names).toHaveLength(5);
  const everything = { ...house, projections, names: projections.map(({ name }) => name) };
  expect(await check(everything)).toMatchObject({ differences: [], differing: {}, rows: { proto_hits: 5 } });

  await house.db.query(`update proto_hits set hit_type_id = 'changed' where hit_type_id = 'type 2'`);
  await house.db.query(`delete from proto_hits where hit_type_id = 'type 3'`);
  await house.db.query(`update reservations set reservation_id = $1`, [ids.reservation(7)]);
  const { differences, differing } = await check(everything);
  expect(differing).toEqual({ proto_hits: 2, reservations: 2 });
  expect(differences).toContainEqual({
    table: 'proto_hits',
    inUse: expect.objectContaining({ hit_type_id: 'changed' }),
    fromLog: expect.objectContaining({ hit_type_id: 'type 2' }),
  });
  expect(differences).toContainEqual({
    table: 'proto_hits',
    inUse: null,
    fromLog: expect.objectContaining({ hit_type_id: 'type 3' }),
  });
  const { rows } = await house.db.query(
    `select nspname from pg_namespace where nspname like 'read_models%' order by 1`,
  );
  expect(rows.map(({ nspname }) => nspname)).toEqual(projections.map(schemaOf).sort());
});

test('a projector that hung and wakes up stops nothing before an event that its successor has passed', async () => {
  const [first, second] = [await define(1), await define(2)];
  house.project({ projections });
  await expect.poll(names).toEqual(typesOf([1, 2]));
  for (const position of [first, second])
    await stopAt(house.db, projections, { position, type: 'ProtoHitDefined', error: 'it could not, then' });
  expect(await standing()).toEqual([]);
});
