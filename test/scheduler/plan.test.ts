import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Demand, type Plan, type Policy, plan, type Supply } from '../../src/scheduler/plan.ts';
import { classic } from '../../src/scheduler/policies/classic.ts';
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
const threePerTick = classic({ hitsPerTick: 3 });

const given = (demand: Demand, supply: Partial<Supply> = {}) => ({
  planned: (policy: Policy = threePerTick): Plan =>
    plan(demand, { ...noSupply, ...supply }, NOW, policy, { maxOpenHits: BOUND }),
});
const posts = (planned: Plan) => planned.post.map(({ reservationId, hits }) => [reservationId, hits]);

describe('classic', () => {
  test('posts HITS_PER_TICK HITs for a reservation that nobody waits for', () => {
    const planned = given([demand(1)]).planned();
    expect(planned).toEqual({
      post: [{ protoHitId: protoHit(1), reservationId: reservation(1), hits: 3 }],
      expire: [],
    });
  });

  test('posts as many again each tick while workers are missing', () =>
    expect(posts(given([demand(1)], { hits: hits(6) }).planned())).toEqual([[reservation(1), 3]]));

  test('posts for every reservation that lacks workers, and for no other', () => {
    const planned = given([demand(1), demand(2, { asked: 2, dispatched: 2 }), demand(3)]).planned();
    expect(posts(planned)).toEqual([
      [reservation(1), 3],
      [reservation(3), 3],
    ]);
  });

  test('recruits from the moment a reservation is made, whatever its delay', () =>
    expect(posts(given([demand(1, { expectedAt: NOW + 60 * MINUTE })]).planned())).toEqual([[reservation(1), 3]]));

  test('goes on recruiting for an invoked reservation with open slots', () =>
    expect(posts(given([demand(1, { invokedAt: NOW, asked: 3, dispatched: 2 })]).planned())).toEqual([
      [reservation(1), 3],
    ]));

  test('takes nothing off the market while anyone is missing', () =>
    expect(given([demand(1)], { hits: hits(6), waiting: [waiting(2)] }).planned().expire).toEqual([]));
});

describe('recruiting stops', () => {
  test('when enough people wait: every HIT leaves the market', () => {
    const planned = given([demand(1)], { hits: hits(2), waiting: [waiting(3)] }).planned();
    expect(planned).toEqual({ post: [], expire: [hit(1), hit(2)] });
  });

  test('when every slot is held, also by workers who were called and have not answered yet', () => {
    const planned = given([demand(1, { invokedAt: NOW, dispatched: 3 })], { hits: hits(1) }).planned();
    expect(planned).toEqual({ post: [], expire: [hit(1)] });
  });

  test('when no reservation is left', () => {
    const planned = given([], { hits: hits(2), waiting: [waiting(1)] }).planned();
    expect(planned).toEqual({ post: [], expire: [hit(1), hit(2)] });
  });

  test('and starts again when somebody leaves', () =>
    expect(posts(given([demand(1)], { waiting: [waiting(2)] }).planned())).toEqual([[reservation(1), 3]]));

  test('for one ProtoHIT only: people and HITs of another do not count', () => {
    const other = { protoHitId: protoHit(2) };
    const planned = given([demand(1)], { waiting: [{ ...waiting(9), ...other }], hits: [openHit(9, other)] }).planned();
    expect(planned.expire).toEqual([hit(9)]);
    expect(posts(planned)).toEqual([[reservation(1), 3]]);
  });

  test("keeps a finished reservation's HITs while another reservation of the ProtoHIT needs people", () => {
    const planned = given([demand(2)], { hits: [openHit(1, { recruitedFor: reservation(1) })] }).planned();
    expect(planned.expire).toEqual([]);
  });

  test('leaves a HIT in peace for ten minutes that the marketplace would not expire', () => {
    const asked = (minutesAgo: number) => hits(1, { expireRequestedAt: NOW - minutesAgo * MINUTE });
    expect(given([], { hits: asked(9) }).planned().expire).toEqual([]);
    expect(given([], { hits: asked(10) }).planned().expire).toEqual([hit(1)]);
  });
});

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

