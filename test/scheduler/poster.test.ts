import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Instant } from '../../src/domain/ids.ts';
import type { Marketplace } from '../../src/marketplace/port.ts';
import type { Policy } from '../../src/scheduler/plan.ts';
import { HOUR, type House, openHouse, SECOND } from './house.ts';
import { final, passing } from './market.ts';

let house: House;
beforeEach(async () => {
  house = await openHouse();
});
afterEach(() => house.close());

/** A reservation for one worker, and the decision to post three HITs for it. */
async function decided(inSandbox = false) {
  const protoHitId = await house.defineProtoHit({}, inSandbox);
  const reservationId = await house.reserve(protoHitId);
  await house.newScheduler().decide();
  return { protoHitId, reservationId };
}
const asMany =
  (hits: number): Policy =>
  ({ needs }) => ({
    post: needs.map(({ reservation: { reservationId } }) => ({ reservationId, hits, places: 1 })),
    expire: [],
  });
const outcomes = async () =>
  (await house.happened('HitPosted', 'HitPostFailed', 'HitExpired', 'HitExpireFailed')).map(({ type }) => type);

describe('a decision is carried out', () => {
  test('once, with its event id as token, and the outcome is an event of the marketplace', async () => {
    await decided();
    const scheduler = house.newScheduler();
    await scheduler.post();
    await house.settle();
    await scheduler.post();

    const requested = await house.happened('HitPostRequested');
    const posted = await house.happened('HitPosted');
    expect(requested).toHaveLength(3);
    expect(posted.map(({ stream }) => stream).toSorted()).toEqual(requested.map(({ stream }) => stream).toSorted());
    expect(posted.map(({ metadata }) => metadata.actor)).toEqual(['marketplace', 'marketplace', 'marketplace']);
    expect(new Set(posted.map(({ metadata }) => metadata.causationId))).toEqual(new Set(requested.map(({ id }) => id)));
    expect(house.market.tokens().toSorted()).toEqual(requested.map(({ id }) => id).toSorted());
    expect(house.market.callsOf('postHit')).toHaveLength(3);
    expect(house.market.open()).toHaveLength(3);
  });

  test('where its ProtoHIT says: the sandbox or the real marketplace', async () => {
    await decided(true);
    await house.newScheduler().post();
    expect(house.sandbox.open()).toHaveLength(3);
    expect(house.market.hits()).toHaveLength(0);
  });

  test('cancelling takes the HITs off the market in the next round, without waiting for the minute', async () => {
    const { reservationId } = await decided();
    const scheduler = house.newScheduler();
    await scheduler.post();
    await house.settle();
    await house.commands.cancelReservation(house.context, { reservationId });
    await scheduler.post();
    expect(house.market.open()).toHaveLength(0);
    expect(await house.happened('HitExpired')).toHaveLength(3);
  });

  test('a HIT cancelled while it was being posted is expired as soon as it is known', async () => {
    const { reservationId } = await decided();
    await house.commands.cancelReservation(house.context, { reservationId });
    const scheduler = house.newScheduler();
    await scheduler.post();
    await house.settle();
    await scheduler.post();
    expect(house.market.open()).toHaveLength(0);
    expect(await house.happened('HitExpired')).toHaveLength(3);
  });

  test('no more than four calls at a time, however many are due', async () => {
    await house.reserve(await house.defineProtoHit(), 30);
    await house.newScheduler({ policy: asMany(30) }).decide();
    let running = 0;
    let most = 0;
    const counted: Marketplace = {
      ...house.market.marketplace,
      postHit: async (order) => {
        most = Math.max(most, ++running);
        await new Promise(setImmediate);
        running--;
        return house.market.marketplace.postHit(order);
      },
    };
    await house.newScheduler({ marketplaces: async () => counted }).post();
    expect(most).toBe(4);
    expect(house.market.open()).toHaveLength(30);
  });
});

