import { expect, test } from 'vitest';
import { isSuspect, PING_INTERVAL_MS, PingType, reacts } from '../../src/domain/presence.ts';
import { STARTED_AT as NOW } from '../support/events.ts';

test('a worker is suspect after one missed beat, not before', () => {
  expect(isSuspect(NOW, NOW + 2 * PING_INTERVAL_MS)).toBe(false);
  expect(isSuspect(NOW, NOW + 2 * PING_INTERVAL_MS + 1)).toBe(true);
});

test('a ping from a node whose clock is ahead makes nobody suspect', () => {
  expect(isSuspect(NOW + 1_000, NOW)).toBe(false);
});

test('whoever waits or works is there; whoever does not react or has left is not', () => {
  expect(PingType.options.map((type) => [type, reacts(type)])).toEqual([
    ['waiting', true],
    ['idle', false],
    ['left', false],
    ['working', true],
    ['submitting', false],
  ]);
});
