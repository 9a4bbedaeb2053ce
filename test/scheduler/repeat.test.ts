import { setTimeout as sleep } from 'node:timers/promises';
import pino from 'pino';
import { describe, expect, test } from 'vitest';
import { createBell } from '../../src/scheduler/bell.ts';
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

describe('with a bell', () => {
  test('a round begins at the ring, long before its time', async () => {
    const stop = new AbortController();
    const bell = createBell();
    let rounds = 0;
    await repeat({ ...options(stop.signal, 3_600_000), bell }, async () => {
      if (++rounds === 2) stop.abort();
      else setTimeout(bell.ring, 5);
    });
    expect(rounds).toBe(2);
  });

  test('however often it rings during a round, one round follows', async () => {
    const stop = new AbortController();
    const bell = createBell();
    let rounds = 0;
    await repeat({ ...options(stop.signal, 3_600_000), bell }, async () => {
      if (++rounds === 1) for (let ring = 0; ring < 1_000; ring++) bell.ring();
      // Nobody rang in the second: only the time would bring a third.
      else setTimeout(() => stop.abort(), 5);
    });
    expect(rounds).toBe(2);
  });

  test('stops at once when asked, while it waits for a ring', async () => {
    const stop = new AbortController();
    await repeat({ ...options(stop.signal, 3_600_000), bell: createBell() }, async () => {
      setTimeout(() => stop.abort(), 5);
    });
    expect(stop.signal.aborted).toBe(true);
  });
});
