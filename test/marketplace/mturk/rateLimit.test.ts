import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createRateLimit, type RateLimit } from '../../../src/marketplace/mturk/rateLimit.ts';

/** A stopwatch that jumps where somebody waits. */
const jumping = () => {
  let now = 0;
  return {
    now: () => now,
    pause: async (ms: number) => {
      now += ms;
    },
    pass: (ms: number) => {
      now += ms;
    },
  };
};
const callTimes = async (rateLimit: RateLimit, now: () => number, calls: number): Promise<number[]> => {
  const times: number[] = [];
  await Promise.all(Array.from({ length: calls }, () => rateLimit().then(() => times.push(now()))));
  return times;
};

test('a burst goes at once, the rest at the rate, first come first served', async () => {
  const watch = jumping();
  const rateLimit = createRateLimit({ perSecond: 5, burst: 3 }, watch);
  expect(await callTimes(rateLimit, watch.now, 6)).toEqual([0, 0, 0, 200, 400, 600]);
});

test('what was not used is saved up, to one burst and no more', async () => {
  const watch = jumping();
  const rateLimit = createRateLimit({ perSecond: 1, burst: 2 }, watch);
  await callTimes(rateLimit, watch.now, 2);
  watch.pass(60_000);
  expect(await callTimes(rateLimit, watch.now, 3)).toEqual([60_000, 60_000, 61_000]);
});

test('no stretch of time sees more calls than the bucket allows', () =>
  fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 20 }),
      fc.integer({ min: 1, max: 20 }),
      fc.array(fc.integer({ min: 0, max: 3_000 }), { minLength: 1, maxLength: 60 }),
      async (perSecond, burst, gaps) => {
        const watch = jumping();
        const rateLimit = createRateLimit({ perSecond, burst }, watch);
        const times: number[] = [];
        for (const gap of gaps) {
          watch.pass(gap);
          await rateLimit();
          times.push(watch.now());
        }
        for (let from = 0; from < times.length; from++)
          for (let to = from; to < times.length; to++) {
            const elapsed = ((times[to] ?? 0) - (times[from] ?? 0)) / 1000;
            expect(to - from + 1).toBeLessThanOrEqual(burst + perSecond * elapsed + 1e-6);
          }
      },
    ),
  ));
