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
});

test('the scheduler posts HITs, a node that starts again goes on from its checkpoints, and positions are the store’s own', async () => {
  const log = await startKurrentNode();
  const environment = { EVENT_STORE_URL: log.url, SCHEDULER_INTERVAL_SECONDS: '1' };
  const first = await startTestService(environment);
  const { protoHitId } = await openWork(first, { places: 1 });
  const body = new URLSearchParams({ id: protoHitId, foreignID: '43', delay: '5', numAssignments: '3' });
  const reservationId = await (await fetch(`${first.url}/reservation/make`, { method: 'POST', body })).text();
  const postedFor = () =>
    log.log
      .all()
      .filter(({ type, data }) => type === 'HitPostRequested' && Buffer.from(data).includes(reservationId))
      .map(({ stream }) => stream);
  await until(() => log.log.all().some(({ type, stream }) => type === 'HitPosted' && postedFor().includes(stream)));
  const { pool } = first.database;
  const checkpoint = async (): Promise<string> => {
    const { rows } = await pool.query<{ position: string }>(
      `select position from retainer.checkpoints where projection = 'reservations'`,
    );
    return rows[0]?.position ?? '';
  };
  await first.stop();
  const before = await checkpoint();
  expect(before).toMatch(/^\d{20}-\d{20}$/);
  // Whoever folded the log from its beginning would put this right.
  await pool.query(`update reservations set foreign_id = 'touched' where reservation_id = $1`, [reservationId]);

  const second = await startTestService({ ...environment, DATABASE_URL: first.database.url });
  const answer = await fetch(`${second.url}/reservation/cancel`, {
    method: 'POST',
    body: new URLSearchParams({ id: (await openWork(second)).reservationId }),
  });
  expect(await answer.text()).toBe('OK');
  expect((await checkpoint()) > before).toBe(true);
  expect(await (await fetch(`${second.url}/reservation/${reservationId}`)).text()).toContain('touched');
  await second.end();
  await first.database.drop();
  await log.stop();
});

test('metrics leave out what only a log in Postgres has, and guess how many events there are', async () => {
  const metrics = await get('metrics');
  expect(metrics).not.toContain('pool="log"');
  expect(metrics).toMatch(/^retainer_log_events \d+$/m);
});
