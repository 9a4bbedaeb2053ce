import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { needsOf } from '../../../src/domain/needs.ts';
import { placesComing, placesFor, placesOpen } from '../../../src/domain/recruiting.ts';
import { type Demand, type Plan, plan, type Supply } from '../../../src/scheduler/plan.ts';
import { spare } from '../../../src/scheduler/policies/spare.ts';
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
} from '../situations.ts';

const TWO_AND_HALF = { places: 2, percent: 50 };
const planned = (demand: Demand, supply: Partial<Supply> = {}, sparePlaces = TWO_AND_HALF): Plan =>
  plan(demand, { ...noSupply, ...supply }, NOW, spare(sparePlaces), { maxOpenHits: 1_000 });
const posts = ({ post }: Plan) => post.map(({ reservationId, hits, places }) => [reservationId, hits, places]);
const one = (changes: Parameters<typeof demand>[1] = {}) => demand(1, { asked: 1, ...changes });

describe('what is offered', () => {
  test('is a place for everybody who is missing, and the spare ones', () =>
    expect(posts(planned([one()]))).toEqual([[reservation(1), 3, 1]]));

  test('is not added to while nobody comes', () =>
    expect(planned([one()], { hits: hits(3) })).toEqual({ post: [], expire: [] }));

  test('is made up when a HIT ran out, or somebody who waited left', () => {
    expect(posts(planned([one()], { hits: hits(2) }))).toEqual([[reservation(1), 1, 1]]);
    const taken = openHit(3, { arrivals: 1 });
    expect(posts(planned([one()], { hits: [...hits(2), taken] }))).toEqual([[reservation(1), 1, 1]]);
  });

  test('goes down as people come: of six for three, one who came leaves five for two', () =>
    expect(planned([demand(1)], { hits: [...hits(5), openHit(6, { arrivals: 1 })], waiting: [waiting(1)] })).toEqual({
      post: [],
      expire: [],
    }));

  test('leaves the market where it is more than that, the oldest HITs first', () => {
    const shown = [1, 2, 3, 4, 5].map((n) => openHit(n, { requestedAt: NOW - n * MINUTE }));
    expect(planned([one()], { hits: shown })).toEqual({ post: [], expire: [hit(4), hit(5)] });
  });

  test('leaves the market first where it was for a reservation that lacks nobody', () => {
    const other = openHit(9, { recruitedFor: reservation(2), requestedAt: NOW });
    expect(planned([one()], { hits: [...hits(3), other] }).expire).toEqual([hit(9)]);
  });

  test('leaves the market whole when enough wait, when every slot is held, and when no reservation is left', () => {
    const shown = { hits: [...hits(2), openHit(3, { arrivals: 1 })] };
    const all = { post: [], expire: [hit(1), hit(2), hit(3)] };
    expect(planned([one()], { ...shown, waiting: [waiting(1)] })).toEqual(all);
    expect(planned([one({ invokedAt: NOW, dispatched: 1 })], shown)).toEqual(all);
    expect(planned([], shown)).toEqual(all);
  });

  test('is for one ProtoHIT alone: people and HITs of another do not count', () => {
    const other = { protoHitId: protoHit(2) };
    const supply = { waiting: [{ ...waiting(9), ...other }], hits: [openHit(9, other)] };
    expect(planned([one()], supply)).toMatchObject({ post: [{ hits: 3 }], expire: [hit(9)] });
  });

  test('stays for a finished reservation as long as another lacks somebody whom it may bring', () =>
    expect(planned([one({ reservationId: reservation(2) })], { hits: hits(3) })).toEqual({ post: [], expire: [] }));

  test('is recruited from the moment a reservation is made, whatever its delay', () =>
    expect(posts(planned([one({ expectedAt: NOW + 60 * MINUTE })]))).toEqual([[reservation(1), 3, 1]]));
});

describe('HITs with several places', () => {
  test('have no more of them than are wanted', () => {
    expect(posts(planned([one({ maxAssignments: 100 })]))).toEqual([[reservation(1), 1, 3]]);
    expect(posts(planned([demand(1, { asked: 4, maxAssignments: 3 })]))).toEqual([
      [reservation(1), 2, 3],
      [reservation(1), 1, 2],
    ]);
  });

  test('make room for a smaller one when they offer too much', () => {
    const large = openHit(1, { maxAssignments: 9 });
    expect(planned([one({ maxAssignments: 9 })], { hits: [large] })).toEqual({ post: [], expire: [hit(1)] });
  });
});

describe('several reservations', () => {
  test('get what each lacks, and the spare places one each in turn', () =>
    // Five are missing, so four are spare.
    expect(posts(planned([one(), demand(2, { asked: 1 }), demand(3)]))).toEqual([
      [reservation(1), 3, 1],
      [reservation(2), 2, 1],
      [reservation(3), 4, 1],
    ]));
});

test('whatever is asked and whoever comes: never more on offer than what is missing and the spare places', () =>
  fc.assert(
    fc.property(anyDemand, anySupply, (demand, supply) => {
      // HITs that the marketplace will not let go cannot be held to anything.
      const hits = supply.hits.map((one) => ({ ...one, expireRequestedAt: null }));
      const { post, expire } = planned(demand, { ...supply, failures: [], hits });
      for (const n of [1, 2, 3]) {
        const isOwn = ({ protoHitId }: { protoHitId: string }) => protoHitId === protoHit(n);
        const needs = needsOf(demand.filter(isOwn), supply.waiting);
        const missing = needs.reduce((sum, need) => sum + need.missing, 0);
        const staying = hits.filter((one) => isOwn(one) && !expire.includes(one.hitId));
        const offered =
          staying.reduce((sum, one) => sum + placesOpen(one) + placesComing(one, NOW), 0) +
          post.filter(isOwn).reduce((sum, { hits, places }) => sum + hits * places, 0);
        // Places that were accepted already cannot be taken back.
        const coming = staying.reduce((sum, one) => sum + placesComing(one, NOW), 0);
        expect(offered).toBeLessThanOrEqual(Math.max(coming, placesFor(missing, TWO_AND_HALF)));
        // Nothing leaves the market and comes to it in one step.
        if (post.some(isOwn)) expect(offered).toBe(placesFor(missing, TWO_AND_HALF));
      }
    }),
  ));

describe('a HIT of which the marketplace has said something', () => {
  const said = (available: number, arrivals: number, more: Parameters<typeof openHit>[1] = {}) => ({
    listedAvailable: available,
    listedArrivals: arrivals,
    listedAt: NOW - MINUTE,
    ...more,
  });

  test('is on offer, though somebody says that they came by it', () =>
    expect(planned([one()], { hits: hits(3, { arrivals: 1, ...said(1, 1) }) })).toEqual({ post: [], expire: [] }));

  test('whose place was accepted brings somebody, for some minutes; then it brings nobody', () => {
    const taken = (minutes: number) => ({ hits: hits(3, said(0, 0, { listedAt: NOW - minutes * MINUTE })) });
    expect(planned([one()], taken(2.9))).toEqual({ post: [], expire: [] });
    expect(posts(planned([one()], taken(3)))).toEqual([[reservation(1), 3, 1]]);
  });

  test('lacks the places of those who came since', () =>
    expect(posts(planned([one()], { hits: hits(3, { arrivals: 1, ...said(1, 0) }) }))).toEqual([
      [reservation(1), 3, 1],
    ]));
});
