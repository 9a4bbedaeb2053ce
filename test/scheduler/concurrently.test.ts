import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { concurrently } from '../../src/scheduler/concurrently.ts';

test('no more than the limit run at once, and all run', async () => {
  let running = 0;
  let most = 0;
  const done: number[] = [];
  await concurrently([1, 2, 3, 4, 5, 6, 7], { limit: 3 }, async (item) => {
    most = Math.max(most, ++running);
    await sleep(1);
    running--;
    done.push(item);
  });
  expect(most).toBe(3);
  expect(done.toSorted()).toEqual([1, 2, 3, 4, 5, 6, 7]);
});

test('one that fails does not keep the others from their turn, and is reported once they have ended', async () => {
  const ended: number[] = [];
  const work = concurrently([1, 2, 3, 4], { limit: 2 }, async (item) => {
    if (item === 1) throw new Error('first');
    await sleep(5);
    ended.push(item);
  });
  await expect(work).rejects.toThrow('first');
  expect(ended.toSorted()).toEqual([2, 3, 4]);
});

test('as many failures as run at once end it', async () => {
  const begun: number[] = [];
  const work = concurrently([1, 2, 3, 4, 5, 6], { limit: 2 }, async (item) => {
    begun.push(item);
    await sleep(1);
    throw new Error('away');
  });
  await expect(work).rejects.toThrow('away');
  expect(begun.length).toBeLessThan(4);
});

test('once the signal aborts nothing more is begun', async () => {
  const stop = new AbortController();
  const begun: number[] = [];
  await concurrently([1, 2, 3], { limit: 1, signal: stop.signal }, async (item) => {
    begun.push(item);
    if (item === 2) stop.abort();
  });
  expect(begun).toEqual([1, 2]);
});