describe('bounds the original lacked', () => {
  test('no more HITs once a ProtoHIT has its bound of open ones', () => {
    const planned = given([demand(1)], { hits: hits(BOUND - 1) }).planned();
    expect(posts(planned)).toEqual([[reservation(1), 1]]);
    expect(posts(given([demand(1)], { hits: hits(BOUND) }).planned())).toEqual([]);
  });

  test('HITs that are full no longer count as open', () => {
    const full = hits(BOUND, { arrivals: 1 });
    expect(posts(given([demand(1)], { hits: full }).planned())).toEqual([[reservation(1), 3]]);
  });

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

describe('another policy beside the classic one', () => {
  const reckless: Policy = ({ needs, openHits }) => ({
    post: needs.map(({ reservation: { reservationId } }) => ({ reservationId, hits: 1_000.5 })),
    expire: openHits.slice(0, 1).map(({ hitId }) => hitId),
  });

  test('sees who is missing where, and may renew HITs', () => {
    const seen: number[] = [];
    const lookingOn: Policy = ({ needs }) => {
      seen.push(...needs.map(({ missing }) => missing));
      return { post: [], expire: [hit(1), hit(77)] };
    };
    const planned = given([demand(1), demand(2, { asked: 9 })], { hits: hits(2), waiting: [waiting(1)] }).planned(
      lookingOn,
    );
    expect(seen).toEqual([2, 9]);
    expect(planned).toEqual({ post: [], expire: [hit(1)] });
  });

  test('posts nothing for a reservation that lacks nobody', () =>
    expect(
      posts(given([demand(1, { asked: 1 }), demand(2)], { waiting: [waiting(1, reservation(1))] }).planned(reckless)),
    ).toEqual([[reservation(2), BOUND]]));

  test('is held to the bounds', () =>
    expect(posts(given([demand(1), demand(2)]).planned(reckless))).toEqual([[reservation(1), BOUND]]));

  const anyPolicy = fc.constantFrom(classic({ hitsPerTick: 1 }), threePerTick, classic({ hitsPerTick: 100 }), reckless);

  test('for any policy, demand and supply: the bounds hold', () =>
    fc.assert(
      fc.property(anyDemand, anySupply, anyPolicy, (demand, supply, policy) => {
        const planned = plan(demand, supply, NOW, policy, { maxOpenHits: BOUND });
        for (const n of [1, 2, 3]) {
          const own = demand.filter(({ protoHitId }) => protoHitId === protoHit(n));
          const open = supply.hits.filter(({ protoHitId }) => protoHitId === protoHit(n));
          const slots = own.reduce((sum, { asked, dispatched }) => sum + asked - dispatched, 0);
          // Who holds a slot already may have nowhere to go.
          const people = supply.waiting
            .filter(({ protoHitId, holds }) => protoHitId === protoHit(n) && holds.length === 0)
            .reduce((sum, { waiting }) => sum + waiting, 0);
          const posted = planned.post
            .filter(({ protoHitId }) => protoHitId === protoHit(n))
            .reduce((sum, { hits }) => sum + hits, 0);
          const withPlace = open.filter(({ arrivals, maxAssignments }) => arrivals < maxAssignments).length;
          const missing = Math.max(0, slots - people);

          if (posted > 0) expect(posted + withPlace).toBeLessThanOrEqual(BOUND);
          if (missing === 0) {
            expect(posted).toBe(0);
            const willing = open.filter(
              ({ expireRequestedAt }) => expireRequestedAt === null || expireRequestedAt <= NOW - 10 * MINUTE,
            );
            expect(planned.expire).toEqual(expect.arrayContaining(willing.map(({ hitId }) => hitId)));
          }
        }
        expect(planned.post.every(({ hits }) => Number.isInteger(hits) && hits > 0)).toBe(true);
        expect(new Set(planned.expire).size).toBe(planned.expire.length);
      }),
    ));

  test('the same inputs give the same plan, in whatever order they come', () =>
    fc.assert(
      fc.property(anyDemand, anySupply, (demand, supply) => {
        const once = plan(demand, supply, NOW, threePerTick, { maxOpenHits: BOUND });
        expect(plan(demand, supply, NOW, threePerTick, { maxOpenHits: BOUND })).toEqual(once);
        const turned = {
          waiting: supply.waiting.toReversed(),
          hits: supply.hits,
          failures: supply.failures.toReversed(),
        };
        const again = plan(demand.toReversed(), turned, NOW, threePerTick, { maxOpenHits: BOUND });
        const sorted = ({ post }: Plan) => post.map((one) => JSON.stringify(one)).toSorted();
        expect(sorted(again)).toEqual(sorted(once));
        expect(new Set(again.expire)).toEqual(new Set(once.expire));
      }),
    ));
});
