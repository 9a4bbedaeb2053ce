import { createServer } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { AssignmentId, BonusId, MarketplaceHitId, WorkerId } from '../../../src/domain/ids.ts';
import type { Marketplace } from '../../../src/marketplace/port.ts';
import type { FaultKind } from '../../../src/marketplace/simulated/faults.ts';
import { allOf, type Market, order, startMarket, valueIn } from '../market.ts';

let market: Market;
let adapter: Marketplace;
beforeAll(async () => {
  market = await startMarket();
  adapter = market.adapter({ timeoutMs: 1_000 });
});
beforeEach(() => market.faults([]));
afterAll(() => market.stop());

const hitsOnMarket = async (): Promise<number> =>
  Number((await market.db.query('select count(*) as n from marketplace.hits')).rows[0].n);

const submitted = async () => {
  const { marketplaceHitId } = valueIn(await adapter.postHit(order()));
  const workerId = WorkerId.parse(`AW${crypto.randomUUID().slice(0, 8).toUpperCase()}`);
  const assignmentId = AssignmentId.parse(await market.accept(marketplaceHitId, workerId));
  await market.submit(assignmentId);
  return { marketplaceHitId, workerId, assignmentId };
};

describe('a HIT whose answer is lost is posted once', () => {
  const spoiled: FaultKind[] = [
    'commitThenDrop',
    'commitThenFail',
    'commitThenHang',
    'cutShort',
    'malformed',
    'isoTimestamps',
  ];
  for (const kind of spoiled)
    test(`when the first answer is spoiled by ${kind}`, async () => {
      await market.faults([{ operation: 'CreateHIT', kind, times: 1 }]);
      const before = await hitsOnMarket();
      const made = order();
      let outcome = await adapter.postHit(made);
      // What the SDK does not send again by itself, the poster does.
      if (outcome.type === 'fault') {
        expect(outcome).toMatchObject({ lasting: 'passing', code: 'UnreadableAnswer' });
        outcome = await adapter.postHit(made);
      }
      const { marketplaceHitId, expiresAt } = valueIn(outcome);
      expect(await hitsOnMarket()).toBe(before + 1);
      expect(expiresAt).toBe(market.now() + 3_600_000);
      const { rows } = await market.db.query('select annotation from marketplace.hits where hit_id = $1', [
        marketplaceHitId,
      ]);
      expect(rows).toEqual([{ annotation: made.hitId }]);
    });

  test('when every answer is spoiled, for as long as that lasts', async () => {
    await market.faults([{ operation: 'CreateHIT', kind: 'commitThenDrop' }]);
    const before = await hitsOnMarket();
    const made = order();
    const first = await adapter.postHit(made);
    await market.faults([]);
    const second = await adapter.postHit(made);
    expect(await hitsOnMarket()).toBe(before + 1);
    expect(first.type === 'done' ? first : second).toEqual(second);
  });

  test('when the marketplace cannot find the HIT yet, until it can', async () => {
    const made = order();
    const posted = valueIn(await adapter.postHit(made));
    await market.faults([{ operation: 'GetHIT', kind: 'doesNotExistYet' }]);
    // Named in the refusal, and found in the listing.
    expect(valueIn(await adapter.postHit(made))).toEqual(posted);
    await market.faults([
      { operation: 'GetHIT', kind: 'doesNotExistYet' },
      { operation: 'ListHITs', kind: 'unavailable' },
    ]);
    expect(await adapter.postHit(made)).toMatchObject({ type: 'fault', lasting: 'passing' });
  });
});

test('a bonus whose answer is lost is paid once', async () => {
  const { assignmentId, workerId } = await submitted();
  await market.faults([{ operation: 'SendBonus', kind: 'commitThenDrop', times: 1 }]);
  const token = BonusId.parse(crypto.randomUUID());
  const known = { decidedAt: market.now(), paidAlike: 0 };
  const bonus = { token, assignmentId, workerId, cents: 25, reason: 'You were quick.', ...known };
  expect(await adapter.bonus(bonus)).toEqual({ type: 'done', value: null });
  const { rows } = await market.db.query('select cents from marketplace.payments where assignment_id = $1', [
    assignmentId,
  ]);
  expect(rows).toEqual([{ cents: 25 }]);
});

