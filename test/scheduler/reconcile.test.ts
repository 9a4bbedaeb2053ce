import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { EventId, HitId } from '../../src/domain/ids.ts';
import { hitsByIds } from '../../src/projections/hits.ts';
import { classic } from '../../src/scheduler/policies/classic.ts';
import { HOUR, type House, SECOND } from './house.ts';
import { final, passing } from './market.ts';
import { MINUTE, openReconciling, type Reconciling } from './reconciling.ts';

let house: House;
let scheduler: Reconciling['scheduler'];
let posted: Reconciling['posted'];
let reconcile: Reconciling['reconcile'];
let phaseOfHit: Reconciling['phaseOfHit'];
beforeEach(async () => {
  ({ house, scheduler, posted, reconcile, phaseOfHit } = await openReconciling());
});
afterEach(() => house.close());

/** Decides on three more HITs, needed or not. */
const threeMore = () =>
  house.newScheduler({ policy: classic({ hitsPerTick: 3, timeoutMinutes: 30 }), evenFilled: true }).decide();

// TurkServer #28, #56, #69, #85: what MTurk says of HITs and assignments drifts from what the server has stored.
describe('HITs', () => {
  test('a post whose answer was lost is found by its annotation', async () => {
    await house.reserve(await house.defineProtoHit());
    await scheduler.decide();
    house.market.trouble('postHit', { when: 'after', fault: passing }, 3);
    await scheduler.post();
    await reconcile();
    expect((await house.happened('HitPosted')).map(({ data }) => data.marketplaceHitId).toSorted()).toEqual(
      house.market.hits().map(({ marketplaceHitId }) => marketplaceHitId),
    );
    house.pass(MINUTE);
    await scheduler.post();
    expect(house.market.hits()).toHaveLength(3);
  });

  test('one that ended without our doing is recorded as expired', async () => {
    const { first } = await posted();
    house.market.end(first.marketplaceHitId);
    await reconcile();
    expect(await phaseOfHit(first.hitId)).toBe('expired');
    expect(await house.happened('HitExpired')).toHaveLength(1);
  });

  test('one that vanished is given up, though not before the marketplace must list it', async () => {
    const { first } = await posted();
    house.market.remove(first.marketplaceHitId);
    house.pass(4 * MINUTE);
    await reconcile();
    expect(await phaseOfHit(first.hitId)).toBe('posted');
    house.pass(2 * MINUTE);
    await reconcile();
    expect(await phaseOfHit(first.hitId)).toBe('disposed');
    expect(await house.happened('HitExpired', 'HitDisposed')).toHaveLength(2);
  });

  test('one that was decided long ago, and posted just now, may not be listed yet', async () => {
    await house.reserve(await house.defineProtoHit());
    await scheduler.decide();
    house.pass(20 * MINUTE);
    await scheduler.post();
    const [first] = house.market.hits();
    if (!first) throw new Error('no HIT was posted');
    house.market.remove(first.marketplaceHitId);
    house.pass(MINUTE);
    await reconcile();
    expect(await phaseOfHit(first.hitId)).toBe('posted');
  });

  test.each(['first', 'second'] as const)(
    'a %s listing that breaks off proves nothing about what it lacks',
    async (nth) => {
      const { first, second, third } = await posted();
      house.pass(6 * MINUTE);
      await threeMore();
      await scheduler.post();
      house.market.remove(first.marketplaceHitId);
      house.market.end(second.marketplaceHitId);
      let pages = 0;
      const lastPage = nth === 'first' ? 2 : 5;
      const breaksOff = {
        ...house.market.marketplace,
        listHits: async function* () {
          for await (const page of house.market.marketplace.listHits()) {
            yield ++pages === lastPage ? passing : page;
            if (pages === lastPage) return;
          }
        },
      };
      await reconcile(house.newScheduler({ marketplaces: async () => breaksOff }));
      expect(pages).toBeGreaterThanOrEqual(lastPage);
      expect(await phaseOfHit(first.hitId)).toBe('posted');
      expect(await phaseOfHit(second.hitId)).toBe('expired');
      expect(await phaseOfHit(third.hitId)).toBe('posted');
    },
  );

  test('a listing that takes long is followed by a rest of nine times as long', async () => {
    await posted();
    const slow = {
      ...house.market.marketplace,
      listHits: async function* () {
        house.pass(10 * SECOND);
        yield* house.market.marketplace.listHits();
      },
    };
    const patient = house.newScheduler({ marketplaces: async () => slow });
    await reconcile(patient);
    const calls = house.market.callsOf('listHits').length;
    house.pass(89 * SECOND);
    await reconcile(patient);
    expect(house.market.callsOf('listHits')).toHaveLength(calls);
    house.pass(SECOND);
    await reconcile(patient);
    expect(house.market.callsOf('listHits')).toHaveLength(2 * calls);
  });

  test('what one listing lacks and the next shows is still there', async () => {
    await posted();
    house.pass(6 * MINUTE);
    let listings = 0;
    const forgetful = {
      ...house.market.marketplace,
      listHits: async function* () {
        if (++listings === 1) yield { type: 'done', value: [] } as const;
        else yield* house.market.marketplace.listHits();
      },
    };
    await reconcile(house.newScheduler({ marketplaces: async () => forgetful }));
    expect(await house.happened('HitExpired')).toEqual([]);
  });

  test('one that our log has as expired, and is on offer all the same, is expired again', async () => {
    const { reservationId, first } = await posted();
    await house.commands.cancelReservation(house.context, { reservationId });
    const deaf = { ...house.market.marketplace, expireHit: async () => ({ type: 'done', value: null }) as const };
    await house.newScheduler({ marketplaces: async () => deaf }).post();
    await house.settle();
    expect(await phaseOfHit(first.hitId)).toBe('expired');
    expect(house.market.open()).toHaveLength(3);
    await reconcile();
    expect(house.market.open()).toHaveLength(0);
  });

  test('one that our log has as refused is on the market: it is posted, and needed or not like the others', async () => {
    const { reservationId, first } = await posted();
    if (first.hitId === null) throw new Error('no annotation');
    const requested = await house.happened('HitPostRequested');
    const [order] = requested;
    if (!order) throw new Error('nothing was requested');
    house.pass(MINUTE);
    await threeMore();
    house.market.trouble('postHit', { when: 'after', fault: final }, 3);
    await scheduler.post();
    await reconcile();
    expect(await house.happened('HitPosted')).toHaveLength(6);
    await house.commands.cancelReservation(house.context, { reservationId });
    await scheduler.post();
    await house.settle();
    await scheduler.post();
    expect(house.market.open()).toHaveLength(0);
  });

  // ParlAI #1792: "created more HITs than I wanted".
  test('a second HIT for one decision is taken off the market', async () => {
    const { first } = await posted();
    const hit = first.hitId === null ? undefined : (await hitsByIds(house.db, [first.hitId])).get(first.hitId);
    if (!hit) throw new Error('the HIT is unknown');
    const token = EventId.parse('00000000-0000-7000-8000-000000000099');
    house.market.post({ token, hitId: hit.hitId, fields: hit.fields, maxAssignments: 1 });
    expect(house.market.open()).toHaveLength(4);
    await reconcile();
    expect(house.market.open()).toHaveLength(3);
    expect(await phaseOfHit(first.hitId)).toBe('posted');
  });

  test('those of another installation on the same account are not touched', async () => {
    const { first } = await posted();
    const hit = first.hitId === null ? undefined : (await hitsByIds(house.db, [first.hitId])).get(first.hitId);
    if (!hit) throw new Error('the HIT is unknown');
    const foreign = HitId.parse('00000000-0000-7000-8000-000000000077');
    const token = EventId.parse('00000000-0000-7000-8000-000000000078');
    house.market.post({ token, hitId: foreign, fields: hit.fields, maxAssignments: 1 });
    house.pass(48 * HOUR);
    await reconcile();
    expect(house.market.hits().filter(({ hitId }) => hitId === foreign)).toHaveLength(1);
  });
});

