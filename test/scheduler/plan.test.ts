import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Demand, type Plan, type Policy, plan, type Supply } from '../../src/scheduler/plan.ts';
import { classic } from '../../src/scheduler/policies/classic.ts';
import { spare } from '../../src/scheduler/policies/spare.ts';
import {
  anyDemand,
  anySupply,
  demand,
  hit,
  hits,
  MINUTE,
  NOW,
  noSupply,
  openHit,
  protoHit,
  reservation,
  waiting,
} from './situations.ts';

const BOUND = 36;
/** Three HITs for every reservation that lacks somebody, whatever there is. */
const three: Policy = ({ needs }) => ({
  post: needs
    .filter(({ missing }) => missing > 0)
    .map(({ reservation: { reservationId } }) => ({ reservationId, hits: 3, places: 1 })),
  expire: [],
});
const reckless: Policy = ({ needs, openHits }) => ({
  post: needs.map(({ reservation: { reservationId } }) => ({ reservationId, hits: 1_000.5, places: 1 })),
  expire: openHits.slice(0, 1).map(({ hitId }) => hitId),
});
const clearing: Policy = ({ openHits }) => ({ post: [], expire: openHits.map(({ hitId }) => hitId) });

const given = (demand: Demand, supply: Partial<Supply> = {}) => ({
  planned: (policy: Policy = three): Plan =>
    plan(demand, { ...noSupply, ...supply }, NOW, policy, { maxOpenHits: BOUND }),
});
const posts = (planned: Plan) => planned.post.map(({ reservationId, hits }) => [reservationId, hits]);

describe('those who wait are counted once', () => {
  test('first for the reservation that recruited them, the rest for the others', () => {
    const pool = [waiting(3, reservation(1)), waiting(1)];
    const planned = given([demand(1), demand(2, { asked: 1 }), demand(3, { asked: 1 })], { waiting: pool }).planned();
    expect(posts(planned)).toEqual([[reservation(3), 3]]);
  });

  test('surplus people of one reservation fill another', () => {
    const pool = [waiting(5, reservation(1))];
    expect(posts(given([demand(1), demand(2, { asked: 2 })], { waiting: pool }).planned())).toEqual([]);
  });

  test('the soonest expected reservation is served first', () => {
    const later = demand(1, { expectedAt: NOW + MINUTE });
    expect(posts(given([later, demand(2)], { waiting: [waiting(3)] }).planned())).toEqual([[reservation(1), 3]]);
  });
});

describe('a policy', () => {
  test('sees who is missing where, also where nobody is, and may take HITs off the market', () => {
    const seen: number[] = [];
    const lookingOn: Policy = ({ needs }) => {
      seen.push(...needs.map(({ missing }) => missing));
      return { post: [], expire: [hit(1), hit(77)] };
    };
    const supply = { hits: hits(2), waiting: [waiting(1)] };
    const planned = given([demand(1), demand(2, { asked: 9 }), demand(3, { dispatched: 3 })], supply).planned(
      lookingOn,
    );
    expect(seen).toEqual([2, 9, 0]);
    expect(planned).toEqual({ post: [], expire: [hit(1)] });
  });

  test('sees the HITs of a ProtoHIT that no reservation is left of', () =>
    expect(given([], { hits: [openHit(4, { protoHitId: protoHit(3) })] }).planned(clearing).expire).toEqual([hit(4)]));

  test('posts for open reservations only', () => {
    const forAnother: Policy = () => ({ post: [{ reservationId: reservation(9), hits: 1, places: 1 }], expire: [] });
    expect(given([demand(1)]).planned(forAnother).post).toEqual([]);
  });

  test('leaves a HIT alone for ten minutes that the marketplace would not expire', () => {
    const asked = (minutesAgo: number) => hits(1, { expireRequestedAt: NOW - minutesAgo * MINUTE });
    expect(given([], { hits: asked(9) }).planned(clearing).expire).toEqual([]);
    expect(given([], { hits: asked(10) }).planned(clearing).expire).toEqual([hit(1)]);
  });
});

