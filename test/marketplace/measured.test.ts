import { expect, test } from 'vitest';
import { MarketplaceHitId } from '../../src/domain/ids.ts';
import { type MeasuredCall, measuredMarketplace } from '../../src/marketplace/measured.ts';
import type { Marketplace, MarketplaceFault } from '../../src/marketplace/port.ts';

const fault: MarketplaceFault = {
  type: 'fault',
  lasting: 'passing',
  code: 'ThrottlingException',
  message: 'slow down',
};
const done = async () => ({ type: 'done', value: null }) as const;
const marketplace: Marketplace = {
  name: 'scripted',
  postHit: async () => fault,
  expireHit: done,
  disposeHit: done,
  listHits: async function* () {
    yield { type: 'done', value: [] };
    yield fault;
  },
  listAssignments: async () => ({ type: 'done', value: [] }),
  approve: done,
  reject: done,
  bonus: done,
  block: done,
  unblock: done,
  notify: async () => ({ type: 'done', value: [] }),
  balance: async () => ({ type: 'done', value: 1_000 }),
};

test('answers as it would without, and says how each call and each page of a listing went', async () => {
  const calls: MeasuredCall[] = [];
  const measured = measuredMarketplace(marketplace, (call) => calls.push(call));
  expect(await measured.expireHit(MarketplaceHitId.parse('HIT'))).toEqual({ type: 'done', value: null });
  expect(await measured.balance()).toEqual({ type: 'done', value: 1_000 });
  const pages = [];
  for await (const page of measured.listHits()) pages.push(page);
  expect(pages).toEqual([{ type: 'done', value: [] }, fault]);
  expect(calls.map(({ call, outcome, fault }) => [call, outcome, fault])).toEqual([
    ['expireHit', 'done', undefined],
    ['balance', 'done', undefined],
    ['listHits', 'done', undefined],
    ['listHits', 'passing', 'ThrottlingException'],
  ]);
  for (const { seconds } of calls) expect(seconds).toBeGreaterThanOrEqual(0);
});