// uid/realtime-turk, postHITs.py: `active_hits` lived in the daemon's memory; a restart orphaned every HIT on the market.
describe('nothing is lost and nothing doubled by a crash', () => {
  test('between the decision and the call', async () => {
    await decided();
    await house.newScheduler().post();
    expect(house.market.open()).toHaveLength(3);
    expect(await outcomes()).toEqual(['HitPosted', 'HitPosted', 'HitPosted']);
  });

  test('between the call and its answer: the same HITs, not new ones', async () => {
    await decided();
    house.market.trouble('postHit', { when: 'after', fault: passing }, 3);
    await house.newScheduler().post();
    expect(await outcomes()).toEqual([]);
    expect(house.market.open()).toHaveLength(3);

    await house.newScheduler().post();
    expect(house.market.open()).toHaveLength(3);
    expect(await outcomes()).toEqual(['HitPosted', 'HitPosted', 'HitPosted']);
  });

  test('between the answer and the event that records it', async () => {
    await decided();
    const dying = { ...house.commands, recordHitPosted: () => Promise.reject(new Error('killed')) };
    await expect(house.newScheduler({ commands: dying }).post()).rejects.toThrow('killed');
    expect(await outcomes()).toEqual([]);

    await house.newScheduler().post();
    expect(house.market.open()).toHaveLength(3);
    expect(await outcomes()).toEqual(['HitPosted', 'HitPosted', 'HitPosted']);
  });

  test('of the one that posted: the next one expires its HITs', async () => {
    const { reservationId } = await decided();
    await house.newScheduler().post();
    await house.settle();
    await house.commands.finishReservation(house.context, { reservationId });
    house.pass(60 * SECOND);
    const afterRestart = house.newScheduler();
    await afterRestart.decide();
    await afterRestart.post();
    expect(house.market.open()).toHaveLength(0);
  });

  test('while another takes over: two posters at once post each HIT once', async () => {
    await decided();
    await Promise.all([house.newScheduler().post(), house.newScheduler().post(), house.newScheduler().post()]);
    expect(house.market.open()).toHaveLength(3);
    expect(await outcomes()).toEqual(['HitPosted', 'HitPosted', 'HitPosted']);
  });

  test('after a day out of reach: the same HITs, with the moment of the decision for a marketplace that forgets tokens', async () => {
    await decided();
    const [requested] = await house.happened('HitPostRequested');
    house.pass(25 * HOUR);
    const decidedAt: Instant[] = [];
    const watched: Marketplace = {
      ...house.market.marketplace,
      postHit: (order) => {
        decidedAt.push(order.decidedAt);
        return house.market.marketplace.postHit(order);
      },
    };
    await house.newScheduler({ marketplaces: async () => watched }).post();
    expect(await outcomes()).toEqual(['HitPosted', 'HitPosted', 'HitPosted']);
    expect(decidedAt).toEqual(Array.from({ length: 3 }, () => requested?.data.at));
  });
});