test('an approval whose answer is lost, or that auto-approval was quicker than, is done', async () => {
  const lost = await submitted();
  await market.faults([{ operation: 'ApproveAssignment', kind: 'commitThenDrop', times: 1 }]);
  expect(await adapter.approve(lost.assignmentId)).toEqual({ type: 'done', value: null });
  const late = await submitted();
  market.pass(90_000);
  expect(await adapter.approve(late.assignmentId)).toEqual({ type: 'done', value: null });
});

test('an approval that comes before the marketplace knows of the work is made again', async () => {
  const { assignmentId } = await submitted();
  await market.faults([{ operation: 'ApproveAssignment', kind: 'stateNotKnownYet', times: 1 }]);
  expect(await adapter.approve(assignmentId)).toMatchObject({ lasting: 'passing', code: 'InvalidAssignmentState' });
  expect(await adapter.approve(assignmentId)).toEqual({ type: 'done', value: null });
});

describe('what goes wrong is told apart', () => {
  const expected: readonly [FaultKind, 'passing' | 'final', string][] = [
    ['serviceFault', 'passing', 'ServiceUnavailable'],
    ['badGateway', 'passing', 'Unknown'],
    ['unavailable', 'passing', 'SyntaxError'],
    ['versionNotSupported', 'passing', 'Unknown'],
    ['reset', 'passing', 'ECONNRESET'],
    ['hang', 'passing', 'ETIMEDOUT'],
    ['closed', 'passing', 'AccessDeniedException'],
    ['lapsed', 'passing', 'ExpiredTokenException'],
    ['insufficientFunds', 'final', 'InsufficientFunds'],
  ];
  for (const [kind, lasting, code] of expected)
    test(`${kind} is ${lasting}`, async () => {
      await market.faults([{ operation: '*', kind }]);
      expect(await adapter.postHit(order())).toMatchObject({ type: 'fault', lasting, code });
      const pages = await allOf(adapter.listHits());
      expect(pages).toMatchObject([{ type: 'fault', lasting, code }]);
    });

  // The SDK waits a second or more before it asks again.
  for (const [kind, code] of [
    ['throttled', 'ThrottlingException'],
    ['tooManyRequests', 'Unknown'],
  ] as const)
    test(`${kind} is passing, and is tried again by the SDK`, async () => {
      await market.faults([{ operation: 'GetAccountBalance', kind, times: 1 }]);
      expect(await adapter.balance()).toEqual({ type: 'done', value: expect.any(Number) });
      await market.faults([{ operation: 'GetAccountBalance', kind }]);
      expect(await adapter.balance()).toMatchObject({ type: 'fault', lasting: 'passing', code });
    });

  test('505, which the SDK does not try again, costs one call and changes nothing', async () => {
    await market.faults([{ operation: 'CreateHIT', kind: 'versionNotSupported', times: 1 }]);
    const made = order();
    expect(await adapter.postHit(made)).toMatchObject({ type: 'fault', lasting: 'passing' });
    const { expiresAt } = valueIn(await adapter.postHit(made));
    expect(expiresAt).toBe(market.now() + 3_600_000);
  });

  test('a marketplace that is not there is passing, and so is a server that is none', async () => {
    const nobody = market.adapter({ endpoint: `http://127.0.0.1:${await freePort()}` });
    expect(await nobody.balance()).toMatchObject({ type: 'fault', lasting: 'passing', code: 'ECONNREFUSED' });
    const other = market.adapter({ endpoint: `${market.url}/elsewhere` });
    expect(await other.postHit(order())).toMatchObject({ type: 'fault', lasting: 'passing' });
  });

  test('a request that is wrong in itself is final, by its own code', async () => {
    expect(await adapter.postHit(order({ url: 'ftp://example.org/page' }))).toMatchObject({
      lasting: 'final',
      code: 'XMLParseError',
    });
    expect(await adapter.postHit(order({ rewardCents: 10_000 }, { maxAssignments: 1_000 }))).toMatchObject({
      lasting: 'final',
      code: 'InsufficientFunds',
    });
    expect(await adapter.listAssignments(MarketplaceHitId.parse('3NOSUCH'))).toMatchObject({
      lasting: 'final',
      code: 'HITDoesNotExist',
    });
  });
});

/** A port where nobody listens. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address !== null ? address.port : 0;
}
