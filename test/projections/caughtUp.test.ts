import { afterEach, beforeEach, expect, test } from 'vitest';
import { type DomainEvent, streamOf } from '../../src/domain/event.ts';
import type { AssignmentId } from '../../src/domain/ids.ts';
import type { Position } from '../../src/event-store/port.ts';
import { projections } from '../../src/projections/all.ts';
import { type CaughtUp, createCaughtUp } from '../../src/projections/caughtUp.ts';
import { listProtoHits } from '../../src/projections/protoHits.ts';
import { setUpReadModels } from '../../src/projections/setUp.ts';
import { fields, ids, STARTED_AT } from '../support/events.ts';
import { type House, openHouse } from '../support/runningProjector.ts';
import { PATIENCE_MS } from '../support/until.ts';

let house: House;
let caughtUp: CaughtUp;
beforeEach(async () => {
  house = await openHouse();
  await setUpReadModels({ db: house.db, projections });
  caughtUp = createCaughtUp({ db: house.db, url: house.database.url, projections, log: house.log });
  await caughtUp.ready;
});
afterEach(async () => {
  await caughtUp.close();
  await house.close();
});

const at = STARTED_AT;
const patient = { timeoutMs: PATIENCE_MS };
const define = (n: number): Promise<Position> =>
  house.append(streamOf.protoHit(ids.protoHit(n)), {
    type: 'ProtoHitDefined',
    data: { protoHitId: ids.protoHit(n), fields: fields(), sandbox: true, at },
  });
const arrived = (n: number): DomainEvent => ({
  type: 'WorkerArrived',
  data: {
    assignmentId: ids.assignment(n),
    workerId: ids.worker(n),
    hitId: ids.hit(n),
    marketplaceHitId: ids.marketplaceHit(n),
    protoHitId: ids.protoHit(1),
    recruitedFor: null,
    isSigned: false,
    at,
  },
});
const far = '9999999999999999999' as Position;

test('whoever waits for a position reads their own write', async () => {
  house.project();
  for (let n = 0; n < 30; n++) {
    expect(await caughtUp.until(await define(n), patient)).toBe(true);
    expect(await listProtoHits(house.db)).toHaveLength(n + 1);
  }
  expect(await caughtUp.until(caughtUp.position(), { timeoutMs: 0 })).toBe(true);
});

test('a thousand who wait at once all see their write, whatever order they came in', async () => {
  const positions = await Promise.all(Array.from({ length: 1000 }, (_, n) => define(n)));
  const shuffled = positions.toSorted(() => Math.random() - 0.5);
  const waiting = shuffled.map((position) => caughtUp.until(position, patient));
  house.project({ batchSize: 100 });
  expect(await Promise.all(waiting)).toEqual(positions.map(() => true));
});

test('who waits for something that does not come is told so after the timeout, and the others are not held up', async () => {
  const late = caughtUp.until(far, { timeoutMs: 50 });
  const later = caughtUp.until(far, { timeoutMs: 150 });
  expect(await late).toBe(false);
  const position = await define(1);
  const good = caughtUp.until(position, patient);
  house.project();
  expect(await good).toBe(true);
  expect(await later).toBe(false);
});

test('announcements that are lost do not matter to who waits', async () => {
  const position = await define(1);
  const waiting = caughtUp.until(position, patient);
  // What a projector leaves behind whose announcement nobody heard.
  await house.db.query('update retainer.checkpoints set position = $1', [position]);
  expect(await waiting).toBe(true);
});

test('a lost connection is made again, and tells whoever listens to look for themselves', async () => {
  const heard: (readonly AssignmentId[] | null)[] = [];
  caughtUp.onAssignments((assignments) => heard.push(assignments));
  house.project();
  expect(await caughtUp.until(await define(1), patient)).toBe(true);
  heard.length = 0;
  await house.db.query(
    `select pg_terminate_backend(pid) from pg_stat_activity
     where datname = current_database() and application_name = 'retainer listen'`,
  );
  await expect.poll(() => heard.includes(null)).toBe(true);
  expect(await caughtUp.until(await define(2), patient)).toBe(true);
});

test('listeners hear whose assignment may have changed, and of many at once only that they are many', async () => {
  const heard: (readonly AssignmentId[] | null)[] = [];
  const stop = caughtUp.onAssignments((assignments) => heard.push(assignments));
  const first = await house.append(streamOf.assignment(ids.assignment(1)), arrived(1));
  const assignment = streamOf.presence(ids.assignment(1));
  await house.append(assignment, {
    type: 'WorkerPinged',
    data: { assignmentId: ids.assignment(1), workerId: ids.worker(1), pingType: 'waiting', at },
  });
  const stopProjector = house.project({ batchSize: 1 });
  await caughtUp.until(first, patient);
  await expect.poll(() => heard.filter((ids) => ids !== null)).toEqual([[ids.assignment(1)], []]);
  await stopProjector();

  const positions = await Promise.all(
    Array.from({ length: 101 }, (_, n) => house.append(streamOf.assignment(ids.assignment(n + 2)), arrived(n + 2))),
  );
  heard.length = 0;
  house.project();
  await caughtUp.until(positions.toSorted().at(-1) ?? far, patient);
  await expect.poll(() => heard).toContain(null);
  stop();
  const silence = heard.length;
  await caughtUp.until(await define(9), patient);
  expect(heard).toHaveLength(silence);
});

test('an announcement that makes no sense is passed over', async () => {
  await house.db.query(`select pg_notify('read_models', 'hello')`);
  await house.db.query(`select pg_notify('read_models', '{"position":7}')`);
  house.project();
  expect(await caughtUp.until(await define(1), patient)).toBe(true);
  expect(house.logged.filter(({ msg }) => msg.includes('makes no sense'))).toHaveLength(2);
});

test('closing lets whoever waits go', async () => {
  const waiting = caughtUp.until(far, { timeoutMs: 60_000 });
  await caughtUp.close();
  expect(await waiting).toBe(false);
});
