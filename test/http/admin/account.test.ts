import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestService, type TestService } from '../../support/service.ts';
import { PASSWORD, signedIn, signIn } from './operator.ts';

let service: TestService;
beforeAll(async () => {
  service = await startTestService();
});
afterAll(() => service.end());

const NEW = 'quite another one';

test('an operator sees their sessions and ends the others', async () => {
  const ann = await signedIn(service, 'ann');
  const elsewhere = await signIn(service, 'ann');
  const page = await (await ann.get('/admin/account')).text();
  expect(page.match(/127\.0\.0\.1/g)).toHaveLength(2);
  expect(page.match(/this one/g)).toHaveLength(1);
  expect((await ann.post('/admin/account/sessions/end')).status).toBe(303);
  expect((await ann.get('/admin')).status).toBe(200);
  expect((await elsewhere.get('/admin')).status).toBe(302);
});

test('a new password needs the old one, ends every session, and is the one that counts', async () => {
  const bob = await signedIn(service, 'bob');
  const change = (fields: Record<string, string>) =>
    bob.post('/admin/account/password', { current: PASSWORD, password: NEW, again: NEW, ...fields });
  const wrong = await change({ current: 'not this one' });
  expect([wrong.status, await wrong.text()]).toEqual([400, expect.stringContaining('This is not your password.')]);
  expect(await (await change({ again: 'something else' })).text()).toContain('are not the same');
  expect(await (await change({ password: 'short' })).text()).toContain('10 to 256 characters');
  const changed = await change({});
  expect([changed.status, changed.headers.get('location')]).toEqual([303, '/admin/sign-in?changed']);
  expect((await bob.get('/admin')).status).toBe(302);
  expect((await (await signIn(service, 'bob', NEW)).get('/admin')).status).toBe(200);
  expect((await (await signIn(service, 'bob')).get('/admin')).status).toBe(302);
});

test('a session is over at its end', async () => {
  const carl = await signedIn(service, 'carl');
  await service.database.pool.query(`update retainer.sessions set ends_at = now() where operator = 'carl'`);
  expect((await carl.get('/admin')).status).toBe(302);
});
