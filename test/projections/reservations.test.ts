import { afterEach, beforeEach, expect, test } from 'vitest';
import { demandNow } from '../../src/projections/demand.ts';
import { findReservationListing, listReservations } from '../../src/projections/reservationList.ts';
import {
  dueToStopRecruiting,
  dueToTimeOut,
  findReservation,
  invokedWithOpenSlots,
  openReservations,
  someInvoked,
} from '../../src/projections/reservations.ts';
import { fields, ids, STARTED_AT } from '../support/events.ts';
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

const make = (n: number, changes: Parameters<typeof happened.reservationMade>[1] = {}) =>
  given(on.reservation(n), happened.reservationMade(n, changes));
const find = (n: number) => findReservation(db, ids.reservation(n));
const presence = { now: STARTED_AT, pingTimeoutMs: 10_000 };
const idsOf = (rows: readonly { reservationId: string }[]) => rows.map(({ reservationId }) => reservationId);

test('a reservation shows as it was made', async () => {
  const payload = { text: 'naïve "quoted" \\ {1,2}', list: [1, null, true] };
  await make(1, { payload, foreignId: '{"a",b\\}', at: 5 });
  expect(await find(1)).toEqual({
    reservationId: ids.reservation(1),
    protoHitId: ids.protoHit(1),
    foreignId: '{"a",b\\}',
    payload,
    madeAt: STARTED_AT + 5,
    expectedAt: STARTED_AT + 60_005,
    numAssignments: 2,
    phase: 'made',
    invokedAt: null,
    patientSince: STARTED_AT + 60_005,
    recruitingStoppedAt: null,
    closedAt: null,
    dispatched: 0,
    responded: 0,
    unconfirmed: [],
  });
  expect(await find(2)).toBeUndefined();
});

test.each([
  { payload: null },
  { payload: 'text' },
  { payload: 7.5 },
  { payload: true },
  { payload: [] },
  { payload: {} },
])('the payload $payload comes back as it was given', async ({ payload }) => {
  await make(1, { payload });
  await given(on.reservation(1), happened.invoked());
  expect((await find(1))?.payload).toEqual(payload);
});

test('invoking may name another foreign id, and unfinishing returns to where it stood', async () => {
  await make(1);
  await given(on.reservation(1), happened.invoked(10, 'another'), plainly('ReservationFinished', 20));
  expect(await find(1)).toMatchObject({ phase: 'finished', foreignId: 'another', closedAt: STARTED_AT + 20 });
  await given(on.reservation(1), plainly('ReservationUnfinished', 90_000));
  expect(await find(1)).toMatchObject({ phase: 'invoked', closedAt: null, patientSince: STARTED_AT + 90_000 });
});

test('another name of the work is shown, and recruiting stops and goes on', async () => {
  const stop = { type: 'RecruitingStopped', data: { at: STARTED_AT + 20 } } as const;
  const resume = { type: 'RecruitingResumed', data: { at: STARTED_AT + 30 } } as const;
  await make(1);
  await given(on.reservation(1), happened.invoked(10), {
    type: 'ForeignIdChanged',
    data: { foreignId: 'another', at: STARTED_AT + 15 },
  });
  expect(await find(1)).toMatchObject({ foreignId: 'another', invokedAt: STARTED_AT + 10, recruitingStoppedAt: null });
  expect(idsOf(await demandNow(db))).toEqual([ids.reservation(1)]);
  await given(on.reservation(1), stop);
  expect(await find(1)).toMatchObject({ phase: 'invoked', recruitingStoppedAt: STARTED_AT + 20 });
  expect(idsOf(await demandNow(db))).toEqual([]);
  // Who comes by is sent to it all the same.
  expect(idsOf(await invokedWithOpenSlots(db))).toEqual([ids.reservation(1)]);
  await given(on.reservation(1), resume);
  expect(await find(1)).toMatchObject({ recruitingStoppedAt: null, patientSince: STARTED_AT + 30 });
  await given(on.reservation(1), stop, plainly('ReservationFinished', 40), plainly('ReservationUnfinished', 50));
  expect(await find(1)).toMatchObject({ recruitingStoppedAt: null, patientSince: STARTED_AT + 50 });
});

