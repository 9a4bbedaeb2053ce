import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { feeOnReward } from '../../src/domain/fees.ts';
import { atMostEvery } from '../../src/http/metrics/gauges.ts';
import { largest } from '../../src/http/metrics/people.ts';
import { leaseOf } from '../../src/projections/oldVersions.ts';
import { tasks } from '../../src/projections/tasks.ts';
import { openWork, startTestService, type TestService, until } from '../support/service.ts';
import { clientOf } from './client.ts';
import { protoHit } from './wire.ts';

let service: TestService;
beforeAll(async () => {
  service = await startTestService();
});
afterAll(async () => {
  await service.end();
});

const scrape = async (): Promise<string> => (await fetch(`${service.url}/metrics`)).text();
/** Undefined if there is no such figure. */
const metric = async (name: string): Promise<number | undefined> => {
  const line = (await scrape()).split('\n').find((candidate) => candidate.startsWith(`${name} `));
  return line === undefined ? undefined : Number(line.split(' ').at(-1));
};
const post = (path: string, form: Record<string, string>): Promise<Response> =>
  fetch(`${service.url}/${path}`, { method: 'POST', body: new URLSearchParams(form) });
const arrive = (n: number, hit: string): Promise<Response> =>
  fetch(`${service.url}/ping/worker/W${n}/assignment/A${n}/hit/${hit}/event/waiting`);

test('from the invoke to the worker who was told: latency, pools, money', async () => {
  const { reservationId, protoHitId, hit } = await openWork(service, { places: 100 });
  const { rows } = await service.database.pool.query<{ name: string }>(
    `select data->'fields'->>'hitTypeId' as name from event_store.events
     where type = 'ProtoHitDefined' and stream = $1`,
    [`protoHit-${protoHitId}`],
  );
  const pool = (state: string) => `retainer_pool_workers{proto_hit="${rows[0]?.name}",state="${state}"}`;
  await arrive(1, hit);
  const told = fetch(`${service.url}/wait/assignment/A1`).then((answer) => answer.text());
  await until(async () => (await metric(pool('waiting'))) === 1);
  await until(async () => (await metric('retainer_streams')) === 1);
  expect(await metric('retainer_told_seconds_count')).toBe(0);

  const invokedAt = performance.now();
  await post('reservation/invoke', { id: reservationId });
  expect(await told).toContain('event: task');
  await until(async () => (await metric('retainer_told_seconds_count')) === 1);
  await fetch(`${service.url}/gettask/assignment/A1`);
  expect(await metric('retainer_told_seconds_count')).toBe(1);
  expect(await metric('retainer_told_seconds_sum')).toBeLessThan((performance.now() - invokedAt) / 1000);
  // A page without a token responds by being told: it is at work, and in no pool.
  await until(async () => ((await metric(pool('waiting'))) ?? 0) === 0);
  expect((await metric(pool('called'))) ?? 0).toBe(0);
  expect(await metric('retainer_streams')).toBe(0);
});

test('a node says which leases it holds, how long its queues are, and what it has of Postgres', async () => {
  for (const lease of [leaseOf(tasks), 'scheduler'])
    await until(async () => (await metric(`retainer_lease_held{lease="${lease}"}`)) === 1);
  for (const queue of ['appends', 'stream_reads', 'task_lookups', 'postgres', 'postgres_log'])
    expect(await metric(`retainer_queue_depth{queue="${queue}"}`)).toBeLessThan(10);
  expect(await metric('retainer_postgres_connections{pool="log",state="idle"}')).toBeGreaterThan(0);
});

test('appends of one turn share a batch, and both are counted', async () => {
  const figures = async () => ({
    appends: (await metric('retainer_append_batch_appends_sum')) ?? 0,
    batches: (await metric('retainer_append_batch_appends_count')) ?? 0,
    events: (await metric('retainer_append_batch_events_sum')) ?? 0,
  });
  const before = await figures();
  const { commands } = service.core;
  const context = { actor: 'operator:test', requestId: 'metrics' } as const;
  await Promise.all(Array.from({ length: 20 }, (_, n) => commands.issueApiKey(context, { label: `key ${n}` })));
  const after = await figures();
  expect(after.appends - before.appends).toBeGreaterThanOrEqual(20);
  expect(after.events - before.events).toBeGreaterThanOrEqual(20);
  expect(after.batches - before.batches).toBeLessThan(20);
});

