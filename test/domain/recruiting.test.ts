import { describe, expect, test } from 'vitest';
import {
  placesAtFirst,
  placesAwaited,
  placesComing,
  placesFor,
  placesOpen,
  readRecruitingRule,
  readSparePlaces,
} from '../../src/domain/recruiting.ts';

test.each([
  ['2+50%', 1, 3],
  ['2+50%', 3, 6],
  ['2+50%', 100, 152],
  ['0', 4, 4],
  ['3', 4, 7],
  ['25%', 4, 5],
  ['2+50%', 0, 0],
] as const)('SPARE_PLACES=%s offers, for %i missing, %i places', (written, missing, places) =>
  expect(placesFor(missing, readSparePlaces(written))).toBe(places),
);

describe('places posted at first', () => {
  const settings = { sparePlaces: '2+50%', hitsPerTick: 3 };
  const of = { workers: 4, maxAssignments: 5 };

  test('are what is missing and the spare ones, however many places a HIT has', () =>
    expect(placesAtFirst(readRecruitingRule({ ...settings, policy: 'spare' }), of)).toBe(8));

  test('with the rule of the original are those of a round’s HITs, however many people are missing', () =>
    expect(placesAtFirst(readRecruitingRule({ ...settings, policy: 'classic' }), of)).toBe(15));
});

describe('the places of a HIT', () => {
  const NOW = 1_000_000;
  const unlisted = { maxAssignments: 5, arrivals: 2, listedAvailable: null, listedArrivals: null, listedAt: null };
  const listed = { ...unlisted, listedAvailable: 1, listedArrivals: 2, listedAt: NOW };

  test('are open but for those who came, while the marketplace said nothing', () => {
    expect(placesOpen(unlisted)).toBe(3);
    expect(placesAwaited(unlisted)).toBe(0);
  });

  test('are open as the marketplace said, and those that nobody came for are awaited', () => {
    expect(placesOpen(listed)).toBe(1);
    expect(placesAwaited(listed)).toBe(2);
  });

  test('bring somebody for three minutes after they were accepted, though they are awaited longer', () => {
    expect(placesComing(listed, NOW + 179_999)).toBe(2);
    expect(placesComing(listed, NOW + 180_000)).toBe(0);
    expect(placesAwaited(listed)).toBe(2);
  });
});
