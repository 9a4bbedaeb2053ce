import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { streamOf } from '../../src/domain/event.ts';
import { classic } from '../../src/scheduler/policies/classic.ts';
import { HOUR, type House, openHouse, SECOND } from './house.ts';
import { final } from './market.ts';

let house: House;
beforeEach(async () => {
  house = await openHouse();
});
afterEach(() => house.close());

const MINUTE = 60 * SECOND;

/** Decides, carries out, and lets queries show it. */
async function minute(scheduler = house.newScheduler()) {
  const planned = await scheduler.decide();
  await scheduler.post();
  await house.settle();
  return planned;
}

describe('each minute', () => {
  test('a reservation without workers gets a HIT for whom it lacks and two to spare, as its ProtoHIT is now', async () => {
    const protoHitId = await house.defineProtoHit({ rewardCents: 12 });
    const reservationId = await house.reserve(protoHitId);
    await minute();
    const requested = await house.happened('HitPostRequested');
    expect(requested).toHaveLength(3);
    for (const { data, metadata } of requested) {
      expect(data).toMatchObject({ protoHitId, recruitedFor: reservationId, sandbox: false, maxAssignments: 1 });
      expect(data.fields.rewardCents).toBe(12);
      expect(metadata).toMatchObject({ actor: 'scheduler', correlationId: reservationId });
    }
  });

  test('as long as nobody comes nothing is added, until a HIT has run out', async () => {
    await house.reserve(await house.defineProtoHit({ lifetimeSeconds: 600 }));
    await minute();
    for (let passed = 0; passed < 9; passed++) {
      house.pass(MINUTE);
      expect((await minute()).post).toEqual([]);
    }
    house.pass(MINUTE);
    expect((await minute()).post).toMatchObject([{ hits: 3 }]);
  });

  test('by the rule of the original each round adds as many HITs, with all the places that the ProtoHIT says', async () => {
    const policy = classic({ hitsPerTick: 3, timeoutMinutes: 30 });
    const original = house.newScheduler({ policy, evenFilled: true });
    await house.reserve(await house.defineProtoHit({ maxAssignments: 2 }));
    await minute(original);
    house.pass(MINUTE);
    await minute(original);
    expect(house.market.open().map(({ maxAssignments }) => maxAssignments)).toEqual([2, 2, 2, 2, 2, 2]);
  });

  test('recruiting stops when enough people wait, and goes on when one leaves', async () => {
    await house.reserve(await house.defineProtoHit(), 2);
    await minute();
    const [first, second] = house.market.open();
    if (!first || !second) throw new Error('no HITs');
    const [ann, bob] = [house.market.accept(first.marketplaceHitId), house.market.accept(second.marketplaceHitId)];
    house.pass(MINUTE);
    await house.ping(ann);
    await house.ping(bob);
    await minute();
    await house.newScheduler().post();
    expect(house.market.open()).toHaveLength(0);
    expect(await house.happened('HitPostRequested')).toHaveLength(5);

    house.pass(MINUTE);
    await house.ping(ann);
    const planned = await minute();
    expect(planned.post.map(({ hits }) => hits)).toEqual([3]);
  });

  test('a finished reservation is recruited for no more, and its HITs leave unless another needs them', async () => {
    const protoHitId = await house.defineProtoHit();
    const reservationId = await house.reserve(protoHitId);
    const other = await house.reserve(protoHitId);
    await minute();
    await house.commands.finishReservation(house.context, { reservationId });
    house.pass(MINUTE);
    // Five places for two who were missing are two too many for one.
    expect(await minute()).toMatchObject({ post: [], expire: [{}, {}].map(() => expect.any(String)) });
    await house.commands.finishReservation(house.context, { reservationId: other });
    house.pass(MINUTE);
    expect((await minute()).expire).toHaveLength(3);
    await house.newScheduler().post();
    expect(house.market.open()).toHaveLength(0);
    expect(new Set((await house.happened('HitExpireRequested')).map(({ data }) => data.reason))).toEqual(
      new Set(['notNeeded']),
    );
  });

  // uid/realtime-turk, postHITs.py: a timed-out reservation made the loop `break`, so that all later ones were skipped.
  test('a reservation nobody invoked in time is timed out, and the others are recruited for all the same', async () => {
    const protoHitId = await house.defineProtoHit();
    const forgotten = await house.reserve(protoHitId);
    house.pass(30 * MINUTE);
    const fresh = await house.reserve(protoHitId);
    const planned = await minute();
    expect((await house.happened('ReservationTimedOut')).map(({ stream }) => stream)).toEqual([
      streamOf.reservation(forgotten),
    ]);
    expect(planned.post.map(({ reservationId }) => reservationId)).toEqual([fresh]);
  });

  test('an invoked reservation never times out', async () => {
    const reservationId = await house.reserve(await house.defineProtoHit());
    await house.commands.invokeReservation(house.context, { reservationId });
    house.pass(HOUR);
    await minute();
    expect(await house.happened('ReservationTimedOut')).toEqual([]);
  });

  test('posts that the marketplace refuses make the ProtoHIT rest, then try with one HIT', async () => {
    await house.reserve(await house.defineProtoHit());
    house.market.trouble('postHit', { when: 'before', fault: final }, 3);
    const scheduler = house.newScheduler();
    await minute(scheduler);
    house.pass(30 * SECOND);
    expect((await minute(scheduler)).post).toEqual([]);
    house.pass(30 * SECOND);
    expect((await minute(scheduler)).post.map(({ hits }) => hits)).toEqual([1]);
    house.pass(MINUTE);
    expect((await minute(scheduler)).post.map(({ hits }) => hits)).toEqual([2]);
  });

  test('pings older than the operator keeps are forgotten', async () => {
    await house.reserve(await house.defineProtoHit());
    await minute();
    const [hit] = house.market.open();
    if (!hit) throw new Error('no HIT');
    const ann = house.market.accept(hit.marketplaceHitId);
    await house.ping(ann);
    house.pass(31 * 24 * HOUR);
    await house.ping(ann);
    await house.newScheduler().prune();
    expect((await house.happened('WorkerPinged')).map(({ data }) => data.at)).toEqual([house.clock()]);
    expect(await house.happened('WorkerArrived')).toHaveLength(1);
  });
});

