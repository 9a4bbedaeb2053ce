import { afterAll, beforeAll, expect, test } from 'vitest';
import { demandNow } from '../../src/projections/demand.ts';
import {
  awaitingExpire,
  awaitingPost,
  hitsByMarketplaceIds,
  listHits,
  newestHitsPosted,
  openHitsOfReservation,
} from '../../src/projections/hits.ts';
import { houseNow } from '../../src/projections/houseNow.ts';
import { placesOnMarketFor } from '../../src/projections/marketPlaces.ts';
import type { Queryable } from '../../src/projections/projection.ts';
import { listReservations } from '../../src/projections/reservationList.ts';
import {
  dueToStopRecruiting,
  dueToTimeOut,
  invokedWithOpenSlots,
  someInvoked,
} from '../../src/projections/reservations.ts';
import { COUNTED_UP_TO, countStatus, listStatus } from '../../src/projections/statusList.ts';
import { bystandersOf, streamsTouchedBy } from '../../src/projections/storyStreams.ts';
import { placesHeldOnHit, tasksOf } from '../../src/projections/tasks.ts';
import { calledInVain, calledTo } from '../../src/projections/unstarted.ts';
import { peopleWaiting } from '../../src/projections/waitingPeople.ts';
import { silentCalled } from '../../src/projections/waitingPool.ts';
import { waitingWorkers } from '../../src/projections/whomToCall.ts';
import { ids, STARTED_AT } from '../support/events.ts';
import { freshReadModels, type ReadModels } from '../support/readModels.ts';

let models: ReadModels;
beforeAll(async () => {
  models = await freshReadModels();
  await models.db.query(SEED);
});
afterAll(() => models.database.drop());

/**
 * A house that has been busy: 20,000 of everything, most of it long over; 10,000 workers wait, all but a few for
 * one ProtoHIT, 500 of them recruited for one reservation and 50 silent for half a minute.
 */
const id = (kind: number, n: string) => `('0000000${kind}-0000-7000-8000-' || lpad((${n})::text, 12, '0'))::uuid`;
const SEED = `
  insert into proto_hits
  select ${id(1, 'n')}, 'type ' || n, '{}', true, ${STARTED_AT} from generate_series(1, 20) n;

  insert into reservations
  select ${id(2, 'n')}, ${id(1, '1 + n % 20')}, 'job', null, ${STARTED_AT} + n, ${STARTED_AT} + n, 3,
         case when n % 200 = 0 then 'made' when n % 200 = 1 then 'invoked' else 'finished' end,
         ${STARTED_AT}, ${STARTED_AT} + n, null, null, 0, 0, '{}'
  from generate_series(1, 20000) n;

  insert into tasks
  select 'ASSIGNMENT' || n, 'WORKER' || n, ${id(3, 'n')}, 'MARKETHIT' || n, ${id(1, '1')},
         case when n % 100 = 0 then 'submitted' else 'waiting' end, null, false, 0, null, null, null, false,
         ${STARTED_AT} + n, ${STARTED_AT}, null, null, null, null, null, 0
  from generate_series(1, 20000) n;

  insert into waiting_pool
  select 'ASSIGNMENT' || n, 'WORKER' || n, ${id(1, 'case when n % 100 = 0 then 2 else 1 end')},
         case when n % 20 = 0 then ${id(2, '7')} end, case when n > 10000 then 'away' when n % 1000 = 5 then 'called' else 'waiting' end,
         ${STARTED_AT} - n, ${STARTED_AT} - case when n % 200 = 3 then 30000 else n % 3000 end, n % 9 > 0,
         ${id(2, '7')}, ${STARTED_AT}, true, false
  from generate_series(1, 20000) n;

  insert into hits
  select ${id(3, 'n')}, ${id(1, '1 + n % 20')}, ${id(2, 'n')},
         case when n % 500 = 0 then 'requested' when n % 500 = 1 then 'expiring' when n % 500 = 2 then 'posted' else 'disposed' end,
         'MARKETHIT' || n, ${id(6, 'n')}, '{}', true, 1, ${STARTED_AT} + n, null, null, null, ${STARTED_AT}, false, 1, null
  from generate_series(1, 20000) n;

  insert into story_streams
  select 'assignment-ASSIGNMENT' || n, ${id(1, '1 + n % 2')}, ${id(2, 'n / 4')}, ${id(2, 'n / 5')},
         ${STARTED_AT} + n * 1000, ${STARTED_AT} + n * 1000 + 60000
  from generate_series(1, 20000) n;

  analyze proto_hits, reservations, tasks, waiting_pool, hits, story_streams;
`;

type PlanNode = {
  'Node Type': string;
  'Relation Name'?: string;
  'Index Name'?: string;
  'Actual Rows': number;
  'Rows Removed by Filter'?: number;
  Plans?: readonly PlanNode[];
};

