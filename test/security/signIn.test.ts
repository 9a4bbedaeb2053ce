import { afterAll, beforeAll, expect, test } from 'vitest';
import { signedIn } from '../http/admin/operator.ts';
import { startTestService, type TestService } from '../support/service.ts';

let service: TestService;
beforeAll(async () => {
  service = await startTestService();
  await signedIn(service);
});
afterAll(() => service.end());

const post = (name: string, password: string, next = '') =>
  fetch(`${service.url}/admin/sign-in`, {
    method: 'POST',
    redirect: 'manual',
    headers: { 'sec-fetch-site': 'same-origin' },
    body: new URLSearchParams({ name, password, next }),
  });

test.each([
  '/.//evil.example/x',
  '/..//evil.example/x',
  '/%2e//evil.example/x',
  '/a/..//evil.example/x',
  '//evil.example/x',
  '/\\evil.example/x',
  '/\t/evil.example/x',
  'https://evil.example/x',
])('an attacker sends somebody who signs in to %j: they stay here', async (next) => {
  const entered = await post('ann', 'correct horse', next);
  expect(entered.status).toBe(303);
  expect(new URL(entered.headers.get('location') ?? '', service.url).origin).toBe(new URL(service.url).origin);
  expect(entered.headers.get('location')).not.toMatch(/^\/\//);
});

test('an attacker guesses a hundred times at once: ten are looked at, and the service goes on', async () => {
  const guesses = Array.from({ length: 100 }, (_, n) => post('ann', `guess ${n}`));
  expect((await fetch(`${service.url}/healthz`)).status).toBe(200);
  const statuses = (await Promise.all(guesses)).map(({ status }) => status);
  expect(statuses.filter((status) => status === 401)).toHaveLength(10);
  expect(statuses.filter((status) => status === 429)).toHaveLength(90);
});
