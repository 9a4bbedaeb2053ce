import pino from 'pino';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readSettings } from '../../../src/config/read.ts';
import { type Service, startService } from '../../../src/service.ts';
import { openReservation, startTestService, type TestService, until } from '../../support/service.ts';

/** Two nodes on one database, as behind a balancer: an order reaches either of them. */
let one: TestService;
let other: Service;
beforeAll(async () => {
  const environment = { FAULT_INJECTION: 'true', SCHEDULER_INTERVAL_SECONDS: '0', LOG_LEVEL: 'silent' };
  one = await startTestService(environment);
  const settings = readSettings({ DATABASE_URL: one.database.url, PORT: '0', ...environment });
  if (settings.type === 'invalid') throw new Error(settings.problems.join('\n'));
  other = await startService(settings.settings, pino({ level: 'silent' }));
});
afterAll(async () => {
  await other?.stop();
  await one?.end();
});

const order = (node: Service, path: string, fields: Record<string, string> = {}) =>
  fetch(`${node.url}/marketplace/rehearsal${path}`, {
    method: 'POST',
    redirect: 'manual',
    body: new URLSearchParams(fields),
  });
const page = async (node: Service): Promise<string> => (await fetch(`${node.url}/marketplace/rehearsal`)).text();
const about = async (node: Service): Promise<number> =>
  Number(/id="about">(\d+)/.exec(await page(node))?.[1] ?? Number.NaN);
const callMarket = async (node: Service): Promise<number> => {
  const answer = await fetch(`${node.url}/marketplace/api/live`, {
    method: 'POST',
    headers: {
      'X-Amz-Target': 'MTurkRequesterServiceV20170117.GetAccountBalance',
      Authorization: 'AWS4-HMAC-SHA256 Credential=ANY/20261123/us-east-1/mturk-requester/aws4_request',
    },
    body: '{}',
  });
  await answer.arrayBuffer();
  return answer.status;
};

describe('simulated workers', () => {
  test('come as was ordered on one node, from one of them, and stay when no more come', async () => {
    await openReservation(one, { numAssignments: 5 });
    // HITs for it on the built-in marketplace itself.
    expect((await fetch(`${one.url}/tour/round`, { method: 'POST' })).status).toBe(200);
    expect((await order(one, '/crowd', { ratePerMinute: '2000', patienceMinutes: '500' })).status).toBe(303);
    await until(async () => (await about(other)) > 0);
    expect((await order(other, '/crowd/stop')).status).toBe(303);
    expect(await page(one)).toContain('<dd id="perMinute">none</dd>');
    const { rows } = await one.database.pool.query<{ holders: number }>(
      `select count(*)::int as holders
       from pg_stat_activity join pg_locks using (pid)
       where datname = current_database() and application_name = 'retainer lease simulated workers'
         and locktype = 'advisory' and granted`,
    );
    expect(rows).toEqual([{ holders: 1 }]);
    expect(await about(one)).toBeGreaterThan(0);
  });

  test('leave at once when they are sent away, and hold no connection then', async () => {
    expect((await order(one, '/crowd/away')).status).toBe(303);
    await until(async () => (await about(one)) === 0 && (await about(other)) === 0);
    await until(async () => {
      const { rows } = await one.database.pool.query(
        `select from pg_stat_activity
         where datname = current_database() and application_name = 'retainer lease simulated workers'`,
      );
      return rows.length === 0;
    });
  });
});

test('until somebody orders otherwise, as many come as the setting says', async () => {
  const busy = await startTestService({ SIMULATED_WORKERS_PER_MINUTE: '300' });
  const { reservationId } = await openReservation(busy, { numAssignments: 5 });
  expect((await fetch(`${busy.url}/tour/round`, { method: 'POST' })).status).toBe(200);
  await until(async () => (await about(busy)) > 0);
  expect(await page(busy)).toContain('<dd id="perMinute">300</dd>');

  const invoked = await fetch(`${busy.url}/reservation/invoke`, {
    method: 'POST',
    body: new URLSearchParams({ id: reservationId }),
  });
  expect(invoked.status).toBe(200);
  const responses = async () => {
    const { rows } = await busy.database.pool.query<{ reactedAfterMs: unknown }>(
      `select data -> 'reactedAfterMs' as "reactedAfterMs" from event_store.events where type = 'WorkerResponded'`,
    );
    return rows;
  };
  await until(async () => (await responses()).length > 0);
  // They say how long they took to come, as a waiting room does.
  expect(await responses()).toContainEqual({ reactedAfterMs: expect.any(Number) });
  await busy.end();
});

describe('faults', () => {
  test('that were ordered on one node befall the calls of all, until they are removed', async () => {
    expect(await callMarket(other)).toBe(200);
    const fault = { kind: 'tooManyRequests', operation: 'GetAccountBalance', percent: '100', after: '1', times: '' };
    expect((await order(one, '/faults', fault)).status).toBe(303);
    expect(await callMarket(other)).toBe(200);
    expect(await callMarket(other)).toBe(429);
    const version = /name="version" value="(\d+)"/.exec(await page(one))?.[1] ?? '';
    expect((await order(other, '/faults/remove', { version, place: '0' })).status).toBe(303);
    expect(await callMarket(one)).toBe(200);
    expect(await callMarket(other)).toBe(200);
  });

  test('are removed only by somebody who sees how they are', async () => {
    const fault = { kind: 'slow', operation: '*', percent: '1', after: '1000', times: '3' };
    await order(one, '/faults', fault);
    const version = /name="version" value="(\d+)"/.exec(await page(one))?.[1] ?? '';
    await order(one, '/faults', { ...fault, kind: 'hang' });
    const late = await order(other, '/faults/remove', { version, place: '0' });
    expect(late.status).toBe(400);
    expect(await late.text()).toContain('Somebody else changed the faults meanwhile');
    expect((await (await fetch(`${one.url}/marketplace/control/faults`)).json()) as unknown[]).toHaveLength(2);
    await fetch(`${one.url}/marketplace/control/faults`, { method: 'PUT', body: '[]' });
  });
});

test.each([
  ['/crowd', { ratePerMinute: 'many', patienceMinutes: '5' }, 'How many come in a minute must be a number'],
  ['/crowd', { ratePerMinute: '0', patienceMinutes: '5' }, 'How many come in a minute must be from 0.1 to 10000'],
  ['/crowd', { ratePerMinute: '5', patienceMinutes: '1e9' }, 'How long they wait must be from 0.1 to 1000'],
  ['/faults', { kind: 'slow', operation: 'Steal', percent: '5', after: '0' }, 'there is no such call'],
  ['/faults', { kind: 'slow', operation: '*', percent: '0.5', after: '0' }, 'To how many of 100 must be from 1 to 100'],
])('%s with %o is refused, saying what would be right', async (path, fields, words) => {
  const before = await (await fetch(`${one.url}/marketplace/control/faults`)).text();
  const refused = await order(one, path, fields as Record<string, string>);
  expect(refused.status).toBe(400);
  expect(await refused.text()).toContain(words);
  expect(await (await fetch(`${one.url}/marketplace/control/faults`)).text()).toBe(before);
});
