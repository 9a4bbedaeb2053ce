import { describe, expect, test } from 'vitest';
import { type Demand, type Plan, plan, type Supply } from '../../../src/scheduler/plan.ts';
import { classic } from '../../../src/scheduler/policies/classic.ts';
import { demand, hits, MINUTE, NOW, noSupply, reservation, waiting } from '../situations.ts';

const planned = (demand: Demand, supply: Partial<Supply> = {}): Plan =>
  plan(demand, { ...noSupply, ...supply }, NOW, classic({ hitsPerTick: 3, timeoutMinutes: 30 }), { maxOpenHits: 100 });
const posts = ({ post }: Plan) => post.map(({ reservationId, hits }) => [reservationId, hits]);

// uid/realtime-turk at 2abd578, cron.py and models.py (`WorkReservation.workers`).
describe('the original rule, every round', () => {
  test('posts so many HITs for each open reservation for which fewer wait than it asked for', () => {
    const pool = [waiting(2, reservation(1)), waiting(3, reservation(2))];
    expect(posts(planned([demand(1), demand(2), demand(3)], { waiting: pool }))).toEqual([
      [reservation(1), 3],
      [reservation(3), 3],
    ]);
  });

  test('posts as many again, however many are on the market already', () =>
    expect(posts(planned([demand(1)], { hits: hits(9) }))).toEqual([[reservation(1), 3]]));

  test('gives each HIT all the places that its ProtoHIT says', () =>
    expect(planned([demand(1, { maxAssignments: 7 })]).post).toMatchObject([{ hits: 3, places: 7 }]));

  test('counts nobody who was recruited for another', () =>
    expect(posts(planned([demand(1)], { waiting: [waiting(9, reservation(2)), waiting(9)] }))).toEqual([
      [reservation(1), 3],
    ]));

  test('recruits from the moment a reservation is made, whatever its delay', () =>
    expect(posts(planned([demand(1, { expectedAt: NOW + 60 * MINUTE })]))).toEqual([[reservation(1), 3]]));

  test('goes on when everybody was called, for they no longer wait', () =>
    expect(posts(planned([demand(1, { invokedAt: NOW, dispatched: 3 })]))).toEqual([[reservation(1), 3]]));

  test('stops half an hour after the expected start, invoked or not, and for no other', () => {
    const late = { expectedAt: NOW - 30 * MINUTE - 1 };
    const inTime = demand(3, { expectedAt: NOW - 30 * MINUTE });
    expect(posts(planned([demand(1, late), demand(2, { ...late, invokedAt: NOW }), inTime]))).toEqual([
      [reservation(3), 3],
    ]);
  });

  test('takes nothing off the market early, whether enough wait or nobody asks for anybody any more', () => {
    const hitsThere = { hits: hits(6) };
    expect(planned([demand(1)], { ...hitsThere, waiting: [waiting(3, reservation(1))] })).toEqual({
      post: [],
      expire: [],
    });
    expect(planned([], hitsThere)).toEqual({ post: [], expire: [] });
  });
});
