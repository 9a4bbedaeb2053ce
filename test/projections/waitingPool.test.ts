import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { houseNow } from '../../src/projections/houseNow.ts';
import { countPeopleWaiting, poolSizes } from '../../src/projections/poolSizes.ts';
import { calledInVain, calledTo } from '../../src/projections/unstarted.ts';
import { peopleWaiting } from '../../src/projections/waitingPeople.ts';
import { lostWorkers, releasable, silentCalled } from '../../src/projections/waitingPool.ts';
import { awaitedProtoHits, waitingWorkers } from '../../src/projections/whomToCall.ts';
import { ids, STARTED_AT } from '../support/events.ts';
import { happened, on, plainly } from '../support/happenings.ts';
import { freshReadModels, type ReadModels } from '../support/readModels.ts';

let models: ReadModels;
let db: ReadModels['db'];
let given: ReadModels['given'];
beforeEach(async () => {
  models = await freshReadModels();
  ({ db, given } = models);
});
afterEach(() => models.database.drop());

const pingTimeoutMs = 10_000;
const arrive = (n: number, changes: Parameters<typeof happened.arrived>[1] = {}) =>
  given(on.assignment(n), happened.arrived(n, changes));
const ping = (n: number, at: number) => given(on.presence(n), happened.pinged(n, at));
const call = (n: number, reservation = 1, at = 0) => given(on.assignment(n), happened.taskAssigned(reservation, at));
const numberOf = ({ assignmentId }: { assignmentId: string }) => Number(assignmentId.replace('ASSIGNMENT', ''));
const waiting = async ({ now = 0, prefer = [] as readonly number[], limit = 100 } = {}) => {
  const wanted = { protoHitId: ids.protoHit(1), preferRecruitedFor: prefer.map(ids.reservation), limit };
  const [found = []] = await waitingWorkers(db, [wanted], { now: STARTED_AT + now, pingTimeoutMs });
  return found.map(numberOf);
};

test('a waiting worker shows with all that dispatch has to know', async () => {
  await arrive(1, { recruitedFor: ids.reservation(2) });
  await ping(1, 2_500);
  const wanted = { protoHitId: ids.protoHit(1), preferRecruitedFor: [], limit: 1 };
  expect(await waitingWorkers(db, [wanted], { now: STARTED_AT + 3_000, pingTimeoutMs })).toEqual([
    [
      {
        assignmentId: ids.assignment(1),
        workerId: ids.worker(1),
        protoHitId: ids.protoHit(1),
        recruitedFor: ids.reservation(2),
        waitingSince: STARTED_AT,
        lastPingAt: STARTED_AT + 2_500,
      },
    ],
  ]);
});

test('whoever is idle, has left or is not heard of is counted nowhere', async () => {
  for (const n of [1, 2, 3, 4]) await arrive(n);
  const counted = async (now: number) => {
    const presence = { now: STARTED_AT + now, pingTimeoutMs };
    const total = (await peopleWaiting(db, presence)).reduce((sum, { waiting }) => sum + waiting, 0);
    const { waiting: house, people } = await houseNow(db, presence);
    return [total, people, house[ids.protoHit(1)] ?? 0, (await waiting({ now })).length];
  };
  expect(await counted(0)).toEqual([4, 4, 4, 4]);
  await given(on.presence(1), happened.pinged(1, 9_000, 'idle'));
  await given(on.presence(2), happened.pinged(2, 9_000, 'left'));
  await ping(3, 9_000);
  expect(await counted(9_000)).toEqual([2, 2, 2, 2]);
  expect(await counted(10_001)).toEqual([1, 1, 1, 1]);
  await ping(1, 10_001);
  expect(await counted(10_001)).toEqual([2, 2, 2, 2]);
});

test('many who ask at once are each told whom to call', async () => {
  await arrive(1, { at: -40 });
  await arrive(2, { at: -30, recruitedFor: ids.reservation(1) });
  await arrive(3, { at: -20, protoHitId: ids.protoHit(2) });
  const found = await waitingWorkers(
    db,
    [
      { protoHitId: ids.protoHit(1), preferRecruitedFor: [ids.reservation(1)], limit: 10 },
      { protoHitId: ids.protoHit(2), preferRecruitedFor: [], limit: 10 },
      { protoHitId: ids.protoHit(3), preferRecruitedFor: [], limit: 10 },
      { protoHitId: ids.protoHit(1), preferRecruitedFor: [], limit: 1 },
    ],
    { now: STARTED_AT, pingTimeoutMs },
  );
  expect(found.map((workers) => workers.map(numberOf))).toEqual([[2, 1], [3], [], [1]]);
});

