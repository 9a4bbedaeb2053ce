import { afterEach, beforeEach, expect, test } from 'vitest';
import { placesHeldOnHit, tasksOf, tasksOnHits } from '../../src/projections/tasks.ts';
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

/** The whole row of one who came through the first HIT. */
const taskOf = async (n: number) =>
  (await tasksOnHits(db, [ids.hit(1)])).get(ids.hit(1))?.find(({ assignmentId }) => assignmentId === ids.assignment(n));

test('a worker who arrived waits and has no task', async () => {
  await given(on.assignment(1), happened.arrived(1, { recruitedFor: ids.reservation(9), at: 3 }));
  expect(await taskOf(1)).toEqual({
    assignmentId: ids.assignment(1),
    workerId: ids.worker(1),
    hitId: ids.hit(1),
    marketplaceHitId: ids.marketplaceHit(1),
    protoHitId: ids.protoHit(1),
    phase: 'waiting',
    recruitedFor: ids.reservation(9),
    isSigned: false,
    generation: 0,
    reservationId: null,
    foreignId: null,
    calledAt: null,
    holdsSlot: false,
    arrivedAt: STARTED_AT + 3,
    waitingSince: STARTED_AT + 3,
    respondedAt: null,
    rangAt: null,
    endedAt: null,
    released: null,
    approvedAt: null,
    revision: 0,
  });
  expect(await taskOf(2)).toBeUndefined();
});

test('polls and pings are told what they have to know of a worker, and of nobody who never came', async () => {
  await given(on.assignment(1), happened.arrived(1), happened.taskAssigned(4, 10));
  const found = await tasksOf(db, [ids.assignment(1), ids.assignment(2)]);
  expect([...found.keys()]).toEqual([ids.assignment(1)]);
  expect(found.get(ids.assignment(1))).toEqual({
    assignmentId: ids.assignment(1),
    workerId: ids.worker(1),
    marketplaceHitId: ids.marketplaceHit(1),
    protoHitId: ids.protoHit(1),
    phase: 'called',
    isSigned: false,
    generation: 0,
    reservationId: ids.reservation(4),
    foreignId: 'job 4',
    calledAt: STARTED_AT + 10,
    holdsSlot: true,
    respondedAt: null,
    released: null,
    slotIsOpen: null,
  });
});

test('who lost their slot is told whether somebody else has it', async () => {
  await given(on.reservation(1), happened.reservationMade(1, { numAssignments: 1 }), happened.invoked());
  await given(on.assignment(1), happened.arrived(1));
  await given(on.reservation(1), happened.dispatched(1));
  await given(on.assignment(1), happened.taskAssigned(1));
  const slotIsOpen = async () => (await tasksOf(db, [ids.assignment(1)])).get(ids.assignment(1))?.slotIsOpen;
  await given(on.reservation(1), happened.reopened(1));
  expect(await slotIsOpen()).toBe(true);
  await given(on.reservation(1), happened.dispatched(2));
  expect(await slotIsOpen()).toBe(false);
  await given(on.reservation(1), happened.reopened(2), plainly('ReservationFinished'));
  expect(await slotIsOpen()).toBe(false);
});

test('somebody else on the same assignment begins a stay of their own', async () => {
  await given(on.assignment(1), happened.arrived(1, { isSigned: true }), happened.taskAssigned(4, 10));
  await given(on.assignment(1), happened.responded(4, 15), plainly('AssignmentReturned', 20));
  await given(on.assignment(1), happened.arrived(1, { at: 30, workerId: ids.worker(2), takesOver: true }));
  expect(await taskOf(1)).toMatchObject({
    workerId: ids.worker(2),
    phase: 'waiting',
    generation: 1,
    isSigned: false,
    reservationId: null,
    respondedAt: null,
    arrivedAt: STARTED_AT + 30,
    endedAt: null,
  });
});

test('who began and comes back is at work, with the same task', async () => {
  await given(on.assignment(1), happened.arrived(1), happened.taskAssigned(4, 10), happened.responded(4, 15));
  await given(on.assignment(1), plainly('AssignmentReturned', 20));
  await given(on.assignment(1), happened.arrived(1, { at: 30 }));
  expect(await taskOf(1)).toMatchObject({ phase: 'working', foreignId: 'job 4', respondedAt: STARTED_AT + 15 });
});