describe('a marketplace that fails', () => {
  test('in passing: no event, and the call is made again after a pause that grows', async () => {
    await decided();
    const scheduler = house.newScheduler();
    const faults: number[] = [];
    house.market.trouble('postHit', { when: 'before', fault: passing }, 1_000);
    for (let second = 0; second < 40; second++) {
      await scheduler.post();
      faults.push(house.market.callsOf('postHit').length);
      house.pass(SECOND);
    }
    expect(await outcomes()).toEqual([]);
    const rounds = faults.filter((calls, second) => calls > (faults[second - 1] ?? 0)).length;
    expect(rounds).toBe(6);
  });

  test('for one call of many: the others wait with it, though calls made beside it succeed', async () => {
    await house.reserve(await house.defineProtoHit(), 30);
    const scheduler = house.newScheduler({ policy: asMany(30) });
    await scheduler.decide();
    house.market.trouble('postHit', { when: 'before', fault: passing });
    await scheduler.post();
    expect(house.market.open()).toHaveLength(3);
    house.pass(SECOND);
    await scheduler.post();
    expect(house.market.open()).toHaveLength(30);
  });

  test('and recovers: everything is carried out', async () => {
    await decided();
    const scheduler = house.newScheduler();
    house.market.trouble('postHit', { when: 'before', fault: passing });
    await scheduler.post();
    house.pass(SECOND);
    await scheduler.post();
    expect(house.market.open()).toHaveLength(3);
  });

  test('for good: the refusal is recorded and the call is not made again', async () => {
    await decided();
    const scheduler = house.newScheduler();
    house.market.trouble('postHit', { when: 'before', fault: final }, 3);
    await scheduler.post();
    await house.settle();
    await scheduler.post();
    const failed = await house.happened('HitPostFailed');
    expect(failed.map(({ data }) => [data.code, data.message])).toEqual(
      Array.from({ length: 3 }, () => ['InsufficientFunds', 'no money']),
    );
    expect(house.market.callsOf('postHit')).toHaveLength(3);
  });

  test('does not hold up the other: the real one goes on while the sandbox is away', async () => {
    await decided(true);
    await decided();
    house.sandbox.trouble('postHit', { when: 'before', fault: passing }, 1_000);
    await house.newScheduler().post();
    expect(house.market.open()).toHaveLength(3);
  });

  test('for one HIT only: the others are not held up behind it', async () => {
    await house.reserve(await house.defineProtoHit(), 30);
    await house.newScheduler({ policy: asMany(30) }).decide();
    const [unlucky] = (await house.happened('HitPostRequested')).toSorted((a, b) => (a.stream < b.stream ? -1 : 1));
    const grudging: Marketplace = {
      ...house.market.marketplace,
      postHit: async (order) => (order.token === unlucky?.id ? passing : house.market.marketplace.postHit(order)),
    };
    const scheduler = house.newScheduler({ marketplaces: async () => grudging });
    for (let second = 0; second < 4; second++) {
      await scheduler.post();
      await house.settle();
      house.pass(SECOND);
    }
    expect(house.market.open()).toHaveLength(29);
  });

  test('for one HIT only: what is decided later is tried soon, however long that one has to wait', async () => {
    await decided();
    const [unlucky, ...others] = (await house.happened('HitPostRequested')).toSorted((a, b) =>
      a.stream < b.stream ? -1 : 1,
    );
    const grudging: Marketplace = {
      ...house.market.marketplace,
      postHit: async (order) => (order.token === unlucky?.id ? passing : house.market.marketplace.postHit(order)),
    };
    const scheduler = house.newScheduler({ marketplaces: async () => grudging });
    for (let second = 0; second < 70; second++) {
      await scheduler.post();
      await house.settle();
      house.pass(SECOND);
    }
    expect(house.market.open()).toHaveLength(others.length);
    await house.reserve(await house.defineProtoHit());
    await scheduler.decide();
    for (let second = 0; second <= 5; second++) {
      await scheduler.post();
      await house.settle();
      house.pass(SECOND);
    }
    const requested = await house.happened('HitPostRequested');
    expect(requested.length).toBeGreaterThan(others.length + 1);
    expect(house.market.open()).toHaveLength(requested.length - 1);
  });

  test('without credentials: nothing is recorded, nothing breaks, and it is tried again', async () => {
    await decided();
    const scheduler = house.newScheduler({ marketplaces: () => Promise.reject(new Error('no credentials')) });
    await scheduler.post();
    expect(await outcomes()).toEqual([]);
  });

  test('to expire: the refusal is recorded, and the HIT left in peace for ten minutes', async () => {
    const { reservationId } = await decided();
    const scheduler = house.newScheduler();
    await scheduler.post();
    await house.settle();
    house.market.trouble('expireHit', { when: 'before', fault: final }, 3);
    await house.commands.cancelReservation(house.context, { reservationId });
    await scheduler.post();
    await house.settle();
    expect(await house.happened('HitExpireFailed')).toHaveLength(3);

    house.pass(9 * 60 * SECOND);
    expect((await scheduler.decide()).expire).toEqual([]);
    house.pass(60 * SECOND);
    expect((await scheduler.decide()).expire).toHaveLength(3);
    await scheduler.post();
    expect(house.market.open()).toHaveLength(0);
  });
});
