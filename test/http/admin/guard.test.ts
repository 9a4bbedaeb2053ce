import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestService, type TestService } from '../../support/service.ts';
import { PASSWORD, type SignedInOperator, signedIn } from './operator.ts';

let service: TestService;
beforeAll(async () => {
  service = await startTestService();
});
afterAll(() => service.end());

const PASSWORD_FORM = /<form[^>]*action="\/admin\/sign-in"/;

test('while nobody may sign in, the admin pages are closed all the same, and say how to open them', async () => {
  const answer = await fetch(`${service.url}/admin`);
  expect(new URL(answer.url).pathname).toBe('/admin/sign-in');
  expect(await answer.text()).toContain('one-time link');
  const change = await fetch(`${service.url}/admin/operators`, {
    method: 'POST',
    redirect: 'manual',
    body: new URLSearchParams({ name: 'mallory', password: 'correct horse' }),
  });
  expect([change.status, change.headers.get('location')]).toEqual([303, '/admin/sign-in']);
  const { rows } = await service.database.pool.query('select name from retainer.operators');
  expect(rows).toEqual([]);
});

test('while there is no operator the door asks for no password, whether or not a key was issued or somebody tries', async () => {
  const closed = await startTestService();
  const doors = async () => {
    const seen = await fetch(`${closed.url}/admin/sign-in`);
    const tried = await fetch(`${closed.url}/admin/sign-in`, {
      method: 'POST',
      body: new URLSearchParams({ name: 'ann', password: PASSWORD }),
    });
    return Promise.all([seen.text(), tried.text()]);
  };
  for (const page of await doors()) expect(page).not.toMatch(PASSWORD_FORM);
  await closed.core.commands.issueApiKey({ actor: 'operator:test', requestId: 'test' }, { label: 'first' });
  for (const page of await doors()) {
    expect(page).not.toMatch(PASSWORD_FORM);
    expect(page).toContain('Nobody can sign in yet');
    // Where the link is, how to get it again, and the way without it.
    for (const way of ['first-operator-link.txt', 'start the service again', 'operator add NAME'])
      expect(page.replace(/\s+/g, ' ')).toContain(way);
  }
  await signedIn(closed);
  for (const page of await doors()) {
    expect(page).toMatch(PASSWORD_FORM);
    expect(/<button class="main" type="submit">\s*([^<]*?)\s*<\/button>/.exec(page)?.[1]).toBe('Sign in');
    expect(page).not.toContain('Nobody can sign in yet');
  }
  await closed.end();
});

test('with operators, a page leads to the door and a change is refused', async () => {
  const ann: SignedInOperator = await signedIn(service);
  const page = await fetch(`${service.url}/admin/operators?x=1`, { redirect: 'manual' });
  expect(page.headers.get('location')).toBe('/admin/sign-in?next=%2Fadmin%2Foperators%3Fx%3D1');
  const change = await fetch(`${service.url}/admin/operators/ann/remove`, { method: 'POST' });
  expect([change.status, await change.text()]).toEqual([401, expect.stringContaining('sign in')]);
  for (const headers of [{}, { 'sec-fetch-site': 'cross-site' }, { origin: 'https://evil.example' }]) {
    const forged = await fetch(`${service.url}/admin/operators`, {
      method: 'POST',
      headers: { cookie: ann.cookie, ...headers },
      body: new URLSearchParams({ name: 'mallory', password: 'correct horse' }),
    });
    expect(forged.status).toBe(403);
  }
});

test.each([
  ['/status?phase=made', '/status?phase=made'],
  ['//evil.example/x', '/admin'],
  ['/\\evil.example/x', '/admin'],
  // Browsers leave out tabs and line ends.
  ['/\t/evil.example/x', '/admin'],
  ['/\n/evil.example/x', '/admin'],
  ['https://evil.example', '/admin'],
])('who signs in and wanted %j is sent to %s', async (next, place) => {
  await signedIn(service, 'eve');
  const entered = await fetch(`${service.url}/admin/sign-in`, {
    method: 'POST',
    redirect: 'manual',
    body: new URLSearchParams({ name: 'eve', password: PASSWORD, next }),
  });
  expect([entered.status, entered.headers.get('location')]).toEqual([303, place]);
});

test('pages are never kept by caches, load nothing of others, and stand in no frame', async () => {
  const ann = await signedIn(service, 'dora');
  const { headers } = await ann.get('/admin');
  expect(headers.get('cache-control')).toBe('no-store');
  expect(headers.get('content-security-policy')).toContain("default-src 'self'");
  expect(headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
});

test('a form as large as a file is refused', async () => {
  const eve = await signedIn(service, 'eve');
  const answer = await eve.post('/admin/operators', { name: 'x'.repeat(300_000), password: 'correct horse' });
  expect(answer.status).toBe(413);
});
