import { afterAll, beforeAll, expect, test } from 'vitest';
import { callLatency } from '../../src/projections/callLatency.ts';
import { dollarsInTotal, type Step, stepsOf } from '../../src/projections/plots.ts';
import { STARTED_AT as at, fields, ids } from '../support/events.ts';
import { happened, on, plainly } from '../support/happenings.ts';
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
  // The first is called 0.1 s after the invoke, her page rings 0.3 s after it, and she is at work 2 s after that; her work is
  // approved in the last minute.
  await given(on.reservation(1), { type: 'ReservationInvoked', data: { foreignId: '1', at: at + 300_000 } });
  await given(on.assignment(1), happened.taskAssigned(1, 300_100));
  await given(on.assignment(1), happened.responded(1, 302_300, 2_000));
  await given(on.assignment(1), plainly('AssignmentSubmitted', 500_000), plainly('AssignmentApproved', 590_000));
  // A HIT for real money, whose worker waits for no reservation and is paid before the reservation ends.
  await given(
    on.hit(2),
    happened.postRequested(2, { sandbox: false, fields: fields({ rewardCents: 10 }), at: 150_000 }),
  );
  await given(on.hit(2), happened.posted(2, 151_000));
  await given(on.assignment(4), happened.arrived(4, { at: 1_000, hitId: ids.hit(2) }));
  await given(on.assignment(4), happened.lost(1_001));
  await given(on.assignment(4), plainly('AssignmentSubmitted', 440_000), plainly('AssignmentApproved', 450_000));
  await given(on.reservation(1), plainly('ReservationFinished', 500_000));
});
afterAll(() => models.database.drop());

const drawn = () => stepsOf(models.db, { now: at + 600_000, minutes: 10, steps: 10 });
const series = async (name: keyof Step) => (await drawn()).map((step) => step[name]);

test('the most who waited at once within a step, however short their wait', async () => {
  const [all] = await stepsOf(models.db, { now: at + 600_000, minutes: 10, steps: 1 });
  expect(all).toMatchObject({ waiting: 1, mostWaiting: 3 });
  const { waiting, mostWaiting } = { waiting: await series('waiting'), mostWaiting: await series('mostWaiting') };
  // Two leave within a step in which nobody comes: at its beginning there were more.
  expect(mostWaiting).toEqual(waiting.map((many, n) => Math.max(many, waiting[n - 1] ?? 0, n === 0 ? 1 : 0)));
});

