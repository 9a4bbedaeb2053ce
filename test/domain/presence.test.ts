import { expect, test } from 'vitest';
import { isSuspect, PING_INTERVAL_MS, PingType } from '../../src/domain/presence.ts';
import { STARTED_AT as NOW } from '../support/events.ts';

test('a worker is suspect after one missed beat, not before', () => {
  expect(isSuspect(NOW, NOW + 2 * PING_INTERVAL_MS)).toBe(false);
  expect(isSuspect(NOW, NOW + 2 * PING_INTERVAL_MS + 1)).toBe(true);
});

test('a ping from a node whose clock is ahead makes nobody suspect', () => {
  expect(isSuspect(NOW + 1_000, NOW)).toBe(false);
});

test('a page says that its worker waits or works, nothing else', () => {
  expect(PingType.options).toEqual(['waiting', 'working']);
});
