import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { countPeopleWaiting } from '../../src/projections/poolSizes.ts';
import { tasksOf } from '../../src/projections/tasks.ts';
import { type House, openHouse, SECOND, type Worker } from './house.ts';

let house: House;
let scheduler: ReturnType<House['newScheduler']>;
beforeEach(async () => {
  house = await openHouse();
  scheduler = house.newScheduler();
});
afterEach(() => house.close());

/** A reservation, and as many workers waiting for it as HITs were posted: three. */
async function poolOfThree({ asked = 1, ...fields }: { asked?: number; maxWaitSeconds?: number } = {}) {
  const protoHitId = await house.defineProtoHit(fields);
  const reservationId = await house.reserve(protoHitId, asked);
  await scheduler.decide();
  await scheduler.post();
  await house.settle();
  const workers = house.market.open().map(({ marketplaceHitId }) => house.market.accept(marketplaceHitId));
  for (const worker of workers) {
    await house.ping(worker);
    house.pass(1);
  }
  const [ann, bob, cat] = workers;
  if (!ann || !bob || !cat) throw new Error('three HITs were expected');
  return { protoHitId, reservationId, ann, bob, cat };
}

/** Time passes second by second, with the watch; those named ping every 2.5 seconds or so. */
async function watching(seconds: number, pinging: readonly Worker[] = []) {
  for (let second = 0; second < seconds; second++) {
    house.pass(SECOND);
    if (second % 3 === 0) for (const worker of pinging) await house.ping(worker);
    await scheduler.watch();
    await house.settle();
  }
}
const phaseOf = async ({ assignmentId }: Worker) => (await tasksOf(house.db, [assignmentId])).get(assignmentId)?.phase;
const dispatchedTo = async () => (await house.happened('WorkerDispatched')).map(({ data }) => data.workerId);
const waitingNow = () => countPeopleWaiting(house.db, { now: house.clock(), pingTimeoutMs: 10 * SECOND });

// Dallinger #1947: "dropped waiters still count", so the launch is one short. Deliberate Lab #506: "we have no way of
// knowing" that a waiting person left, so someone is sent to talk to nobody.
describe('phantom waiters', () => {
  test('are not counted as people once their pings stop, so that recruiting goes on', async () => {
    const { ann } = await poolOfThree({ asked: 3 });
    expect((await scheduler.decide()).post).toEqual([]);
    await watching(12, [ann]);
    expect(await waitingNow()).toBe(1);
    house.pass(60 * SECOND);
    await house.ping(ann);
    expect((await scheduler.decide()).post).toHaveLength(1);
  });

  test('are not sent anywhere: the slot goes to someone who is there', async () => {
    const { reservationId, bob, cat } = await poolOfThree();
    await watching(12, [bob, cat]);
    await house.commands.invokeReservation(house.context, { reservationId });
    expect(await dispatchedTo()).toEqual([bob.workerId]);
  });

  test('who were called just as they left are replaced by the next in line', async () => {
    const { reservationId, ann, bob, cat } = await poolOfThree();
    await watching(10, [ann, bob, cat]);
    await house.commands.invokeReservation(house.context, { reservationId });
    await watching(25, [bob, cat]);
    expect(await dispatchedTo()).toEqual([ann.workerId, bob.workerId]);
    expect((await house.happened('SlotReopened')).map(({ data }) => [data.assignmentId, data.reason])).toEqual([
      [ann.assignmentId, 'neverResponded'],
    ]);
  });

  test('who were called are replaced when they are lost, should calls have longer to be answered than that', async () => {
    const { reservationId, ann, bob, cat } = await poolOfThree();
    scheduler = house.newScheduler({ settings: { ...house.deps.settings, responseTimeoutSeconds: 3_600 } });
    await watching(10, [ann, bob, cat]);
    await house.commands.invokeReservation(house.context, { reservationId });
    await watching(45, [bob, cat]);
    expect((await house.happened('SlotReopened')).map(({ data }) => data.reason)).toEqual(['lost']);
    expect(await phaseOf(ann)).toBe('lost');
    expect((await dispatchedTo()).slice(0, 2)).toEqual([ann.workerId, bob.workerId]);
  });

  test('who ping on but never answer the call are replaced too', async () => {
    const { reservationId, ann, bob, cat } = await poolOfThree();
    await watching(10, [ann, bob, cat]);
    await house.commands.invokeReservation(house.context, { reservationId });
    await watching(22, [ann, bob, cat]);
    expect((await dispatchedTo()).slice(0, 2)).toEqual([ann.workerId, bob.workerId]);
  });

  test('who answered the call are left alone, though the task has taken them off the page', async () => {
    const { reservationId, ann } = await poolOfThree();
    await watching(10, [ann]);
    await house.commands.invokeReservation(house.context, { reservationId });
    await house.ping(ann, 'working');
    await watching(90);
    expect(await house.happened('SlotReopened')).toEqual([]);
    expect(await phaseOf(ann)).toBe('working');
  });

  test('are taken out of the pool after the grace time', async () => {
    const { ann, bob, cat } = await poolOfThree();
    await watching(45, [bob, cat]);
    expect(await phaseOf(ann)).toBe('lost');
    expect(await phaseOf(bob)).toBe('waiting');
    expect((await house.happened('WorkerLost')).map(({ stream }) => stream)).toEqual([
      `assignment-${ann.assignmentId}`,
    ]);
  });

  test('who return within the grace time keep their place', async () => {
    const { reservationId, ann, bob, cat } = await poolOfThree();
    await watching(25, [bob, cat]);
    expect(await waitingNow()).toBe(2);
    await watching(5, [ann, bob, cat]);
    await house.commands.invokeReservation(house.context, { reservationId });
    expect(await dispatchedTo()).toEqual([ann.workerId]);
  });

  test('who return later queue up again', async () => {
    const { reservationId, ann, bob, cat } = await poolOfThree();
    await watching(45, [bob, cat]);
    await watching(3, [ann, bob, cat]);
    await house.commands.invokeReservation(house.context, { reservationId });
    expect(await dispatchedTo()).toEqual([bob.workerId]);
    expect(await phaseOf(ann)).toBe('waiting');
  });
});

