import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { HitId } from '../../src/domain/ids.ts';
import { freeHitIds } from '../../src/scheduler/hitIds.ts';
import { hit, reservation } from './situations.ts';

const idsFor = (used: ReadonlySet<HitId>, count: number): readonly HitId[] => {
  const free = freeHitIds(new Map([[reservation(1), used]]));
  return Array.from({ length: count }, () => free(reservation(1)));
};

test('each HIT of a reservation has its own id, and no two reservations share one', () => {
  const free = freeHitIds(new Map());
  const ids = [1, 2, 1, 2, 1].map((n) => free(reservation(n)));
  expect(new Set(ids).size).toBe(5);
});

test('whoever counts from the same HITs gives the same ids, whatever other HITs there are', () => {
  const first = idsFor(new Set(), 3);
  expect(idsFor(new Set([...first, hit(1)]), 2)).toEqual(idsFor(new Set(first), 2));
});

// What a planner has not seen yet was decided by another: it must not be decided again under another id.
test('planners with any views of one log decide, together, no more than the one who wanted most', () =>
  fc.assert(
    fc.property(
      fc.array(fc.record({ seen: fc.array(fc.nat(20)), wanted: fc.integer({ min: 1, max: 9 }) })),
      (steps) => {
        const log: HitId[] = [];
        let most = 0;
        for (const { seen, wanted } of steps) {
          const view = new Set(seen.flatMap((index) => log[index] ?? []));
          most = Math.max(most, view.size + wanted);
          for (const id of idsFor(view, wanted)) if (!log.includes(id)) log.push(id);
        }
        expect(log.length).toBeLessThanOrEqual(most);
      },
    ),
  ));
