import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestService, type TestService, until } from '../../support/service.ts';
import { type SignedInOperator, signedIn } from './operator.ts';

let service: TestService;
let ann: SignedInOperator;
beforeAll(async () => {
  service = await startTestService();
  ann = await signedIn(service);
});
afterAll(() => service.end());

const PATH = '/admin/projections';
const page = async () => (await ann.get(PATH)).text();
const said = (answer: Response) => decodeURIComponent(answer.headers.get('set-cookie') ?? '');
const orders = async () => {
  const { rows } = await service.database.pool.query<{ what: string }>(
    `select concat_ws(' ', type, data -> 'names' ->> 0, data ->> 'name', metadata ->> 'actor') as what
     from event_store.events where stream = 'readModels-retainer' order by position`,
  );
  return rows.map(({ what }) => what);
};
const stop = () =>
  service.database.pool.query(
    `update retainer.checkpoints set stopped_position = position, stopped_type = 'HitPosted',
       stopped_error = 'no such column', stopped_at = now() where projection = 'hits'`,
  );

test('a read model is made anew in the background, and the log says who ordered it', async () => {
  await service.database.pool.query('delete from sign_ins');
  const answer = await ann.post(`${PATH}/rebuild`, { name: 'sign_ins' });
  expect([answer.status, said(answer)]).toEqual([303, expect.stringContaining('being made anew')]);
  await until(async () => (await page()).includes('sign_ins made anew from'));
  const { rowCount } = await service.database.pool.query('select from sign_ins');
  expect(rowCount).toBe(1);
  expect(await orders()).toEqual(['ReadModelRebuildOrdered sign_ins operator:ann']);
});

test('one is made at a time', async () => {
  const client = await service.database.pool.connect();
  await client.query(`select pg_advisory_lock(hashtextextended('retainer alone rebuild', 0))`);
  expect(said(await ann.post(`${PATH}/rebuild`))).toContain('What is in use goes on');
  expect(said(await ann.post(`${PATH}/rebuild`, { name: 'hits' }))).toContain('wait for it');
  expect(await page()).toMatch(/Making \d+ read models anew/);
  await client.query('select pg_advisory_unlock_all()');
  client.release();
  await until(async () => /read models made anew from/.test(await page()));
});

test('one that stands still is told to try again, or to pass over its event, by name', async () => {
  await stop();
  expect(await page()).toContain('before HitPosted');
  expect(said(await ann.post(`${PATH}/hits/retry`))).toContain('hits tries again');
  await stop();
  const position = /name="position" value="(\d+)"/.exec(await page())?.[1] ?? '';
  expect((await ann.post(`${PATH}/hits/skip`)).status).toBe(400);
  expect(said(await ann.post(`${PATH}/hits/skip`, { position: '1' }))).toContain('does not stand still there');
  expect((await ann.post(`${PATH}/nosuch/skip`, { position })).status).toBe(404);
  expect(said(await ann.post(`${PATH}/hits/skip`, { position }))).toContain('passes over that HitPosted');
  expect(said(await ann.post(`${PATH}/hits/skip`, { position }))).toContain('does not stand still there');
  expect((await orders()).slice(-2)).toEqual([
    'ReadModelRetried hits operator:ann',
    'ReadModelEventSkipped hits operator:ann',
  ]);
  const { rows } = await service.database.pool.query('select skipped_by from retainer.skipped_events');
  expect(rows).toEqual([{ skipped_by: 'operator:ann' }]);

  expect(await page()).toContain('as operator:ann said');
  expect(said(await ann.post(`${PATH}/hits/unskip`, { position }))).toContain('takes that HitPosted again');
  expect(said(await ann.post(`${PATH}/hits/unskip`, { position }))).toContain('passes over no event there');
  expect(await page()).not.toContain('as operator:ann said');
});

test('what is not there is not made anew', async () => {
  expect((await ann.post(`${PATH}/rebuild`, { name: 'nonsense' })).status).toBe(404);
  expect((await ann.post(`${PATH}/nonsense/retry`)).status).toBe(404);
});