test('the longest-waiting come first, those recruited for the reservation before them', async () => {
  await arrive(1, { at: -40 });
  await arrive(2, { at: -30, recruitedFor: ids.reservation(1) });
  await arrive(3, { at: -20 });
  await arrive(4, { at: -10, recruitedFor: ids.reservation(1) });
  await arrive(5, { at: -5, recruitedFor: ids.reservation(2) });
  await arrive(6, { at: -50, protoHitId: ids.protoHit(2), recruitedFor: ids.reservation(1) });
  expect(await waiting()).toEqual([1, 2, 3, 4, 5]);
  expect(await waiting({ prefer: [1] })).toEqual([2, 4, 1, 3, 5]);
  expect(await waiting({ prefer: [1, 2] })).toEqual([2, 4, 5, 1, 3]);
  expect(await waiting({ prefer: [1], limit: 3 })).toEqual([2, 4, 1]);
  expect(await waiting({ prefer: [1], limit: 1 })).toEqual([2]);
});

test('who missed a beat is offered only when others are too few, who timed out never', async () => {
  await arrive(1);
  await arrive(2, { at: 10 });
  await arrive(3, { at: 20 });
  await ping(2, 6_000);
  await ping(3, 2_000);
  expect(await waiting({ now: 8_000, limit: 1 })).toEqual([2]);
  expect(await waiting({ now: 8_000, limit: 2 })).toEqual([2, 1]);
  expect(await waiting({ now: 11_500, limit: 5 })).toEqual([2, 3]);
  expect(await waiting({ now: 20_000 })).toEqual([]);
});

test('a ping never makes a worker look staler, and brings nobody in', async () => {
  await arrive(1);
  await ping(1, 9_000);
  await ping(1, 4_000);
  await ping(2, 9_000);
  expect(await waiting({ now: 18_000 })).toEqual([1]);
});

test('pings count whether they come alone, together, or with what happened in between', async () => {
  await arrive(1);
  await arrive(2);
  await given(on.presence(1), happened.pinged(1, 1_000), happened.pinged(1, 7_000), happened.pinged(1, 5_000));
  expect(await waiting({ now: 16_000 })).toEqual([1]);
});

test('who is called, released, lost, returned, abandoned or has submitted waits no more', async () => {
  for (const n of [1, 2, 3, 4, 5, 6, 7]) await arrive(n, { at: n });
  await call(1);
  await given(on.assignment(2), { type: 'WorkerReleased', data: { reason: 'notNeeded', at: STARTED_AT } });
  await given(on.assignment(3), happened.lost());
  await given(on.assignment(4), plainly('AssignmentReturned'));
  await given(on.assignment(5), plainly('AssignmentAbandoned'));
  await given(on.assignment(6), plainly('AssignmentSubmitted'));
  expect(await waiting()).toEqual([7]);
  // Back at the end of the queue.
  await arrive(3, { at: 100 });
  expect(await waiting({ now: 100 })).toEqual([7, 3]);
});

test('who waits is counted by ProtoHIT and by who recruited them', async () => {
  await arrive(1);
  await arrive(2);
  await arrive(3, { recruitedFor: ids.reservation(1) });
  await arrive(4, { protoHitId: ids.protoHit(2) });
  await arrive(5, { at: -10_001 });
  await arrive(6);
  await call(6);
  const counts = await peopleWaiting(db, { now: STARTED_AT, pingTimeoutMs });
  expect(new Set(counts)).toEqual(
    new Set([
      { protoHitId: ids.protoHit(1), recruitedFor: [], holds: [], waiting: 2 },
      { protoHitId: ids.protoHit(1), recruitedFor: [ids.reservation(1)], holds: [], waiting: 1 },
      { protoHitId: ids.protoHit(2), recruitedFor: [], holds: [], waiting: 1 },
    ]),
  );
  const ofOne = { now: STARTED_AT, pingTimeoutMs, protoHitIds: [ids.protoHit(2)] };
  expect(await peopleWaiting(db, ofOne)).toMatchObject([{ protoHitId: ids.protoHit(2), waiting: 1 }]);
});