test('recruiting is to stop where slots are open long after the invoke, or after what opened it again', async () => {
  const due = async (after: number) =>
    idsOf(await dueToStopRecruiting(db, { now: STARTED_AT + after, timeoutMinutes: 1 })).sort();
  for (const n of [1, 2, 3, 4, 5]) await make(n, { numAssignments: 1 });
  for (const n of [1, 2, 3, 4]) await given(on.reservation(n), happened.invoked(n));
  await given(on.reservation(2), happened.dispatched(2));
  await given(on.reservation(3), plainly('ReservationFinished', 5));
  await given(on.reservation(4), plainly('ReservationFinished', 5), plainly('ReservationUnfinished', 90_000));
  expect(await due(60_000)).toEqual([]);
  expect(await due(60_001)).toEqual([ids.reservation(1)]);
  await given(on.reservation(2), happened.reopened(2, 70_000));
  expect(await due(149_999)).toEqual([1, 2].map(ids.reservation));
  expect(await due(150_000)).toEqual([1, 2, 4].map(ids.reservation));
});

test('slots count those who hold them; only the first answer of a holder confirms one', async () => {
  await make(1, { numAssignments: 3 });
  await given(on.reservation(1), happened.invoked(), ...[1, 2, 3].map((n) => happened.dispatched(n)));
  expect(await find(1)).toMatchObject({ dispatched: 3, responded: 0 });
  await given(on.assignment(1), happened.responded(1), happened.responded(1));
  await given(on.assignment(2), happened.responded(1));
  expect(await find(1)).toMatchObject({ dispatched: 3, responded: 2, unconfirmed: [ids.assignment(3)] });

  await given(on.reservation(1), happened.reopened(1), happened.reopened(3));
  expect(await find(1)).toMatchObject({ dispatched: 1, responded: 1, unconfirmed: [] });
  // Too late: the slot is somebody else's.
  await given(on.assignment(3), happened.responded(1));
  expect(await find(1)).toMatchObject({ dispatched: 1, responded: 1 });
});

test('open slots are found for invoked reservations only, the oldest invoke first', async () => {
  for (const n of [1, 2, 3, 4]) await make(n);
  await make(5, { protoHitId: ids.protoHit(2) });
  await given(on.reservation(2), happened.invoked(10));
  await given(on.reservation(1), happened.invoked(20));
  await given(on.reservation(3), happened.invoked(5), happened.dispatched(1), happened.dispatched(2));
  await given(on.reservation(5), happened.invoked(15));
  expect(idsOf(await invokedWithOpenSlots(db, ids.protoHit(1)))).toEqual([ids.reservation(2), ids.reservation(1)]);
  expect(idsOf(await invokedWithOpenSlots(db))).toEqual([2, 5, 1].map(ids.reservation));
  await given(on.reservation(3), happened.reopened(1));
  expect(idsOf(await invokedWithOpenSlots(db, ids.protoHit(1)))).toEqual([3, 2, 1].map(ids.reservation));
});

test('of the invoked with open slots two of each ProtoHIT tell whether there is another', async () => {
  for (const n of [1, 2, 3, 4]) await make(n);
  await make(5, { protoHitId: ids.protoHit(2) });
  const some = async () =>
    (await someInvoked(db, [1, 2, 3].map(ids.protoHit))).map(({ protoHitId }) => protoHitId).sort();
  expect(await some()).toEqual([]);
  await given(on.reservation(5), happened.invoked());
  for (const n of [1, 2, 3]) await given(on.reservation(n), happened.invoked());
  expect(await some()).toEqual([1, 1, 2].map(ids.protoHit));
  for (const n of [1, 2]) await given(on.reservation(n), happened.dispatched(n), happened.dispatched(10 + n));
  expect((await someInvoked(db, [ids.protoHit(1)])).map(({ reservationId }) => reservationId)).toEqual([
    ids.reservation(3),
  ]);
});

test('open are those made or invoked, of one ProtoHIT or of all', async () => {
  for (const n of [1, 2, 3]) await make(n, { at: n });
  await make(4, { at: 4, protoHitId: ids.protoHit(2) });
  await given(on.reservation(1), happened.invoked());
  await given(on.reservation(2), plainly('ReservationCancelled'));
  expect(idsOf(await openReservations(db))).toEqual([1, 3, 4].map(ids.reservation));
  expect(idsOf(await openReservations(db, ids.protoHit(2)))).toEqual([ids.reservation(4)]);
});

test('patience ends so many minutes after the work was expected, if nobody invoked', async () => {
  await make(1, { expectedAt: STARTED_AT });
  await make(2, { expectedAt: STARTED_AT });
  await make(3, { expectedAt: STARTED_AT + 1 });
  await given(on.reservation(2), happened.invoked());
  const due = (minutes: number) => dueToTimeOut(db, { now: STARTED_AT + minutes * 60_000, timeoutMinutes: 30 });
  expect(await due(29)).toEqual([]);
  expect(idsOf(await due(30))).toEqual([ids.reservation(1)]);
  await given(on.reservation(1), plainly('ReservationTimedOut', 0), plainly('ReservationUnfinished', 60_000));
  expect(idsOf(await due(30.5))).toEqual([ids.reservation(3)]);
  expect(idsOf(await due(31))).toEqual([3, 1].map(ids.reservation));
});

