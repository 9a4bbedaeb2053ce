import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestService, type TestService } from '../../support/service.ts';
import { type SignedInOperator, signedIn } from './operator.ts';

let service: TestService;
let ann: SignedInOperator;
beforeAll(async () => {
  service = await startTestService();
  ann = await signedIn(service);
});
afterAll(() => service.end());

const byOf = async (type: string) => {
  const { rows } = await service.database.pool.query<{ by: string }>(
    `select metadata ->> 'actor' as by from event_store.events where type = $1 order by position desc limit 1`,
    [type],
  );
  return rows[0]?.by;
};

test('operators add and remove one another, and the log says who did', async () => {
  const added = await ann.post('/admin/operators', { name: 'bob', password: 'another good one' });
  expect([added.status, added.headers.get('location')]).toEqual([303, '/admin/operators']);
  expect(await byOf('OperatorAdded')).toBe('operator:ann');
  expect(await (await ann.get('/admin/operators')).text()).toContain('action="/admin/operators/bob/remove"');
  expect((await ann.post('/admin/operators/bob/remove')).status).toBe(303);
  expect(await byOf('OperatorRemoved')).toBe('operator:ann');
  expect(await (await ann.get('/admin/operators')).text()).not.toContain('bob/remove');
});

test('what is wrong with a new operator is said beside the field, and nobody is added', async () => {
  const answer = await ann.post('/admin/operators', { name: 'Bob Smith', password: 'short' });
  expect(answer.status).toBe(400);
  const page = await answer.text();
  expect(page).toContain('The name must be 1 to 64 lower-case letters');
  expect(page).toContain('value="Bob Smith"');
  expect(page).toContain('must have 10 to 256 characters');
  expect(page).not.toContain('value="short"');
  const twice = await ann.post('/admin/operators', { name: 'ann', password: 'another good one' });
  expect([twice.status, await twice.text()]).toEqual([400, expect.stringContaining('there is an operator')]);
});

test('nobody removes themselves, nor somebody who is not there', async () => {
  expect((await ann.post('/admin/operators/ann/remove')).status).toBe(400);
  expect((await ann.post('/admin/operators/nobody/remove')).status).toBe(404);
  expect((await ann.post('/admin/operators/%3Cscript%3E/remove')).status).toBe(404);
  expect((await ann.get('/admin/operators')).status).toBe(200);
});

test('what came of a change is said once', async () => {
  const answer = await ann.post('/admin/operators', { name: 'carl', password: 'another good one' });
  const said = answer.headers.get('set-cookie')?.split(';')[0] ?? '';
  const page = await fetch(`${service.url}/admin/operators`, { headers: { cookie: `${ann.cookie}; ${said}` } });
  expect(await page.text()).toContain('carl may sign in from now on.');
  expect(page.headers.get('set-cookie')).toMatch(/^retainer_said=;.*Max-Age=0/);
});