describe('no flood', () => {
  test('two schedulers in one minute decide the same HITs, not twice as many', async () => {
    await house.reserve(await house.defineProtoHit());
    await Promise.all([house.newScheduler().decide(), house.newScheduler().decide()]);
    await house.newScheduler().tick();
    expect(await house.happened('HitPostRequested')).toHaveLength(3);
    expect(house.market.open()).toHaveLength(3);
  });

  test('schedulers that overlap again and again, whatever each has seen, post no more than one would', async () => {
    await house.reserve(await house.defineProtoHit(), 4);
    for (let round = 0; round < 5; round++) {
      await Promise.all(Array.from({ length: 4 }, () => house.newScheduler().decide()));
      await house.newScheduler().post();
      await house.settle();
    }
    expect(await house.happened('HitPostRequested')).toHaveLength(8);
    expect(house.market.open()).toHaveLength(8);
  });

  test('an hour in which nobody comes leaves no more on the market than the rule of the original may', async () => {
    await house.reserve(await house.defineProtoHit({ lifetimeSeconds: 7_200 }), 1, 7_200);
    const policy = classic({ hitsPerTick: 3, timeoutMinutes: 30 });
    const scheduler = house.newScheduler({ policy, evenFilled: true });
    for (let passed = 0; passed < 20; passed++) {
      await minute(scheduler);
      house.pass(MINUTE);
    }
    expect(house.market.open()).toHaveLength(36);
  });

  test('nothing is planned from read models that lag behind the log', async () => {
    await house.reserve(await house.defineProtoHit());
    const blind = house.newScheduler({ caughtUp: { until: async () => false } });
    await expect(blind.decide()).rejects.toThrow('too far behind');
    expect(await house.happened('HitPostRequested')).toEqual([]);
  });
});

test('a tick does everything once: decides, posts, reconciles', async () => {
  await house.reserve(await house.defineProtoHit());
  await house.newScheduler().tick();
  expect(house.market.open()).toHaveLength(3);
  expect(house.market.callsOf('listHits')).not.toHaveLength(0);
});

test('a part of a tick that fails is reported, and does not keep the next from its turn', async () => {
  await house.reserve(await house.defineProtoHit());
  const failing = { ...house.deps.caughtUp, until: async () => false };
  await house.newScheduler().decide();
  await expect(house.newScheduler({ caughtUp: failing }).tick()).rejects.toThrow('too far behind');
  expect(house.market.open()).toHaveLength(3);
});

describe("the day's budget", () => {
  test('no real HIT is posted beyond it, however often it is planned, and the next day goes on', async () => {
    // 0.50 and a fee of 0.10 a place: two of the three that are wanted.
    await house.close();
    house = await openHouse({ dailyBudget: 1.3 });
    const protoHitId = await house.defineProtoHit({ rewardCents: 50 });
    await house.reserve(protoHitId);
    await minute();
    await minute();
    expect(await house.happened('HitPostRequested')).toHaveLength(2);
    house.pass(24 * HOUR);
    await house.reserve(protoHitId);
    await minute();
    expect(await house.happened('HitPostRequested')).toHaveLength(4);
  });
});