test('demand is what still needs somebody: until every slot has been answered', async () => {
  await make(1, { numAssignments: 1 });
  await make(2);
  await given(on.reservation(2), plainly('ReservationFinished'));
  await given(on.reservation(1), happened.invoked(7), happened.dispatched(1));
  expect(await demandNow(db)).toEqual([
    {
      reservationId: ids.reservation(1),
      protoHitId: ids.protoHit(1),
      madeAt: STARTED_AT,
      expectedAt: STARTED_AT + 60_000,
      invokedAt: STARTED_AT + 7,
      asked: 1,
      dispatched: 1,
      responded: 0,
    },
  ]);
  await given(on.assignment(1), happened.responded(1));
  expect(await demandNow(db)).toEqual([]);
  await given(on.reservation(1), happened.reopened(1));
  expect(await demandNow(db)).toMatchObject([{ asked: 1, dispatched: 0, responded: 0 }]);
});

test('the list is newest first, in pages, with the ProtoHIT and as many as would go to it now', async () => {
  await given(on.protoHit(1), happened.protoHitDefined(1));
  await given(on.protoHit(2), happened.protoHitDefined(2));
  // Two made in the same millisecond must not be lost between pages.
  for (const n of [1, 2, 3, 4, 5]) await make(n, { at: Math.floor(n / 2), protoHitId: ids.protoHit(1 + (n % 2)) });
  for (const n of [1, 2, 3]) await given(on.assignment(n), happened.arrived(n));
  await given(on.assignment(4), happened.arrived(4, { at: -20_000 }));
  await given(on.assignment(5), happened.arrived(5, { protoHitId: ids.protoHit(2) }));
  await given(on.assignment(3), happened.taskAssigned(2));

  const all = await listReservations(db, { limit: 25, ...presence });
  expect(idsOf(all)).toEqual([5, 4, 3, 2, 1].map(ids.reservation));
  // Those who wait are shared out, soonest expected first: nobody is counted for two.
  expect(all.map(({ waiting }) => waiting)).toEqual([0, 0, 0, 2, 1]);
  expect(all[0]?.protoHit).toEqual({
    protoHitId: ids.protoHit(2),
    hitTypeId: 'type 2',
    fields: fields({ hitTypeId: 'type 2' }),
    sandbox: true,
    retiredAt: null,
    definedAt: STARTED_AT,
  });
  const { protoHit: _, waiting: __, ...row } = all[0] ?? { protoHit: null, waiting: 0 };
  expect(row).toEqual(await find(5));

  const pages: string[] = [];
  let before: (typeof all)[number]['reservationId'] | undefined;
  do {
    const page = await listReservations(db, { limit: 2, before, ...presence });
    pages.push(...idsOf(page));
    before = page.at(-1)?.reservationId;
  } while (before !== undefined);
  expect(pages).toEqual(idsOf(all));
});

test('the list can be of one phase, and of one ProtoHIT; past the last page there is nothing', async () => {
  await given(on.protoHit(1), happened.protoHitDefined(1));
  await given(on.protoHit(2), happened.protoHitDefined(2));
  for (const n of [1, 2, 3]) await make(n, { at: n, protoHitId: ids.protoHit(n === 2 ? 2 : 1) });
  await given(on.reservation(3), happened.invoked());
  const list = async (filter: Omit<Parameters<typeof listReservations>[1], 'limit' | keyof typeof presence>) =>
    idsOf(await listReservations(db, { limit: 25, ...presence, ...filter }));
  expect(await list({ phase: 'made' })).toEqual([2, 1].map(ids.reservation));
  expect(await list({ protoHitId: ids.protoHit(1) })).toEqual([3, 1].map(ids.reservation));
  expect(await list({ protoHitId: ids.protoHit(1), phase: 'invoked' })).toEqual([ids.reservation(3)]);
  expect(await list({ before: ids.reservation(1) })).toEqual([]);
  expect(await list({ before: ids.reservation(99) })).toEqual([]);
});

test('one reservation shows as it does in the list', async () => {
  await given(on.protoHit(1), happened.protoHitDefined(1));
  await make(1);
  const [listed] = await listReservations(db, { limit: 1, ...presence });
  expect(await findReservationListing(db, ids.reservation(1), presence)).toEqual(listed);
  expect(await findReservationListing(db, ids.reservation(2), presence)).toBeUndefined();
});
