import pino from 'pino';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { AssignmentId, type MarketplaceHitId, WorkerId } from '../../src/domain/ids.ts';
import { HOUR, type House, openHouse, SECOND } from './house.ts';
import { passing } from './market.ts';

const MINUTE = 60 * SECOND;
const BOUND = 2;

let house: House;
afterEach(() => house.close());

/** A round a minute: decides, posts, looks at the market. */
async function minute(scheduler = house.newScheduler()): Promise<void> {
  house.pass(MINUTE);
  await house.settle();
  await scheduler.tick();
  await house.settle();
}

/** Somebody who says that they accepted a HIT, and did not. */
const madeUp = (n: number, marketplaceHitId: MarketplaceHitId) => ({
  assignmentId: AssignmentId.parse(`MADEUP${n}`),
  workerId: WorkerId.parse(`AFAKE${n}`),
  marketplaceHitId,
});
const posted = async () => (await house.happened('HitPostRequested')).length;

describe('what the marketplace says of its places', () => {
  beforeEach(async () => {
    house = await openHouse({ maxOpenHits: BOUND });
  });

  test('bounds what is on offer: people who only say that they came do not bring one HIT more', async () => {
    await house.reserve(await house.defineProtoHit({ lifetimeSeconds: 7_200 }), 1);
    await minute();
    for (let ghost = 0; ghost < 6; ghost++) {
      for (const { marketplaceHitId } of house.market.open())
        await house.commands.ping(house.context, {
          ...madeUp(ghost, marketplaceHitId),
          pingType: 'waiting',
        });
      await minute();
      expect(house.market.open().length).toBeLessThanOrEqual(BOUND);
    }
    expect(await posted()).toBe(BOUND);
  });

  test('lets HITs that were accepted and never opened count as lost after some minutes', async () => {
    await house.reserve(await house.defineProtoHit({ assignmentDurationSeconds: 3_000 }), 1);
    await minute();
    for (const { marketplaceHitId } of house.market.open()) house.market.accept(marketplaceHitId);
    await minute();
    expect((await house.happened('HitListed')).map(({ data }) => [data.available, data.pending])).toEqual([
      [0, 1],
      [0, 1],
    ]);
    await minute();
    // Those who accepted may still come: of the three that are wanted one is offered.
    expect(await posted()).toBe(BOUND + 1);
    for (let passed = 0; passed < 3; passed++) await minute();
    expect(house.market.open()).toHaveLength(BOUND);
  });

  test('is recorded once, and survives a restart', async () => {
    await house.reserve(await house.defineProtoHit(), 1);
    await minute();
    const [hit] = house.market.open();
    if (!hit) throw new Error('no HIT');
    await house.ping(house.market.accept(hit.marketplaceHitId));
    await minute();
    await minute(house.newScheduler());
    expect(
      (await house.happened('HitListed')).map(({ data }) => [data.available, data.pending, data.arrivals]),
    ).toEqual([[0, 1, 1]]);
  });
});

describe('who arrives for the first time', () => {
  const arrives = async (n: number, marketplaceHitId: MarketplaceHitId): Promise<string> => {
    const result = await house.commands.ping(house.context, { ...madeUp(n, marketplaceHitId), pingType: 'waiting' });
    return result.type === 'done' ? 'is let in' : result.refusal.message;
  };
  const OVER = 'Bad assignment: its HIT has ended';
  let hit: MarketplaceHitId;
  beforeEach(async () => {
    house = await openHouse();
    const terms = { lifetimeSeconds: 600, assignmentDurationSeconds: 1_200, maxWaitSeconds: 300, maxAssignments: 9 };
    const reservationId = await house.reserve(await house.defineProtoHit(terms), 4);
    await house.newScheduler().tick();
    await house.settle();
    const [first] = house.market.open();
    if (!first) throw new Error('no HIT');
    hit = first.marketplaceHitId;
    await house.commands.finishReservation(house.context, { reservationId });
  });

  test('is refused once nobody can hold an assignment of the HIT any more, whether or not the log has it as ended', async () => {
    house.pass(600 * SECOND + 1_200 * SECOND);
    expect(await arrives(1, hit)).toBe('is let in');
    house.pass(2 * MINUTE);
    expect(await arrives(2, hit)).toBe(OVER);
  });

  test('is refused sooner where the HIT left the market sooner, disposed or not', async () => {
    await house.newScheduler().decide();
    await house.settle();
    await house.newScheduler().post();
    await house.settle();
    house.pass(1_200 * SECOND);
    expect(await arrives(1, hit)).toBe('is let in');
    house.pass(2 * MINUTE);
    expect(await arrives(2, hit)).toBe(OVER);
    house.pass(48 * HOUR);
    await house.newScheduler().tick();
    await house.settle();
    expect(await arrives(3, hit)).toBe(OVER);
  });
});

describe('a difference between our log and the marketplace', () => {
  beforeEach(async () => {
    house = await openHouse();
  });
  /** What is logged as a warning of it when the log and the market are compared so long after the post. */
  async function warnedOf(afterMs: number): Promise<readonly string[]> {
    const warned: string[] = [];
    const log = pino({ level: 'warn' }, { write: (line: string) => void warned.push(JSON.parse(line).drift) });
    await house.reserve(await house.defineProtoHit());
    const scheduler = house.newScheduler({ log });
    await scheduler.decide();
    house.market.trouble('postHit', { when: 'after', fault: passing }, 3);
    await house.newScheduler().post();
    house.pass(afterMs);
    await house.settle();
    await scheduler.reconcile();
    expect(await house.happened('HitPosted')).toHaveLength(3);
    return warned;
  }

  // A call that is under way looks like an answer that was lost.
  test('is mended without a word while it may be of a call under way', async () =>
    expect(await warnedOf(30 * SECOND)).toEqual([]));

  test('is told of when it is older than any call', async () =>
    expect(await warnedOf(3 * MINUTE)).toEqual(['postUnknown', 'postUnknown', 'postUnknown']));
});