test('calls to the marketplace are counted by what became of them', async () => {
  const recruiting = await startTestService({ SCHEDULER_INTERVAL_SECONDS: '1' });
  try {
    const client = clientOf(recruiting.url);
    const id = (await client.post('puttask', { json: protoHit() })).text;
    await client.post('reservation/make', { id, foreignID: 'x', delay: 0, numAssignments: 1 });
    const posted = /^retainer_marketplace_seconds_count\{call="postHit",outcome="done"\} [1-9]/m;
    await until(async () => posted.test((await client.get('metrics')).text));
  } finally {
    await recruiting.end();
  }
});

test('refusals are counted by status', async () => {
  // A poll for an assignment that nobody has heard of waits for no ping.
  const hasty = await startTestService({}, { patience: { firstPingMs: 0 } });
  try {
    const client = clientOf(hasty.url);
    await client.get('gettask/assignment/nobody');
    await client.get('gettask/assignment/A1?wait=x');
    const { text } = await client.get('metrics');
    expect(text).toContain('retainer_worker_refusals_total{status="404"} 1\n');
    expect(text).toContain('retainer_worker_refusals_total{status="400"} 1\n');
  } finally {
    await hasty.end();
  }
});

test('what HITs cost is paid, owed or offered', async () => {
  // A node of its own looks for the first time: the sum is kept for a minute.
  const fresh = await startTestService();
  try {
    const { hit } = await openWork(fresh, { places: 9 });
    await fetch(`${fresh.url}/ping/worker/W1/assignment/A1/hit/${hit}/event/waiting`);
    await until(async () => (await fetch(`${fresh.url}/readyz`)).ok);
    const { rows } = await fresh.database.pool.query<{ cents: number }>(
      `select (data->'fields'->>'rewardCents')::int as cents from event_store.events where type = 'HitPostRequested'`,
    );
    const reward = rows[0]?.cents ?? 0;
    const text = await (await fetch(`${fresh.url}/metrics`)).text();
    const dollars = (kind: string, state: string): number =>
      Number(text.match(`retainer_spending_dollars{side="sandbox",state="${state}",kind="${kind}"} (.*)`)?.[1]);
    expect(dollars('reward', 'owed')).toBeCloseTo(reward / 100);
    expect(dollars('reward', 'offered')).toBeCloseTo((8 * reward) / 100);
    expect(dollars('fee', 'owed')).toBeCloseTo(feeOnReward(reward, 9) / 100);
    expect(dollars('reward', 'paid')).toBe(0);
  } finally {
    await fresh.end();
  }
});

test('fees are those that the marketplace of our own takes', async () => {
  const { rows } = await service.database.pool.query<{ reward: number; places: number; fee: number }>(
    `select reward, places, marketplace.fee_on_reward(reward, places) as fee
     from generate_series(0, 300) reward, unnest(array[1, 9, 10, 100]) places`,
  );
  expect(rows.length).toBe(301 * 4);
  for (const { reward, places, fee } of rows)
    expect([reward, places, feeOnReward(reward, places)]).toEqual([reward, places, fee]);
});

describe('bounds', () => {
  const pool = (n: number) => ({ protoHit: `P${n}`, waiting: 100 - n, called: 1 });
  test('beyond the largest pools there is one figure for the rest', () => {
    const few = Array.from({ length: 20 }, (_, n) => pool(n));
    expect(largest(few)).toEqual(few);
    const shown = largest([...few, pool(20), pool(21)]);
    expect(shown.length).toBe(21);
    expect(shown.at(-1)).toEqual({ protoHit: 'other', waiting: 80 + 79, called: 2 });
    expect(largest([{ protoHit: 'other', waiting: 5, called: 0 }])).toEqual([
      { protoHit: 'other', waiting: 5, called: 0 },
    ]);
  });

  test('a look is shared for a while, and a failed one is not kept', async () => {
    let asked = 0;
    const ask = atMostEvery(60_000, async () => {
      if (++asked === 1) throw new Error('away');
      return asked;
    });
    await expect(ask()).rejects.toThrow('away');
    expect(await Promise.all([ask(), ask()])).toEqual([2, 2]);
    expect(await ask()).toBe(2);
    const eachTime = atMostEvery(0, async () => ++asked);
    expect(await Promise.all([eachTime(), eachTime()])).toEqual([3, 3]);
    expect(await eachTime()).toBe(4);
  });
});

test('every metric is in the table of docs/operations.md, and the table names no other', async () => {
  const exposed = [...(await scrape()).matchAll(/^# TYPE (retainer_\w+)/gm)].map(([, name]) => name).toSorted();
  const table = readFileSync('docs/operations.md', 'utf8');
  const documented = [...table.matchAll(/^\|[^|]*\|/gm)].flatMap(([cell]) =>
    [...cell.matchAll(/`(retainer_\w+)/g)].map(([, name]) => name),
  );
  expect(documented.toSorted()).toEqual(exposed);
});