describe('what is over is disposed of', () => {
  test('an hour after its end if nobody took it, a day after it if all its work is reviewed', async () => {
    const { reservationId, first, second } = await posted();
    const ann = house.market.accept(first.marketplaceHitId);
    await house.ping(ann);
    const bob = house.market.accept(second.marketplaceHitId);
    await house.ping(bob);
    await house.commands.cancelReservation(house.context, { reservationId });
    await scheduler.post();
    house.market.submit(ann.assignmentId);
    house.pass(HOUR + MINUTE);
    await reconcile();
    await reconcile();
    expect(house.market.hits().map(({ hitId }) => hitId)).toEqual([first.hitId, second.hitId]);

    house.market.giveBack(bob.assignmentId);
    house.pass(24 * HOUR);
    await reconcile();
    house.pass(MINUTE);
    await reconcile();
    expect(house.market.hits()).toHaveLength(0);
    expect(await house.happened('HitDisposed')).toHaveLength(3);
  });

  test('a HIT that the marketplace will not forget is left in peace for an hour', async () => {
    const { reservationId } = await posted();
    await house.commands.cancelReservation(house.context, { reservationId });
    await scheduler.post();
    house.pass(HOUR);
    house.market.trouble('disposeHit', { when: 'before', fault: final }, 3);
    await reconcile();
    house.pass(59 * MINUTE);
    await reconcile();
    expect(house.market.callsOf('disposeHit')).toHaveLength(3);
    house.pass(MINUTE);
    await reconcile();
    expect(house.market.hits()).toHaveLength(0);
  });

  test('never while work waits for review', async () => {
    const { reservationId, first } = await posted();
    const ann = house.market.accept(first.marketplaceHitId);
    await house.ping(ann);
    await house.commands.invokeReservation(house.context, { reservationId });
    await house.ping(ann, 'working');
    await house.commands.cancelReservation(house.context, { reservationId });
    await scheduler.post();
    house.market.submit(ann.assignmentId);
    house.pass(72 * HOUR);
    await reconcile();
    await reconcile();
    expect(house.market.hits().map(({ hitId }) => hitId)).toEqual([first.hitId]);
  });
});
