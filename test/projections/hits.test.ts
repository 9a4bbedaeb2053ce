import { afterEach, beforeEach, expect, test } from 'vitest';
import {
  awaitingExpire,
  awaitingPost,
  findHit,
  type HitRow,
  hitsByMarketplaceIds,
  hitsOnMarket,
  listHits,
  openHits,
  openHitsOfReservation,
  postFailures,
  sandboxesInUse,
  unneededHits,
} from '../../src/projections/hits.ts';
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

const now = STARTED_AT;
const request = (n: number, changes: Parameters<typeof happened.postRequested>[1] = {}) =>
  given(on.hit(n), happened.postRequested(n, changes));
const post = async (n: number, changes: Parameters<typeof happened.postRequested>[1] = {}) => {
  await request(n, changes);
  await given(on.hit(n), happened.posted(n, changes.at));
};
const failExpiry = (n: number) =>
  given(on.hit(n), { type: 'HitExpireFailed', data: { code: 'No', message: 'no', at: STARTED_AT } });
const numbers = (rows: readonly HitRow[]) => rows.map(({ hitId }) => Number(hitId.slice(-4)));

test('a HIT shows what was decided, what the marketplace answered, and who came through it', async () => {
  await request(1, { recruitedFor: ids.reservation(3), maxAssignments: 2, sandbox: false, at: 5 });
  const requested = await findHit(db, ids.hit(1));
  expect(requested).toEqual({
    hitId: ids.hit(1),
    leftAt: null,
    protoHitId: ids.protoHit(1),
    recruitedFor: ids.reservation(3),
    phase: 'requested',
    marketplaceHitId: null,
    token: ids.event(0),
    fields: fields(),
    sandbox: false,
    maxAssignments: 2,
    requestedAt: STARTED_AT + 5,
    postedAt: null,
    failedAt: null,
    expiresAt: null,
    expireRequestedAt: null,
    expireWhenPosted: false,
    arrivals: 0,
    listedAvailable: null,
    listedPending: null,
    listedArrivals: null,
    listedAt: null,
  });
  await given(on.hit(1), happened.posted(1, 10));
  await given(on.assignment(1), happened.arrived(1), happened.lost(), happened.arrived(1, { at: 50 }));
  await given(on.assignment(2), happened.arrived(2));
  expect(await findHit(db, ids.hit(1))).toEqual({
    ...requested,
    phase: 'posted',
    marketplaceHitId: ids.marketplaceHit(1),
    postedAt: STARTED_AT + 10,
    expiresAt: STARTED_AT + 3_600_010,
    arrivals: 2,
  });
  expect(await findHit(db, ids.hit(2))).toBeUndefined();
});

test('the marketplace knows a HIT by its own id', async () => {
  for (const n of [1, 2]) await post(n);
  await request(3);
  const found = await hitsByMarketplaceIds(db, [2, 3].map(ids.marketplaceHit));
  expect([...found].map(([id, { hitId }]) => [id, hitId])).toEqual([[ids.marketplaceHit(2), ids.hit(2)]]);
});

test('the poster finds what to post and what to expire, the oldest decision first', async () => {
  await request(1, { at: 30 });
  await request(2, { at: 10 });
  for (const n of [3, 4, 5]) await post(n);
  await given(on.hit(4), happened.expireRequested(10));
  await given(on.hit(3), happened.expireRequested(20));
  await given(on.hit(1), happened.expireRequested(40));
  expect(numbers(await awaitingPost(db))).toEqual([2, 1]);
  expect(numbers(await awaitingPost(db, { limit: 1 }))).toEqual([2]);
  expect(numbers(await awaitingExpire(db))).toEqual([4, 3]);
  // Asked to leave before it was there: now it can.
  await given(on.hit(1), happened.posted(1));
  expect(numbers(await awaitingPost(db))).toEqual([2]);
  expect(numbers(await awaitingExpire(db))).toEqual([4, 3, 1]);
});

test('open are those that can still bring someone', async () => {
  await request(1);
  await request(2);
  await given(on.hit(2), happened.expireRequested());
  await request(3);
  await given(on.hit(3), happened.postFailed());
  for (const n of [4, 5, 6, 7]) await post(n, { at: n });
  await given(on.hit(5), happened.expireRequested());
  await given(on.hit(6), plainly('HitExpired'));
  await given(on.hit(7), happened.expireRequested(77));
  await failExpiry(7);
  expect(numbers(await openHits(db, { now }))).toEqual([1, 4, 7]);
  expect(numbers(await openHits(db, { now: now + 3_600_005 }))).toEqual([1, 7]);
  expect(await findHit(db, ids.hit(7))).toMatchObject({ phase: 'posted', expireRequestedAt: STARTED_AT + 77 });
});

