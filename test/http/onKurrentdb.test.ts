import { afterAll, beforeAll, expect, test } from 'vitest';
import { type KurrentNode, startKurrentNode } from '../support/kurrentdb/server.ts';
import { openWork, startTestService, type TestService, until } from '../support/service.ts';

let node: KurrentNode;
let service: TestService;
beforeAll(async () => {
  node = await startKurrentNode();
  service = await startTestService({ EVENT_STORE_URL: node.url });
});
afterAll(async () => {
  await service.end();
  await node.stop();
});

const get = async (path: string) => (await fetch(`${service.url}/${path}`)).text();
const post = async (path: string, fields: Record<string, string> = {}) =>
  (await fetch(`${service.url}/${path}`, { method: 'POST', body: new URLSearchParams(fields) })).text();

test('the whole service runs on a log in KurrentDB: make, wait, invoke, be called, finish, and tell the story', async () => {
  const { reservationId, hit } = await openWork(service, { numAssignments: 2 });
  for (const n of [1, 2, 3])
    expect(await post(`ping/worker/W${n}/assignment/A${n}/hit/${hit}/event/waiting`)).toBe('OK');
  expect(await post('reservation/invoke', { id: reservationId })).toBe('OK');
  const called = async () => {
    const answers = await Promise.all([1, 2, 3].map((n) => get(`gettask/assignment/A${n}`)));
    return answers.filter((answer) => answer === '{"start":true,"taskID":42}').length;
  };
  await until(async () => (await called()) === 2);
  expect(await post('reservation/finish', { id: reservationId })).toBe('OK');
  expect(JSON.parse(await get(`reservation/${reservationId}`))).toMatchObject({ state: 'finished', dispatched: 2 });
  expect(await get(`reservation/${reservationId}/history`)).toContain('42');
  expect(await get('readyz')).toBe('OK');
  const stored = await service.database.pool.query('select count(*)::int as events from event_store.events');
  expect(stored.rows).toEqual([{ events: 0 }]);
  expect(node.log.all().length).toBeGreaterThan(10);
});

test('when the server is away commands answer 503, and go on when it is back', async () => {
  const { reservationId } = await openWork(service);
  await node.stop();
  const away = await fetch(`${service.url}/reservation/invoke`, {
    method: 'POST',
    body: new URLSearchParams({ id: reservationId }),
  });
  expect([away.status, away.headers.has('retry-after')]).toEqual([503, true]);
  await node.start();
  await until(async () => (await post('reservation/invoke', { id: reservationId })) === 'OK');
  await until(async () => (await get('readyz')) === 'OK');
}, 60_000);

test('metrics leave out what only a log in Postgres has, and guess how many events there are', async () => {
  const metrics = await get('metrics');
  expect(metrics).not.toContain('pool="log"');
  expect(metrics).toMatch(/^retainer_log_events \d+$/m);
});