describe('somebody who waits with several assignments', () => {
  const presence = { now: STARTED_AT, pingTimeoutMs };
  const alsoHers = (n: number, changes: Parameters<typeof arrive>[1] = {}) =>
    arrive(n, { workerId: ids.worker(1), ...changes });

  test('is one person in every figure', async () => {
    await given(on.protoHit(1), happened.protoHitDefined(1));
    await given(on.protoHit(2), happened.protoHitDefined(2));
    await arrive(1, { recruitedFor: ids.reservation(1) });
    await alsoHers(2, { recruitedFor: ids.reservation(2) });
    await alsoHers(3);
    await alsoHers(4, { protoHitId: ids.protoHit(2) });
    expect(new Set(await peopleWaiting(db, presence))).toEqual(
      new Set([
        {
          protoHitId: ids.protoHit(1),
          recruitedFor: [ids.reservation(1), ids.reservation(2)],
          holds: [],
          waiting: 1,
        },
        { protoHitId: ids.protoHit(2), recruitedFor: [], holds: [], waiting: 1 },
      ]),
    );
    expect(await houseNow(db, presence)).toMatchObject({
      people: 1,
      waiting: { [ids.protoHit(1)]: 1, [ids.protoHit(2)]: 1 },
    });
    expect(await countPeopleWaiting(db, presence)).toBe(1);
    expect((await poolSizes(db, presence)).map((pool) => pool.waiting)).toEqual([1, 1]);
  });

  test('hides nobody else from dispatch, however many assignments those are', async () => {
    for (let n = 1; n <= 24; n++) await alsoHers(n, { at: n });
    await arrive(25, { at: 25 });
    await arrive(26, { at: 26, recruitedFor: ids.reservation(1) });
    expect(await waiting({ limit: 3 })).toEqual([1, 25, 26]);
    expect(await waiting({ limit: 3, prefer: [1] })).toEqual([26, 1, 25]);
    expect(await waiting({ limit: 1 })).toEqual([1]);
  });

  test('comes with the assignment that is preferred, and that was heard of', async () => {
    await alsoHers(1, { at: 0 });
    await alsoHers(2, { at: 10 });
    await alsoHers(3, { at: 20, recruitedFor: ids.reservation(1) });
    expect(await waiting({ prefer: [1] })).toEqual([3]);
    await ping(2, 6_000);
    expect(await waiting({ now: 8_000, prefer: [1] })).toEqual([2]);
    expect(await waiting({ now: 9_000 })).toEqual([2]);
  });

  test('who holds a slot is neither counted for that reservation nor called to it, but to another', async () => {
    for (const n of [1, 2]) await given(on.reservation(n), happened.reservationMade(n), happened.invoked());
    await arrive(1);
    await given(on.reservation(1), happened.dispatched(1));
    await call(1, 1);
    await alsoHers(2, { at: 1 });
    await arrive(3, { at: 2 });
    expect(await waiting({ prefer: [1] })).toEqual([3]);
    expect(await waiting({ prefer: [2] })).toEqual([2, 3]);
    expect(await waiting({ prefer: [1, 2] })).toEqual([2, 3]);
    const groups = async () =>
      new Set((await peopleWaiting(db, presence)).map(({ holds, waiting }) => [holds, waiting]));
    expect(await groups()).toEqual(
      new Set([
        [[ids.reservation(1)], 1],
        [[], 1],
      ]),
    );
    await given(on.reservation(1), happened.reopened(1));
    expect(await waiting({ prefer: [1] })).toEqual([2, 3]);
    expect(await groups()).toEqual(new Set([[[], 2]]));
    // Given back.
    await given(on.reservation(1), happened.dispatched(1));
    expect(await waiting({ prefer: [1] })).toEqual([3]);
    // It is held until its reservation is over, also by who has handed in.
    await given(on.assignment(1), happened.responded(1), plainly('AssignmentSubmitted'));
    expect(await waiting({ prefer: [1] })).toEqual([3]);
    await given(on.reservation(1), plainly('ReservationFinished'));
    expect(await groups()).toEqual(new Set([[[], 2]]));
  });
});

