import { afterAll, beforeAll, expect, test } from 'vitest';
import { COUNTED_UP_TO, countStatus, listStatus } from '../../src/projections/statusList.ts';
import { ids, STARTED_AT } from '../support/events.ts';
import { happened, on, plainly } from '../support/happenings.ts';
import { freshReadModels, type ReadModels } from '../support/readModels.ts';

let models: ReadModels;
const numberOf = new Map(Array.from({ length: 30 }, (_, n) => [ids.reservation(n) as string, n]));
const asked = { limit: 100, now: STARTED_AT + 100_000, pingTimeoutMs: 1_000_000 };
const listed = async (more: Partial<Parameters<typeof listStatus>[1]> = {}) =>
  (await listStatus(models.db, { ...asked, ...more })).map(({ id }) => numberOf.get(id));

beforeAll(async () => {
  models = await freshReadModels();
  const { given } = models;
  await given(on.protoHit(1), happened.protoHitDefined(1, { rewardCents: 10 }));
  const made = (n: number, expectedAt: number) =>
    given(
      on.reservation(n),
      happened.reservationMade(n, { at: n, expectedAt: STARTED_AT + expectedAt, numAssignments: 1 }),
    );
  // In the order in which they were made: closed, made for late and for soon, invoked.
  for (const n of [1, 2]) await made(n, 0);
  await given(on.reservation(1), plainly('ReservationFinished', 50));
  await given(on.reservation(2), plainly('ReservationCancelled', 51));
  await made(3, 900_000);
  await made(4, 50_000);
  await made(5, 200_000);
  for (const n of [6, 7, 8]) await made(n, 300_000);
  await given(on.reservation(6), happened.invoked(80_000));
  await given(on.reservation(7), happened.invoked(70_000));
  await given(on.reservation(8), happened.invoked(60_000));
  await given(on.reservation(8), happened.dispatched(8, 60_001));
});
afterAll(() => models.database.drop());

test('what needs somebody comes first: invoked and lacking, then late, then soon, then those who have everybody, then the closed', async () => {
  expect(await listed()).toEqual([7, 6, 4, 5, 3, 8, 2, 1]);
});

test('the same however it is paged, filtered or searched', async () => {
  const pages = await Promise.all([0, 3, 6].map((from) => listed({ limit: 3, from })));
  expect(pages).toEqual([
    [7, 6, 4],
    [5, 3, 8],
    [2, 1],
  ]);
  expect(await listed({ phase: 'made' })).toEqual([4, 5, 3]);
  expect(await listed({ before: ids.reservation(7) })).toEqual([6, 4, 5, 3, 2, 1]);
  expect(await listed({ search: 'job 4' })).toEqual([4]);
});

test('counts what a filter lets through', async () => {
  expect(await countStatus(models.db, {})).toBe(8);
  expect(await countStatus(models.db, { phase: 'made' })).toBe(3);
  expect(await countStatus(models.db, { search: 'nothing of the kind' })).toBe(0);
  expect(COUNTED_UP_TO).toBeGreaterThan(1_000);
});

test('each has its share of those who wait, and no one waits for two', async () => {
  await models.given(on.assignment(1), happened.arrived(1, { at: 90_000 }));
  await models.given(on.presence(1), happened.pinged(1, 90_001));
  const open = await listStatus(models.db, { ...asked, phase: 'made' });
  expect(open.map(({ waiting, missing }) => [waiting, missing])).toEqual([
    [1, 0],
    [0, 1],
    [0, 1],
  ]);
  expect(open[0]?.eachCents).toBe(12);
});

test('says what the market has for it: open places, and those that were taken and nobody came for', async () => {
  const posted = async (n: number, phase: 'posted' | 'listed' | 'requested') => {
    await models.given(
      on.hit(n),
      happened.postRequested(n, { recruitedFor: ids.reservation(5), maxAssignments: 3, at: 1 }),
    );
    if (phase === 'requested') return;
    await models.given(on.hit(n), happened.posted(n, 2));
    const data = { available: 1, pending: 2, arrivals: 0, at: STARTED_AT + 3 };
    if (phase === 'listed') await models.given(on.hit(n), { type: 'HitListed', data });
  };
  await posted(1, 'posted');
  await posted(2, 'listed');
  await posted(3, 'requested');
  const all = await listStatus(models.db, asked);
  expect(all.find(({ id }) => id === ids.reservation(5))?.market).toEqual({ open: 4, awaited: 2 });
  expect(all.find(({ id }) => id === ids.reservation(3))?.market).toEqual({ open: 0, awaited: 0 });
});
