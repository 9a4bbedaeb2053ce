import fc from 'fast-check';
import { expect, test } from 'vitest';
import { needsOf } from '../../src/domain/needs.ts';
import { anyDemand, anySupply, demand, MINUTE, NOW, protoHit, reservation, waiting } from '../scheduler/situations.ts';

const shares = (...given: Parameters<typeof needsOf>) =>
  Object.fromEntries(
    needsOf(...given).map(({ reservation, waiting, missing }) => [reservation.reservationId, [waiting, missing]]),
  );

test('nobody is counted for a reservation of which they hold a slot: one slot a person', () => {
  const holder = { ...waiting(1), holds: [reservation(1)] };
  const open = demand(1, { invokedAt: NOW, asked: 3, dispatched: 1 });
  expect(shares([open], [holder])).toEqual({ [reservation(1)]: [0, 2] });
  expect(shares([open, demand(2, { asked: 1 })], [holder])).toEqual({
    [reservation(1)]: [0, 2],
    [reservation(2)]: [1, 0],
  });
});

test('who can go to the fewest reservations goes first', () => {
  const later = demand(2, { asked: 1, expectedAt: NOW + MINUTE });
  const people = [waiting(1), { ...waiting(1), holds: [reservation(2)] }];
  expect(shares([demand(1, { asked: 1 }), later], people)).toEqual({
    [reservation(1)]: [1, 0],
    [reservation(2)]: [1, 0],
  });
});

test('for any demand and supply: no more people are shared out than there are, and to none more than it lacks', () =>
  fc.assert(
    fc.property(anyDemand, anySupply, (all, supply) => {
      for (const n of [1, 2, 3]) {
        const own = all.filter(({ protoHitId }) => protoHitId === protoHit(n));
        const people = supply.waiting.filter(({ protoHitId }) => protoHitId === protoHit(n));
        const needs = needsOf(own, supply.waiting);
        const sum = (numbers: readonly number[]) => numbers.reduce((total, one) => total + one, 0);
        expect(sum(needs.map((need) => need.waiting))).toBeLessThanOrEqual(sum(people.map((group) => group.waiting)));
        for (const { reservation, waiting, missing } of needs) {
          expect(waiting + missing).toBe(reservation.asked - reservation.dispatched);
          expect(Math.min(waiting, missing)).toBeGreaterThanOrEqual(0);
          const able = people.filter(({ holds }) => !holds.includes(reservation.reservationId));
          expect(waiting).toBeLessThanOrEqual(sum(able.map((group) => group.waiting)));
        }
      }
    }),
  ));
