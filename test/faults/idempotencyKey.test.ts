import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { freshDatabase, type TestDatabase } from '../support/database.ts';
import { until } from '../support/service.ts';
import { killLeftOvers, startServiceProcess } from './serviceProcess.ts';

let database: TestDatabase;
beforeEach(async () => {
  database = await freshDatabase();
});
afterEach(async () => {
  await killLeftOvers();
  await database.drop();
});

const start = () =>
  startServiceProcess({ DATABASE_URL: database.url, SCHEDULER_INTERVAL_SECONDS: '0', LOG_LEVEL: 'warn' });

const post = async (url: string, path: string, form: Readonly<Record<string, string>>, headers = {}) => {
  const answer = await fetch(`${url}/${path}`, { method: 'POST', headers, body: new URLSearchParams(form) });
  return { status: answer.status, text: await answer.text() };
};

test('a key whose request died with its node in the middle of an invoke is free when the service is back', async () => {
  const headers = { 'Idempotency-Key': randomUUID() };
  const first = await start();
  const fields = { title: 'T', description: 'D', keywords: 'k', url: 'https://example.com/', frame_height: '600' };
  const terms = { reward: '0.1', assignment_duration: '600', lifetime: '600', auto_approval_delay: '0' };
  const rest = { max_assignments: '1', worker_locale: '', approval_rating: '0' };
  const proto = await post(first.url, 'puttask', { ...fields, ...terms, ...rest });
  const made = await post(first.url, 'reservation/make', {
    ...{ id: proto.text, foreignID: '1', delay: '0', numAssignments: '1' },
  });
  expect(made.status).toBe(200);

  // The log takes nothing while this is held: the invoke has its key, and gets no further.
  const lock = await database.pool.connect();
  await lock.query('begin');
  await lock.query('lock table event_store.events in share mode');
  const cut = post(first.url, 'reservation/invoke', { id: made.text }, headers).catch(() => 'cut off');
  await until(async () => {
    const { rowCount } = await database.pool.query('select from retainer.idempotency_keys where status is null');
    return rowCount === 1;
  });
  await first.kill();
  expect(await cut).toBe('cut off');
  await lock.query('rollback');
  lock.release();

  const second = await start();
  // PostgreSQL may need a moment to see that the node's connections are gone.
  let answer = { status: 0, text: '' };
  await until(async () => {
    answer = await post(second.url, 'reservation/invoke', { id: made.text }, headers);
    return answer.status !== 409;
  });
  expect(answer).toEqual({ status: 200, text: 'OK' });
  const { rows } = await database.pool.query(
    `select count(*)::int as invoked from event_store.events where type = 'ReservationInvoked'`,
  );
  expect(rows).toEqual([{ invoked: 1 }]);
});
