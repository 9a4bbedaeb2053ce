import { setTimeout as sleep } from 'node:timers/promises';
import pino from 'pino';
import { expect, test } from 'vitest';
import { repeat } from '../../src/scheduler/repeat.ts';

const options = (signal: AbortSignal, intervalMs = 1) => ({
  name: 'it',
  intervalMs,
  signal,
  log: pino({ level: 'silent' }),
});

test('rounds never overlap, however long one takes', async () => {
  const stop = new AbortController();
  let running = 0;
  let most = 0;
  let rounds = 0;
  await repeat(options(stop.signal), async () => {
    most = Math.max(most, ++running);
    await sleep(5);
    running--;
    if (++rounds === 4) stop.abort();
  });
  expect(most).toBe(1);
  expect(rounds).toBe(4);
});

test('a round that fails does not keep the next from its turn', async () => {
  const stop = new AbortController();
  let rounds = 0;
  await repeat(options(stop.signal), async () => {
    if (++rounds === 3) stop.abort();
    else throw new Error('away');
  });
  expect(rounds).toBe(3);
});

test('stops at once when asked, not after the interval', async () => {
  const stop = new AbortController();
  let rounds = 0;
  await repeat(options(stop.signal, 3_600_000), async () => {
    rounds++;
    setTimeout(() => stop.abort(), 5);
  });
  expect(rounds).toBe(1);
});
