import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { forgetFault, noteFault } from '../../src/postgres/marketplaceFaults.ts';
import { projections } from '../../src/projections/all.ts';
import { eventually } from '../support/until.ts';
import { clientOf, jsonOf } from './client.ts';
import { type House, openHouse } from './house.ts';
import { postHit } from './market.ts';
import { protoHit } from './wire.ts';

let house: House;
let client: ReturnType<typeof clientOf>;

beforeAll(async () => {
  house = await openHouse();
  client = clientOf(house.url);
});
afterAll(() => house.close());

describe.each(['', 'retainer/'] as const)('at /%s', (prefix) => {
  test('healthz and readyz say OK, or what they looked at', async () => {
    expect((await client.get('healthz', { prefix })).text).toBe('OK');
    expect((await client.get('readyz/', { prefix })).text).toBe('OK');
    const ready = await client.get('readyz', { prefix, headers: { Accept: 'application/json' } });
    expect(jsonOf(ready)).toEqual({ ready: true, database: 'ok', log: 'ok', marketplace: 'ok', readModels: 'ok' });
  });

  test('metrics are in the format of Prometheus', async () => {
    const { text, headers } = await client.get('metrics', { prefix });
    expect(headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
    expect(text).toMatch(/^# TYPE process_cpu_user_seconds_total counter$/m);
  });
});

test('readyz names the read models that stand still, and stays ready: the others go on', async () => {
  const stand = (at: string, projections: readonly string[]) =>
    house.database.pool.query(`update retainer.checkpoints set stopped_at = ${at} where projection = any($1)`, [
      projections,
    ]);
  const says = "tasks stands still: 'retainer projections' says why";
  await stand('now()', ['tasks']);
  expect(await client.get('readyz')).toMatchObject({ status: 200, text: `OK\nreadModels: ${says}` });
  const inJson = await client.get('readyz', { headers: { Accept: 'application/json' } });
  expect([inJson.status, jsonOf(inJson)]).toEqual([
    200,
    { ready: true, database: 'ok', log: 'ok', marketplace: 'ok', readModels: says },
  ]);
  await stand('now()', ['reservations']);
  expect((await client.get('readyz')).text).toContain('readModels: reservations, tasks stand still');
  await stand('null', ['tasks', 'reservations']);
  expect((await client.get('readyz')).text).toBe('OK');
});

const metric = async (name: string): Promise<number> => {
  const { text } = await client.get('metrics');
  const line = text.split('\n').find((candidate) => candidate.startsWith(`${name} `));
  if (line === undefined) throw new Error(`there is no ${name}`);
  return Number(line.split(' ').at(-1));
};

test('requests are counted by route, not by id, prefix or query', async () => {
  const counted = (route: string, status: number, method = 'GET') =>
    metric(`retainer_http_seconds_count{method="${method}",route="${route}",status="${status}"}`).catch(() => 0);
  await client.get('reservation/01890000-0000-7000-8000-000000000000');
  await client.get('retainer/reservation/01890000-0000-7000-8000-000000000001?apiKey=x');
  expect(await counted('/reservation/:id', 404)).toBe(2);
  await client.get('no/such/path');
  await client.get('another/path');
  expect(await counted('/*', 404)).toBe(2);
  await client.post('puttask', { json: protoHit() });
  expect(await counted('/puttask', 200, 'POST')).toBe(1);
});

test('appends, HITs, those who wait and how soon they are dispatched are measured', async () => {
  const proto = (await client.post('puttask', { json: protoHit() })).text;
  const appends = await metric('retainer_append_seconds_count');
  const make = { id: proto, foreignID: 'x', delay: 0, numAssignments: 1 };
  const reservation = (await client.post('reservation/make', make)).text;
  expect(await metric('retainer_append_seconds_count')).toBe(appends + 1);

  const hit = await postHit(house, { n: 1, protoHitId: proto });
  await eventually(async () => expect(await metric('retainer_open_hits')).toBe(1));
  const waiting = `ping/worker/W1/assignment/A1/hit/${hit}/event/waiting`;
  await eventually(async () => expect((await client.post(waiting)).text).toBe('OK'));
  await eventually(async () => expect(await metric('retainer_waiting_workers')).toBe(1));
  // Whoever came has its only place.
  expect(await metric('retainer_open_hits')).toBe(0);
  expect(await metric('retainer_worker_requests_total{kind="ping"}')).toBeGreaterThan(0);

  expect(await metric('retainer_dispatch_seconds_count')).toBe(0);
  await client.post('reservation/invoke', { id: reservation });
  expect(await metric('retainer_dispatch_seconds_count')).toBe(1);
  expect(await metric('retainer_waiting_workers')).toBe(0);
  expect(await metric('retainer_log_events')).toBeGreaterThan(5);
});

test('a marketplace that does nothing of what it is asked is named, and the node stays ready: it can do all else', async () => {
  const fault = { side: 'live', call: 'bonus', code: 'ExpiredTokenException', message: 'expired' } as const;
  await noteFault(house.database.pool, { ...fault, lastAt: Date.now() });
  const since = await metric(
    'retainer_marketplace_fault_since_seconds{side="live",call="bonus",code="ExpiredTokenException"}',
  );
  expect(Math.abs((since ?? 0) - Date.now() / 1000)).toBeLessThan(600);
  expect(await client.get('readyz')).toMatchObject({ status: 200, text: expect.stringMatching(/^OK\nmarketplace: /) });
  expect((await client.get('readyz')).text).toContain('does not carry out bonus since');
  await forgetFault(house.database.pool, fault);
  expect((await client.get('readyz')).text).toBe('OK');
});

test('the lag of the read models is the age of what they do not show', async () => {
  for (const { name } of projections)
    for (const figure of ['lag_seconds', 'lag_events', 'stopped'])
      expect(await metric(`retainer_projection_${figure}{projection="${name}"}`)).toBe(0);
});

test('who goes to an address that is not there sees a page in a browser, and a line of text elsewhere', async () => {
  const page = await client.get('nonsense<b>', { headers: { Accept: 'text/html,application/xhtml+xml,*/*;q=0.8' } });
  expect(page).toMatchObject({ status: 404, text: expect.stringContaining('nonsense&lt;b&gt;') });
  expect(page.headers.get('content-type')).toMatch(/^text\/html/);
  expect(page.text).toMatch(/^<!doctype html><html lang="en">/);
  expect(await client.get('nonsense', { headers: { Accept: '*/*' } })).toMatchObject({
    status: 404,
    text: 'there is no path /nonsense',
  });
});
