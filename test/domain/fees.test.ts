import { expect, test } from 'vitest';
import { costOf, feeOnReward } from '../../src/domain/fees.ts';

test.each([
  [1, 1, 1],
  [2, 9, 1],
  [12, 1, 2],
  [13, 1, 3],
  [100, 9, 20],
  [100, 10, 40],
  [0, 10, 1],
])('the fee on %i cents of a HIT for %i is %i cents', (reward, assignments, fee) =>
  expect(feeOnReward(reward, assignments)).toBe(fee),
);

test('ten people for two minutes at 10 cents cost 1.20 dollars, and earn 3 dollars an hour', () =>
  expect(costOf({ rewardCents: 10, maxAssignments: 1 }, { workers: 10, waitSeconds: 120 })).toEqual({
    feeCents: 2,
    eachCents: 12,
    inTotalCents: 120,
    wageCentsAnHour: 300,
  }));