/** What Postgres did for every query that `ask` asked: nodes of the plans, with what they met. */
async function plansOf(ask: (db: Queryable) => Promise<unknown>): Promise<readonly PlanNode[]> {
  const asked: [sql: string, parameters: unknown[]][] = [];
  const recording = {
    query: (query: string | { text: string; values: unknown[] }, parameters: unknown[]) => {
      const [sql, values] = typeof query === 'string' ? [query, parameters] : [query.text, query.values];
      asked.push([sql, values]);
      return models.db.query(sql, values);
    },
  } as unknown as Queryable;
  await ask(recording);
  const plans = await Promise.all(
    asked.map(([sql, parameters]) =>
      models.db.query<{ 'QUERY PLAN': [{ Plan: PlanNode }] }>(`explain (analyze, format json) ${sql}`, parameters),
    ),
  );
  const nodes = (node: PlanNode): readonly PlanNode[] => [node, ...(node.Plans ?? []).flatMap(nodes)];
  return plans.flatMap(({ rows }) => rows.flatMap((row) => nodes(row['QUERY PLAN'][0].Plan)));
}

const indexes = (plan: readonly PlanNode[]) => new Set(plan.flatMap((node) => node['Index Name'] ?? []));
const scannedWhole = (plan: readonly PlanNode[]) =>
  plan.filter((node) => node['Node Type'] === 'Seq Scan').map((node) => node['Relation Name']);
const mostRowsMet = (plan: readonly PlanNode[]) =>
  Math.max(...plan.map((node) => node['Actual Rows'] + (node['Rows Removed by Filter'] ?? 0)));

const now = STARTED_AT;
const presence = { now, pingTimeoutMs: 10_000 };
const protoHitId = ids.protoHit(1);

const lookUps: readonly [name: string, index: string, ask: (db: Queryable) => Promise<unknown>][] = [
  [
    'tasks of polling workers',
    'tasks_pkey',
    (db) =>
      tasksOf(
        db,
        Array.from({ length: 100 }, (_, n) => ids.assignment(n * 7)),
      ),
  ],
  [
    'the HITs that landing pages name',
    'hits_by_marketplace_id',
    (db) => hitsByMarketplaceIds(db, [ids.marketplaceHit(5)]),
  ],
  [
    'who holds places of a HIT',
    'tasks_by_hit',
    (db) => placesHeldOnHit(db, { hitId: ids.hit(5), except: ids.assignment(1), ...presence }),
  ],
  ['reservations with slots to fill', 'reservations_to_fill', (db) => invokedWithOpenSlots(db, protoHitId)],
  ['all reservations with slots to fill', 'reservations_to_fill', (db) => invokedWithOpenSlots(db)],
  ['whether another has slots to fill', 'reservations_to_fill', (db) => someInvoked(db, [protoHitId])],
  ['demand', 'reservations_in_need', (db) => demandNow(db)],
  ['reservations out of patience', 'reservations_to_time_out', (db) => dueToTimeOut(db, { now, timeoutMinutes: 30 })],
  [
    'reservations that nobody finished',
    'reservations_to_stop_recruiting',
    (db) => dueToStopRecruiting(db, { now: STARTED_AT, timeoutMinutes: 30 }),
  ],
  ['what to post', 'hits_to_post', (db) => awaitingPost(db, { limit: 100 })],
  ['what to expire', 'hits_to_expire', (db) => awaitingExpire(db, { limit: 100 })],
  ['the newest HITs of a ProtoHIT', 'hits_by_post', (db) => newestHitsPosted(db, { protoHitId, limit: 50 })],
  [
    'what the market has for reservations',
    'hits_by_recruiter',
    (db) => placesOnMarketFor(db, { now, reservationIds: [ids.reservation(2)] }),
  ],
  ["a reservation's HITs", 'hits_open_by_recruiter', (db) => openHitsOfReservation(db, ids.reservation(2))],
  ['who was called in vain', 'waiting_pool_called', (db) => calledInVain(db, { limit: 100 })],
  ['who was called to a reservation', 'waiting_pool_called', (db) => calledTo(db, ids.reservation(7))],
  [
    'who was called and is silent',
    'waiting_pool_called',
    (db) => silentCalled(db, { ...presence, responseTimeoutMs: 20_000 }),
  ],
];

test.each(lookUps)('%s are found by the index %s', async (_, index, ask) => {
  const plan = await plansOf(ask);
  expect(indexes(plan)).toContain(index);
  expect(scannedWhole(plan)).toEqual([]);
});

test('the streams of a story are found by whom they were for, not among all there are', async () => {
  const plan = await plansOf((db) => streamsTouchedBy(db, ids.reservation(700)));
  expect(indexes(plan)).toEqual(new Set(['story_streams_recruited', 'story_streams_called']));
  expect(mostRowsMet(plan)).toBeLessThan(20);
});

test('who waited in a minute of a long log is found among those who waited in that minute', async () => {
  const from = STARTED_AT + 10_000_000;
  const waited = { reservationId: ids.reservation(700), protoHitId, from, to: from + 60_000 };
  const plan = await plansOf((db) => bystandersOf(db, waited));
  expect(indexes(plan)).toEqual(new Set(['story_streams_waited']));
  expect(mostRowsMet(plan)).toBeLessThan(200);
});