describe('bounds the original lacked', () => {
  test('no more HITs once a ProtoHIT has its bound of open ones', () => {
    const planned = given([demand(1)], { hits: hits(BOUND - 1) }).planned();
    expect(posts(planned)).toEqual([[reservation(1), 1]]);
    expect(posts(given([demand(1)], { hits: hits(BOUND) }).planned())).toEqual([]);
    expect(posts(given([demand(1), demand(2)]).planned(reckless))).toEqual([[reservation(1), BOUND]]);
  });

  test('HITs that are full no longer count as open, when the marketplace says so', () => {
    const full = hits(BOUND, { listedAvailable: 0, listedArrivals: 1, listedAt: NOW, arrivals: 1 });
    expect(posts(given([demand(1)], { hits: full }).planned())).toEqual([[reservation(1), 3]]);
  });

  test('HITs of which people only say that they came stay open', () =>
    expect(posts(given([demand(1)], { hits: hits(BOUND, { arrivals: 1 }) }).planned())).toEqual([]));

  test('a ProtoHIT whose posts were refused rests, then tries one, and rests as long as it has been failing', () => {
    const failing = (firstMinutesAgo: number, lastMinutesAgo: number) => ({
      failures: [
        {
          protoHitId: protoHit(1),
          firstAt: NOW - firstMinutesAgo * MINUTE,
          lastAt: NOW - lastMinutesAgo * MINUTE,
        },
      ],
    });
    expect(posts(given([demand(1)], failing(0.5, 0.5)).planned())).toEqual([]);
    expect(posts(given([demand(1)], failing(1, 1)).planned())).toEqual([[reservation(1), 1]]);
    expect(posts(given([demand(1)], failing(7, 3)).planned())).toEqual([]);
    expect(posts(given([demand(1)], failing(8, 4)).planned())).toEqual([[reservation(1), 1]]);
    expect(posts(given([demand(1)], failing(600, 9)).planned())).toEqual([]);
    expect(posts(given([demand(1)], failing(600, 10)).planned())).toEqual([[reservation(1), 1]]);
  });
});

const twoAndHalf = spare({ places: 2, percent: 50 });
const anyPolicy = fc.constantFrom(
  twoAndHalf,
  spare({ places: 0, percent: 0 }),
  classic({ hitsPerTick: 3, timeoutMinutes: 30 }),
  classic({ hitsPerTick: 100, timeoutMinutes: 30 }),
  reckless,
);

test('for any policy, demand and supply: the bounds hold', () =>
  fc.assert(
    fc.property(anyDemand, anySupply, anyPolicy, (demand, supply, policy) => {
      const planned = plan(demand, supply, NOW, policy, { maxOpenHits: BOUND });
      for (const n of [1, 2, 3]) {
        const isOwn = ({ protoHitId }: { protoHitId: string }) => protoHitId === protoHit(n);
        const posted = planned.post.filter(isOwn).reduce((sum, { hits }) => sum + hits, 0);
        const withPlace = supply.hits
          .filter(isOwn)
          .filter(({ listedAvailable, maxAssignments }) => (listedAvailable ?? maxAssignments) > 0);
        if (posted > 0) expect(posted + withPlace.length).toBeLessThanOrEqual(BOUND);
      }
      expect(planned.post.every(({ hits, places }) => Number.isInteger(hits) && hits > 0 && places > 0)).toBe(true);
      expect(new Set(planned.expire).size).toBe(planned.expire.length);
    }),
  ));

test('the same inputs give the same plan, in whatever order they come', () =>
  fc.assert(
    fc.property(anyDemand, anySupply, anyPolicy, (demand, supply, policy) => {
      const once = plan(demand, supply, NOW, policy, { maxOpenHits: BOUND });
      expect(plan(demand, supply, NOW, policy, { maxOpenHits: BOUND })).toEqual(once);
      const turned = {
        waiting: supply.waiting.toReversed(),
        hits: policy === reckless ? supply.hits : supply.hits.toReversed(),
        failures: supply.failures.toReversed(),
      };
      const again = plan(demand.toReversed(), turned, NOW, policy, { maxOpenHits: BOUND });
      const sorted = ({ post }: Plan) => post.map((one) => JSON.stringify(one)).toSorted();
      expect(sorted(again)).toEqual(sorted(once));
      expect(new Set(again.expire)).toEqual(new Set(once.expire));
    }),
  ));
