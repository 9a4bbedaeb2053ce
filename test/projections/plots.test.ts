import { afterAll, beforeAll, expect, test } from 'vitest';
import { plots } from '../../src/projections/plots.ts';
import { STARTED_AT as at, fields, ids } from '../support/events.ts';
import { happened, on } from '../support/happenings.ts';
import { freshReadModels, type ReadModels } from '../support/readModels.ts';

let models: ReadModels;
beforeAll(async () => {
  models = await freshReadModels();
  const { given } = models;
  await given(on.hit(1), {
    type: 'HitPostRequested',
    data: {
      hitId: ids.hit(1),
      protoHitId: ids.protoHit(1),
      recruitedFor: null,
      fields: fields({ rewardCents: 25 }),
      sandbox: true,
      maxAssignments: 3,
      at,
    },
  });
  await given(on.hit(1), {
    type: 'HitPosted',
    data: { marketplaceHitId: ids.marketplaceHit(1), expiresAt: at + 3_600_000, at: at + 1_000 },
  });
  await given(on.reservation(1), {
    type: 'ReservationMade',
    data: {
      reservationId: ids.reservation(1),
      protoHitId: ids.protoHit(1),
      foreignId: '1',
      payload: null,
      expectedAt: at,
      numAssignments: 2,
      at: at + 60_000,
    },
  });
  // Two come in the second minute, one in the third, who leaves again in the fifth.
  await given(on.assignment(1), happened.arrived(1, { at: 61_000 }));
  await given(on.assignment(2), happened.arrived(2, { at: 62_000 }));
  await given(on.assignment(3), happened.arrived(3, { at: 121_000 }));
  await given(on.assignment(3), happened.lost(241_000));
  // The first is called 0.3 s after the invoke and at work 2 s later; her work is approved in the last minute.
  await given(on.reservation(1), { type: 'ReservationInvoked', data: { foreignId: '1', at: at + 300_000 } });
  await given(on.assignment(1), happened.taskAssigned(1, 300_300));
  await given(on.assignment(1), happened.responded(1, 302_300));
  await given(on.assignment(1), { type: 'AssignmentSubmitted', data: { at: at + 500_000 } });
  await given(on.assignment(1), { type: 'AssignmentApproved', data: { at: at + 590_000 } });
});
afterAll(() => models.database.drop());

const drawn = () => plots(models.db, { now: at + 600_000, minutes: 10, steps: 10 });
const series = async (name: 'waiting' | 'asked' | 'arrived' | 'left' | 'hitsOnMarket' | 'dollars') =>
  (await drawn()).steps.map((step) => step[name]);

test('who waited at the end of each step, beside what open reservations asked for', async () => {
  expect(await series('waiting')).toEqual([0, 2, 3, 3, 2, 1, 1, 1, 1, 1]);
  expect(await series('asked')).toEqual([2, 2, 2, 2, 2, 2, 2, 2, 2, 2]);
});
test('who came, and who left without work', async () => {
  expect(await series('arrived')).toEqual([0, 2, 1, 0, 0, 0, 0, 0, 0, 0]);
  expect(await series('left')).toEqual([0, 0, 0, 0, 1, 0, 0, 0, 0, 0]);
});
test('HITs on the market, and dollars when they were approved', async () => {
  expect(await series('hitsOnMarket')).toEqual([1, 1, 1, 1, 1, 1, 1, 1, 1, 1]);
  expect(await series('dollars')).toEqual([0, 0, 0, 0, 0, 0, 0, 0, 0, 0.25]);
  expect((await drawn()).dollarsInTotal).toBe(0.25);
});
test('how long calls took, from the invoke', async () => {
  const { told, responded } = await drawn();
  expect(told).toEqual({ p50: 0.3, p95: 0.3, counts: [0, 0, 0, 1, 0, 0, 0, 0, 0, 0] });
  expect(responded).toEqual({ p50: 2.3, p95: 2.3, counts: [0, 0, 0, 0, 0, 0, 1, 0, 0, 0] });
});
test('of a time without anything there is nothing, and no error', async () => {
  const { steps, told } = await plots(models.db, { now: at - 1, minutes: 10, steps: 3 });
  expect(steps.map(({ waiting, asked, dollars }) => [waiting, asked, dollars])).toEqual([
    [0, 0, 0],
    [0, 0, 0],
    [0, 0, 0],
  ]);
  expect(told.p50).toBeNull();
});
