import fc from 'fast-check';
import { expect, test } from 'vitest';
import { priceOf, withinBudget } from '../../src/scheduler/budget.ts';

const order = fc.record({
  sandbox: fc.boolean(),
  maxAssignments: fc.integer({ min: 1, max: 20 }),
  fields: fc.record({ rewardCents: fc.integer({ min: 0, max: 500 }) }),
});

test('real HITs are posted as far as the budget holds, play always', () => {
  fc.assert(
    fc.property(fc.array(order), fc.integer({ min: -1_000, max: 20_000 }), (orders, left) => {
      const { affordable, tooDear } = withinBudget(orders, left);
      const price = affordable.reduce((sum, one) => sum + priceOf(one), 0);
      expect(price).toBeLessThanOrEqual(Math.max(0, left));
      expect(tooDear.every(({ sandbox }) => !sandbox)).toBe(true);
      expect([...affordable, ...tooDear]).toHaveLength(orders.length);
      for (const one of tooDear) expect(price + priceOf(one)).toBeGreaterThan(left);
    }),
  );
});

test('a HIT costs what all its places do, with the marketplace fee', () => {
  expect(priceOf({ sandbox: false, maxAssignments: 3, fields: { rewardCents: 50 } })).toBe(180);
  expect(priceOf({ sandbox: true, maxAssignments: 3, fields: { rewardCents: 50 } })).toBe(0);
});