test('a task stays for ever, through loss and return', async () => {
  const task = { reservationId: ids.reservation(4), foreignId: 'job 4', calledAt: STARTED_AT + 10 };
  await given(on.assignment(1), happened.arrived(1), happened.taskAssigned(4, 10));
  expect(await taskOf(1)).toMatchObject({ ...task, phase: 'called', revision: 1 });
  await given(on.assignment(1), happened.lost(20));
  expect(await taskOf(1)).toMatchObject({ ...task, phase: 'lost' });
  await given(on.assignment(1), happened.arrived(1, { at: 30 }));
  expect(await taskOf(1)).toMatchObject({
    ...task,
    phase: 'called',
    arrivedAt: STARTED_AT,
    waitingSince: STARTED_AT + 30,
    revision: 3,
  });
  await given(on.assignment(1), happened.responded(4), plainly('AssignmentSubmitted'), plainly('AssignmentApproved'));
  expect(await taskOf(1)).toMatchObject({ ...task, phase: 'approved', revision: 6 });
});

test('when a page rang is what it said of it when its worker first came, and unknown where it said nothing', async () => {
  await given(on.assignment(1), happened.arrived(1), happened.taskAssigned(4, 10), happened.responded(4, 3_000, 2_500));
  expect(await taskOf(1)).toMatchObject({ respondedAt: STARTED_AT + 3_000, rangAt: STARTED_AT + 500 });
  await given(on.assignment(1), happened.lost(20_000), happened.arrived(1, { at: 30_000 }));
  await given(on.assignment(1), happened.responded(4, 40_000, 100));
  expect(await taskOf(1)).toMatchObject({ respondedAt: STARTED_AT + 3_000, rangAt: STARTED_AT + 500 });
  await given(on.assignment(2), happened.arrived(2), happened.taskAssigned(4, 10), happened.responded(4, 3_000));
  expect(await taskOf(2)).toMatchObject({ respondedAt: STARTED_AT + 3_000, rangAt: null });
});

test('many are looked up at once; unknown ones are left out', async () => {
  for (const n of [1, 2, 3]) await given(on.assignment(n), happened.arrived(n));
  const found = await tasksOf(db, [3, 1, 7].map(ids.assignment));
  expect([...found.keys()].sort()).toEqual([1, 3].map(ids.assignment));
  expect(await tasksOf(db, [])).toEqual(new Map());
});

test('who came through which HIT, in order of arrival', async () => {
  await given(on.assignment(1), happened.arrived(1, { at: 20 }));
  await given(on.assignment(2), happened.arrived(2, { at: 10 }));
  await given(on.assignment(3), happened.arrived(3, { hitId: ids.hit(2) }));
  const found = await tasksOnHits(db, [1, 2, 3].map(ids.hit));
  expect(found.get(ids.hit(1))?.map(({ assignmentId }) => assignmentId)).toEqual([2, 1].map(ids.assignment));
  expect(found.get(ids.hit(2))).toHaveLength(1);
  expect(found.has(ids.hit(3))).toBe(false);
});

test('places of a HIT are held by the others who are there, or who did more than wait', async () => {
  const present = async (except: number, now = 0): Promise<number> => {
    const place = { hitId: ids.hit(1), except: ids.assignment(except) };
    return (await placesHeldOnHit(db, { ...place, now: STARTED_AT + now, pingTimeoutMs: 10_000 })).length;
  };
  for (const n of [1, 2, 3, 4, 5]) await given(on.assignment(n), happened.arrived(n));
  await given(on.assignment(6), happened.arrived(6, { hitId: ids.hit(2) }));
  expect(await present(1)).toBe(4);
  expect(await present(99)).toBe(5);

  await given(on.assignment(2), plainly('AssignmentReturned'));
  await given(on.assignment(3), happened.taskAssigned(1), happened.responded(1));
  await given(on.assignment(4), plainly('AssignmentSubmitted'));
  expect(await present(1)).toBe(3);
  // Those who only waited are not heard of any more; one of them is.
  await given(on.presence(5), happened.pinged(5, 15_000));
  expect(await present(99, 20_000)).toBe(3);
  expect(await present(99, 60_000)).toBe(2);
});