test('a ProtoHIT is awaited as long as one of those who wait for it is heard of', async () => {
  await arrive(1);
  await arrive(2, { protoHitId: ids.protoHit(2) });
  await call(2);
  const protoHitIds = [1, 2, 3].map(ids.protoHit);
  const awaited = async (now: number) => [...(await awaitedProtoHits(db, { protoHitIds, now, pingTimeoutMs }))];
  expect(await awaited(STARTED_AT + pingTimeoutMs)).toEqual([ids.protoHit(1)]);
  expect(await awaited(STARTED_AT + pingTimeoutMs + 1)).toEqual([]);
});

test('lost are those not heard of for so long, waiting or called, but not at work', async () => {
  for (const n of [1, 2, 3, 4]) await arrive(n);
  await call(2, 7);
  await call(3, 7);
  await given(on.assignment(3), happened.responded(7));
  await ping(4, 30_000);
  const lost = (now: number) => lostWorkers(db, { now: STARTED_AT + now, afterMs: 40_000 });
  expect(await lost(40_000)).toEqual([]);
  expect(await lost(40_001)).toEqual([
    { assignmentId: ids.assignment(1), lastPingAt: STARTED_AT, reservationId: null },
    { assignmentId: ids.assignment(2), lastPingAt: STARTED_AT, reservationId: ids.reservation(7) },
  ]);
  expect(await lostWorkers(db, { now: STARTED_AT + 90_000, afterMs: 40_000, limit: 1 })).toHaveLength(1);
});

test('a called worker is silent without pings or without an answer, until the slot is given away', async () => {
  for (const n of [1, 2, 3]) await arrive(n);
  await call(1, 1, 1_000);
  await call(2, 1, 2_000);
  await call(3, 1, 3_000);
  await given(on.assignment(3), happened.responded(1));
  await ping(2, 9_000);
  const silent = async (now: number) =>
    (await silentCalled(db, { now: STARTED_AT + now, pingTimeoutMs, responseTimeoutMs: 20_000 })).map(
      ({ assignmentId, reservationId }) => [assignmentId, reservationId],
    );
  expect(await silent(10_000)).toEqual([]);
  expect(await silent(10_001)).toEqual([[ids.assignment(1), ids.reservation(1)]]);
  await ping(2, 20_000);
  expect(await silent(22_001)).toEqual([1, 2].map((n) => [ids.assignment(n), ids.reservation(1)]));
  await given(on.reservation(1), happened.reopened(1));
  expect(await silent(22_001)).toEqual([[ids.assignment(2), ids.reservation(1)]]);
});

test('a called worker who was lost and comes back is called again, and holds the slot only if it is still theirs', async () => {
  for (const n of [1, 2]) {
    await arrive(n);
    await call(n);
    await given(on.assignment(n), happened.lost(50_000));
  }
  await given(on.reservation(1), happened.reopened(2, 50_000));
  for (const n of [1, 2]) await arrive(n, { at: 60_000 });
  expect(await waiting({ now: 60_000 })).toEqual([]);
  const silent = await silentCalled(db, { now: STARTED_AT + 60_000, pingTimeoutMs, responseTimeoutMs: 20_000 });
  expect(silent).toEqual([{ assignmentId: ids.assignment(1), reservationId: ids.reservation(1) }]);
});

describe('who was called and has nothing to start', () => {
  const inVain = async () => (await calledInVain(db, { limit: 10 })).map(numberOf);
  beforeEach(async () => {
    await given(on.reservation(1), happened.reservationMade(1, { numAssignments: 1 }), happened.invoked());
    for (const n of [1, 2]) await arrive(n);
    await given(on.reservation(1), happened.dispatched(1));
    await call(1);
  });

  test('is found once somebody else has the place', async () => {
    expect(await inVain()).toEqual([]);
    expect(await calledTo(db, ids.reservation(1))).toEqual([ids.assignment(1)]);
    await given(on.reservation(1), happened.reopened(1));
    expect(await inVain()).toEqual([]);
    await given(on.reservation(1), happened.dispatched(2));
    await call(2);
    expect(await inVain()).toEqual([1]);
  });

  test('is found once the reservation is over, unless they started', async () => {
    await given(on.reservation(1), plainly('ReservationFinished'));
    expect(await inVain()).toEqual([1]);
    await given(on.assignment(1), happened.responded(1));
    expect(await inVain()).toEqual([]);
    // Also when they come back after the marketplace took them for gone.
    await given(on.assignment(1), plainly('AssignmentReturned'));
    await arrive(1, { at: 10 });
    expect(await inVain()).toEqual([]);
    expect(await calledTo(db, ids.reservation(1))).toEqual([]);
  });
});