test('whom to call is found without looking at everybody who waits', async () => {
  const plan = await plansOf((db) =>
    waitingWorkers(db, [{ protoHitId, preferRecruitedFor: [ids.reservation(7)], limit: 30 }], presence),
  );
  expect(indexes(plan)).toEqual(
    new Set(['waiting_pool_by_proto_hit', 'waiting_pool_by_recruiter', 'waiting_pool_by_worker', 'tasks_slots']),
  );
  // The limit, twice, and those silent ones that stand in between.
  expect(mostRowsMet(plan)).toBeLessThan(100);
});

test('whom to call is found behind somebody who hoards assignments, at a look-up for each of those', async () => {
  const HOARD = 500;
  await models.db.query('begin');
  try {
    await models.db.query(`update waiting_pool set worker_id = 'WORKER1', reacts = true, state = 'waiting'
                           where assignment_id in (select 'ASSIGNMENT' || n from generate_series(9501, 10000) n)`);
    const wanted = { protoHitId, preferRecruitedFor: [ids.reservation(7)], limit: 30 };
    const [found = []] = await waitingWorkers(models.db, [wanted], presence);
    expect(new Set(found.map(({ workerId }) => workerId)).size).toBe(30);
    const plan = await plansOf((db) => waitingWorkers(db, [wanted], presence));
    expect(scannedWhole(plan)).toEqual([]);
    expect(mostRowsMet(plan)).toBeLessThan(100 + HOARD);
  } finally {
    await models.db.query('rollback');
  }
});

test('who waits for a page of reservations is found among those who wait, and what they hold by their ids', async () => {
  const plan = await plansOf((db) => peopleWaiting(db, { ...presence, protoHitIds: [ids.protoHit(2)] }));
  expect(indexes(plan)).toContain('tasks_slots');
  expect(scannedWhole(plan)).not.toContain('tasks');
  expect(scannedWhole(plan)).not.toContain('reservations');
});

test('a page of reservations is read from an index, the first and a later one, filtered or not', async () => {
  const before = ids.reservation(9_000);
  const pages = { limit: 25, ...presence };
  for (const [filter, index] of [
    [{}, 'reservations_by_age'],
    [{ before }, 'reservations_by_age'],
    [{ protoHitId }, 'reservations_by_proto_hit'],
    [{ protoHitId, before }, 'reservations_by_proto_hit'],
    [{ phase: 'invoked' as const }, 'reservations_by_phase'],
  ] as const) {
    const plan = await plansOf((db) => listReservations(db, { ...pages, ...filter }));
    expect(indexes(plan)).toContain(index);
    expect(scannedWhole(plan)).not.toContain('reservations');
    const page = plan.filter((node) => node['Index Name'] === index);
    expect(mostRowsMet(page)).toBeLessThanOrEqual(25);
  }
});

/** Of all reservations; the status page looks at each of them, and shows what needs somebody first. */
const OPEN = 200;

test('a status page looks at what is open, and at no more of the closed than it shows, filtered or not', async () => {
  for (const asked of [
    {},
    { from: 400 },
    { before: ids.reservation(9_000) },
    { protoHitId },
    { protoHitId, before: ids.reservation(9_000) },
    { phase: 'invoked' as const },
    { phase: 'finished' as const },
    // Found in all of them: closed ones in the order of their age, until there are enough.
    { search: 'job' },
  ]) {
    const plan = await plansOf((db) => listStatus(db, { limit: 25, ...presence, ...asked }));
    expect(scannedWhole(plan)).not.toContain('reservations');
    expect(scannedWhole(plan)).not.toContain('hits');
    const met = mostRowsMet(plan.filter((node) => node['Relation Name'] === 'reservations'));
    expect(met).toBeLessThanOrEqual(OPEN + 25 + ('from' in asked ? asked.from : 0));
  }
});

test('reservations are counted up to a bound, not all there ever were', async () => {
  const plan = await plansOf((db) => countStatus(db, {}));
  expect(await countStatus(models.db, {})).toBe(COUNTED_UP_TO + 1);
  expect(mostRowsMet(plan)).toBeLessThanOrEqual(COUNTED_UP_TO + 1);
});

test('what a status page counts is what waits and what is open, not what ever was', async () => {
  const plan = await plansOf((db) => houseNow(db, presence));
  expect(indexes(plan)).toContain('reservations_by_phase');
  expect(scannedWhole(plan)).not.toContain('reservations');
  expect(scannedWhole(plan)).not.toContain('hits');
});

test('a page of HITs is read from an index', async () => {
  for (const before of [undefined, ids.hit(9_000)]) {
    const plan = await plansOf((db) => listHits(db, { limit: 25, before }));
    expect(indexes(plan)).toContain('hits_by_age');
    expect(scannedWhole(plan)).toEqual([]);
  }
});

test('a ping changes its row in place and no index', async () => {
  const { rows } = await models.db.query<{ indexdef: string }>(
    `select indexdef from pg_indexes where tablename = 'waiting_pool'`,
  );
  expect(rows.length).toBeGreaterThan(0);
  for (const { indexdef } of rows) expect(indexdef).not.toMatch(/last_ping_at|reacts/);
});