test('a reservation knows the HITs that recruit for it and can be asked to leave', async () => {
  await post(1, { recruitedFor: ids.reservation(1) });
  await request(2, { recruitedFor: ids.reservation(1), at: 1 });
  await post(3, { recruitedFor: ids.reservation(2) });
  await post(4, { recruitedFor: ids.reservation(1) });
  await given(on.hit(4), plainly('HitExpired'));
  expect(numbers(await openHitsOfReservation(db, ids.reservation(1)))).toEqual([1, 2]);
});

test('HITs are unneeded when no open reservation of their ProtoHIT needs anybody', async () => {
  await post(1);
  await post(2, { protoHitId: ids.protoHit(2), at: 1 });
  await given(on.reservation(1), happened.reservationMade(1));
  expect(numbers(await unneededHits(db, { now }))).toEqual([2]);
  expect(numbers(await unneededHits(db, { now, protoHitId: ids.protoHit(1) }))).toEqual([]);
  await given(on.reservation(1), plainly('ReservationFinished'));
  expect(numbers(await unneededHits(db, { now }))).toEqual([1, 2]);
  expect(numbers(await unneededHits(db, { now, protoHitId: ids.protoHit(1) }))).toEqual([1]);
});

test('a complete listing of the marketplace should show what was posted and not disposed of', async () => {
  await post(1, { at: 1 });
  await post(2, { at: 2 });
  await given(on.hit(2), plainly('HitExpired'));
  await post(3, { at: 3 });
  await given(on.hit(3), plainly('HitDisposed'));
  await post(4, { at: 4, sandbox: false });
  await request(5, { at: 5 });
  const expected = async (sandbox: boolean, before: number) =>
    numbers(await hitsOnMarket(db, { sandbox, requestedBefore: STARTED_AT + before }));
  expect(await expected(true, 100)).toEqual([1, 2]);
  expect(await expected(true, 2)).toEqual([1]);
  expect(await expected(false, 100)).toEqual([4]);
});

test('a side of the marketplace is in use while HITs are there or on their way', async () => {
  expect(await sandboxesInUse(db)).toEqual([]);
  await request(1, { sandbox: false });
  await post(2);
  expect([...(await sandboxesInUse(db))].sort()).toEqual([false, true]);
  await given(on.hit(1), happened.postFailed());
  expect(await sandboxesInUse(db)).toEqual([true]);
  await given(on.hit(2), plainly('HitDisposed'));
  expect(await sandboxesInUse(db)).toEqual([]);
});

test('failures are those since the last post that was taken', async () => {
  for (const n of [1, 2, 3]) await request(n);
  await request(4, { protoHitId: ids.protoHit(2) });
  await given(on.hit(1), happened.postFailed(10));
  await given(on.hit(2), happened.postFailed(20));
  await given(on.hit(4), happened.postFailed(30));
  const failures = async (since: number) => new Set(await postFailures(db, { since: STARTED_AT + since }));
  const first = { protoHitId: ids.protoHit(1), firstAt: STARTED_AT + 10, lastAt: STARTED_AT + 20 };
  const other = { protoHitId: ids.protoHit(2), firstAt: STARTED_AT + 30, lastAt: STARTED_AT + 30 };
  expect(await failures(0)).toEqual(new Set([first, other]));
  expect(await failures(15)).toEqual(new Set([{ ...first, firstAt: STARTED_AT + 20 }, other]));
  await given(on.hit(3), happened.posted(3, 15));
  expect(await failures(0)).toEqual(new Set([{ ...first, firstAt: STARTED_AT + 20 }, other]));
  await given(on.hit(1), happened.posted(1, 25));
  expect(await failures(0)).toEqual(new Set([other]));
});

test('the list is newest first, in pages', async () => {
  for (const n of [1, 2, 3, 4, 5]) await request(n, { at: Math.floor(n / 2) });
  const first = await listHits(db, { limit: 3 });
  expect(numbers(first)).toEqual([5, 4, 3]);
  expect(numbers(await listHits(db, { limit: 3, before: first.at(-1)?.hitId }))).toEqual([2, 1]);
});

test('a HIT shows what the marketplace last said of its places, and how many had come by then', async () => {
  await post(1, { maxAssignments: 3 });
  await given(on.assignment(1), happened.arrived(1));
  const said = { available: 1, pending: 2, arrivals: 1, at: STARTED_AT + 9 };
  await given(on.hit(1), { type: 'HitListed', data: said });
  expect(await findHit(db, ids.hit(1))).toMatchObject({
    ...{ listedAvailable: 1, listedPending: 2, listedArrivals: 1, listedAt: STARTED_AT + 9, arrivals: 1 },
  });
});