test('who waited at the end of each step, beside what was still to be dispatched, in all and now', async () => {
  expect(await series('waiting')).toEqual([0, 2, 3, 3, 2, 1, 1, 1, 1, 1]);
  expect(await series('missing')).toEqual([2, 2, 2, 2, 2, 1, 1, 1, 0, 0]);
  expect(await series('missingNow')).toEqual([0, 0, 0, 0, 2, 1, 1, 1, 0, 0]);
});
test('who came, who was called, and who left without work', async () => {
  expect(await series('arrived')).toEqual([1, 2, 1, 0, 0, 0, 0, 0, 0, 0]);
  expect(await series('called')).toEqual([0, 0, 0, 0, 0, 1, 0, 0, 0, 0]);
  expect(await series('left')).toEqual([1, 0, 0, 0, 1, 0, 0, 0, 0, 0]);
});
test('open places on the market, from the post until somebody came or the marketplace took them off', async () => {
  // One HIT for three, who all come; one for somebody who was there before it.
  expect(await series('placesOpen')).toEqual([3, 1, 0, 0, 0, 0, 0, 0, 0, 0]);
  await models.given(on.hit(9), happened.postRequested(9, { maxAssignments: 2, at: 310_000 }));
  await models.given(on.hit(9), happened.posted(9, 320_000));
  expect(await series('placesOpen')).toEqual([3, 1, 0, 0, 0, 2, 2, 2, 2, 2]);
  // Somebody accepts and does not come, as the marketplace says; then it leaves the market with the other place.
  const listed = { available: 1, pending: 1, arrivals: 0, at: at + 370_000 };
  await models.given(on.hit(9), { type: 'HitListed', data: listed });
  expect(await series('placesOpen')).toEqual([3, 1, 0, 0, 0, 2, 1, 1, 1, 1]);
  await models.given(on.hit(9), happened.expireRequested(470_000), plainly('HitExpired', 490_000));
  expect(await series('placesOpen')).toEqual([3, 1, 0, 0, 0, 2, 1, 1, 0, 0]);
});
test('dollars when they were approved, real ones apart from those of the sandbox', async () => {
  expect(await series('sandboxDollars')).toEqual([0, 0, 0, 0, 0, 0, 0, 0, 0, 0.25]);
  expect(await series('dollars')).toEqual([0, 0, 0, 0, 0, 0, 0, 0.1, 0, 0]);
  expect(await dollarsInTotal(models.db)).toEqual({ real: 0.1, sandbox: 0.25 });
});
test('what began before the first step is there from its beginning, and is nobody who came in it', async () => {
  const [first] = await stepsOf(models.db, { now: at + 300_000, minutes: 2, steps: 2 });
  expect(first).toMatchObject({ waiting: 3, missing: 2, arrived: 0, left: 0, placesOpen: 0 });
});
test('how long calls took, from the invoke: until the page rang, and until the worker came', async () => {
  const { told, responded } = await callLatency(models.db, { from: at, now: at + 600_000 });
  expect(told).toEqual({ p50: 0.3, p95: 0.3, counts: [0, 0, 0, 1, 0, 0, 0, 0, 0, 0] });
  expect(responded).toEqual({ p50: 2.3, p95: 2.3, counts: [0, 0, 0, 0, 0, 0, 1, 0, 0, 0] });
});
test('whose page does not say when it rang is left out of the first, and of the first alone', async () => {
  const invokedAt = 700_000;
  await models.given(
    on.reservation(2),
    happened.reservationMade(2, { at: invokedAt - 1 }),
    happened.invoked(invokedAt),
  );
  for (const [n, reactedAfterMs] of [
    [5, 1_900],
    [6, null],
  ] as const) {
    await models.given(on.assignment(n), happened.arrived(n, { at: invokedAt - 1 }));
    await models.given(on.assignment(n), happened.taskAssigned(2, invokedAt));
    await models.given(on.assignment(n), happened.responded(2, invokedAt + 2_000, reactedAfterMs));
  }
  // Nobody saw the third at work.
  await models.given(on.assignment(7), happened.arrived(7, { at: invokedAt - 1 }), happened.taskAssigned(2, invokedAt));
  const { told, responded } = await callLatency(models.db, { from: at + 650_000, now: at + 750_000 });
  expect(told).toEqual({ p50: 0.1, p95: 0.1, counts: [0, 0, 1, 0, 0, 0, 0, 0, 0, 0] });
  expect(responded).toMatchObject({ p50: 2, counts: [0, 0, 0, 0, 0, 0, 2, 0, 0, 0] });
});
test('of a time without anything there is nothing, and no error', async () => {
  const steps = await stepsOf(models.db, { now: at - 1, minutes: 10, steps: 3 });
  expect(steps.map(({ at: _, ...counts }) => new Set(Object.values(counts)))).toEqual([
    new Set([0]),
    new Set([0]),
    new Set([0]),
  ]);
  expect((await callLatency(models.db, { from: 0, now: at - 1 })).told.p50).toBeNull();
});
test('who does not react is not counted as waiting, until they react again or their wait is over', async () => {
  // The first is away for the third and fourth minute; the second from the seventh on, and is lost in the ninth.
  await models.given(on.presence(1), happened.pinged(1, 130_000, 'idle'), happened.pinged(1, 150_000, 'idle'));
  await models.given(on.presence(1), happened.pinged(1, 250_000));
  await models.given(on.presence(2), happened.pinged(2, 370_000, 'left'));
  expect(await series('waiting')).toEqual([0, 2, 2, 2, 2, 1, 0, 0, 0, 0]);
  await models.given(on.assignment(2), happened.lost(500_000));
  expect(await series('waiting')).toEqual([0, 2, 2, 2, 2, 1, 0, 0, 0, 0]);
  // A pause that a step falls into whole is there, too, and those who paused neither came nor left by it.
  const [first] = await stepsOf(models.db, { now: at + 240_000, minutes: 1, steps: 1 });
  expect(first).toMatchObject({ waiting: 2, arrived: 0, left: 0 });
  // A page that loads anew has somebody before it; the wait that was lost is no longer told of.
  await models.given(on.assignment(2), happened.arrived(2, { at: 530_000 }));
  expect(await series('waiting')).toEqual([0, 1, 1, 1, 1, 0, 0, 0, 1, 1]);
});