test('waiting workers are released when no open reservation needs anybody', async () => {
  await given(on.protoHit(1), happened.protoHitDefined(1));
  await arrive(1, { isSigned: true });
  const due = () => releasable(db, { now: STARTED_AT });
  const notNeeded = [{ assignmentId: ids.assignment(1), protoHitId: ids.protoHit(1), reason: 'notNeeded' }];
  expect(await due()).toEqual(notNeeded);
  await given(on.reservation(1), happened.reservationMade(1, { numAssignments: 1 }));
  expect(await due()).toEqual([]);
  // The slot is held, but who was called has not been seen at work: a replacement may be needed.
  await given(on.reservation(1), happened.invoked(), happened.dispatched(2));
  expect(await due()).toEqual([]);
  await given(on.assignment(2), happened.responded(1));
  expect(await due()).toEqual(notNeeded);
  await given(on.reservation(1), happened.reopened(2));
  expect(await due()).toEqual([]);
  await given(on.reservation(1), plainly('ReservationCancelled'));
  expect(await due()).toEqual(notNeeded);
});

test('pages without a token, which cannot be told, wait on for the next reservation while their ProtoHIT is in use', async () => {
  await given(on.protoHit(1), happened.protoHitDefined(1, { maxWaitSeconds: 300 }));
  await arrive(1);
  const due = async (seconds: number) =>
    (await releasable(db, { now: STARTED_AT + seconds * 1000 })).map(({ reason }) => reason);
  expect(await due(0)).toEqual([]);
  expect(await due(300)).toEqual(['waitedLongest']);
  await given(on.protoHit(1), { type: 'ProtoHitRetired', data: { at: STARTED_AT } });
  expect(await due(0)).toEqual(['notNeeded']);
});

test('nobody waits longer than the ProtoHIT allows, nor until their assignment runs out', async () => {
  await given(on.protoHit(1), happened.protoHitDefined(1, { maxWaitSeconds: 300, assignmentDurationSeconds: 330 }));
  await given(on.reservation(1), happened.reservationMade(1));
  await arrive(1);
  await arrive(2, { at: 100_000 });
  const due = async (seconds: number) =>
    (await releasable(db, { now: STARTED_AT + seconds * 1000 })).map(({ assignmentId, reason }) => [
      assignmentId,
      reason,
    ]);
  expect(await due(269)).toEqual([]);
  // A minute is left of the assignment's time.
  expect(await due(270)).toEqual([[ids.assignment(1), 'waitedLongest']]);
  // Someone who was lost and came back waits anew, but the assignment's time went on.
  await given(on.assignment(2), happened.lost(150_000));
  await arrive(2, { at: 200_000 });
  expect(await due(369)).toEqual([[ids.assignment(1), 'waitedLongest']]);
  expect(await due(370)).toHaveLength(2);
});

test('who does not react or has left is neither called nor counted, until their page says otherwise', async () => {
  await arrive(1);
  await arrive(2, { at: 10 });
  await arrive(3, { at: 20 });
  await given(on.presence(1), happened.pinged(1, 1_000, 'idle'));
  await given(on.presence(2), happened.pinged(2, 1_000), happened.pinged(2, 1_500, 'left'));
  const counted = async () =>
    (await peopleWaiting(db, { now: STARTED_AT + 2_000, pingTimeoutMs })).map((one) => one.waiting);
  expect(await waiting({ now: 2_000 })).toEqual([3]);
  expect(await counted()).toEqual([1]);
  // An older ping that comes late does not bring them back; a newer one does, to their old place.
  await ping(1, 500);
  expect(await waiting({ now: 2_000 })).toEqual([3]);
  await ping(1, 1_900);
  expect(await waiting({ now: 2_000 })).toEqual([1, 3]);
  expect(await counted()).toEqual([2]);
});

test('who came with a page that does not react is not there yet', async () => {
  await arrive(1);
  await given(on.presence(1), happened.pinged(1, 0, 'idle'));
  expect(await waiting()).toEqual([]);
});