// TurkServer wiped its lobby when it restarted; here nobody's silence counts while nobody could listen.
describe('after an interruption', () => {
  test('nobody is lost because their pings could not reach us', async () => {
    const { ann, bob, cat } = await poolOfThree();
    house.pass(600 * SECOND);
    scheduler = house.newScheduler();
    await watching(35, [ann, bob, cat]);
    expect(await house.happened('WorkerLost')).toEqual([]);
  });

  test('nor while nobody watched', async () => {
    const { ann, bob, cat } = await poolOfThree();
    await watching(45, [ann, bob, cat]);
    house.pass(60 * SECOND);
    await scheduler.watch();
    expect(await house.happened('WorkerLost')).toEqual([]);
  });

  test('nor while the database was away', async () => {
    const { ann, bob, cat } = await poolOfThree();
    let isAway = false;
    const query = ((...args: Parameters<typeof house.db.query>) =>
      isAway
        ? Promise.reject(Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' }))
        : house.db.query(...args)) as typeof house.db.query;
    scheduler = house.newScheduler({ db: { query, connect: house.db.connect.bind(house.db) } });
    await watching(45, [ann, bob, cat]);
    isAway = true;
    for (let second = 0; second < 60; second++) {
      house.pass(SECOND);
      await expect(scheduler.watch()).rejects.toThrow('ECONNREFUSED');
    }
    isAway = false;
    await watching(10);
    expect(await house.happened('WorkerLost')).toEqual([]);
  });

  test('nobody is replaced whose answer could not reach us', async () => {
    const { reservationId, ann, bob, cat } = await poolOfThree();
    await watching(10, [ann, bob, cat]);
    await house.commands.invokeReservation(house.context, { reservationId });
    house.pass(600 * SECOND);
    scheduler = house.newScheduler();
    await watching(15, [bob, cat]);
    await house.ping(ann, 'working');
    await watching(30, [bob, cat]);
    expect(await dispatchedTo()).toEqual([ann.workerId]);
  });

  test('those who stay away are found all the same', async () => {
    const { ann, bob } = await poolOfThree();
    house.pass(600 * SECOND);
    scheduler = house.newScheduler();
    await watching(45, [ann, bob]);
    expect(await house.happened('WorkerLost')).toHaveLength(1);
  });
});

// Dallinger #1952: "common to have a long string of people who wait for 15 minutes and then return the HIT".
describe('people who waited and were not used', () => {
  test('are told so when nobody needs them any more', async () => {
    const { reservationId, ann, bob, cat } = await poolOfThree();
    await house.commands.finishReservation(house.context, { reservationId });
    await watching(1, [ann, bob, cat]);
    expect((await house.happened('WorkerReleased')).map(({ data }) => data.reason)).toEqual(
      Array.from({ length: 3 }, () => 'notNeeded'),
    );
    expect(await phaseOf(ann)).toBe('released');
  });

  test('are kept while another reservation of the ProtoHIT may need them', async () => {
    const { protoHitId, reservationId, ann, bob, cat } = await poolOfThree();
    await house.reserve(protoHitId);
    await house.commands.finishReservation(house.context, { reservationId });
    await watching(3, [ann, bob, cat]);
    expect(await house.happened('WorkerReleased')).toEqual([]);
  });

  test('are told so when they have waited as long as anyone may be asked to', async () => {
    const { ann, bob, cat } = await poolOfThree({ maxWaitSeconds: 15 });
    await watching(17, [ann, bob, cat]);
    expect((await house.happened('WorkerReleased')).map(({ data }) => data.reason)).toEqual(
      Array.from({ length: 3 }, () => 'waitedLongest'),
    );
  });
});

test('one worker whose record cannot be written does not keep the watch from the others', async () => {
  const { bob, cat } = await poolOfThree();
  const [ann] = await house.happened('WorkerArrived');
  const broken: typeof house.commands.loseWorker = (context, lost) =>
    lost.assignmentId === ann?.data.assignmentId
      ? Promise.reject(new Error('a broken record'))
      : house.commands.loseWorker(context, lost);
  scheduler = house.newScheduler({ commands: { ...house.commands, loseWorker: broken } });
  for (let second = 0; second < 50; second++) {
    house.pass(SECOND);
    await scheduler.watch().catch(() => undefined);
    await house.settle();
  }
  expect([await phaseOf(bob), await phaseOf(cat)]).toEqual(['lost', 'lost']);
});

test('a slot and a worker that no event brought together meet within a round', async () => {
  const { reservationId, ann } = await poolOfThree();
  await watching(12);
  await house.commands.invokeReservation(house.context, { reservationId });
  expect(await dispatchedTo()).toEqual([]);
  await house.ping(ann);
  await scheduler.watch();
  expect(await dispatchedTo()).toEqual([ann.workerId]);
});
