import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestService, type TestService } from '../support/service.ts';
import { signedIn } from './admin/operator.ts';

let service: TestService;
const lines: string[] = [];
beforeAll(async () => {
  service = await startTestService({}, { logged: (line) => void lines.push(line) });
});
afterAll(() => service.end());

const logged = (requestId: string | null) =>
  lines.map((line) => JSON.parse(line)).find((entry) => entry.msg === 'answered' && entry.requestId === requestId);
const metrics = async (): Promise<string> => (await fetch(`${service.url}/metrics`)).text();

test.each([
  ['/', 200],
  ['/admin', 303],
  ['/admin/sign-in', 200],
  ['/admin/workers.csv', 303],
  ['/status', 200],
  ['/marketplace', 200],
  ['/marketplace/earnings', 200],
])('a look at %s is in the request log by its id, and in the figures by its route', async (path, status) => {
  const seen = await fetch(service.url + path, { redirect: 'manual' });
  expect(seen.status).toBe(status);
  const requestId = seen.headers.get('x-request-id');
  expect(logged(requestId)).toMatchObject({ level: 30, method: 'GET', path, status });
  expect(await metrics()).toMatch(
    new RegExp(`^retainer_http_seconds_count\\{method="GET",route="${path}",status="${status}"\\} [1-9]`, 'm'),
  );
});

test('what a page does is in the events under the id of its request', async () => {
  const ann = await signedIn(service);
  const ended = await ann.post('/admin/sign-out');
  const requestId = ended.headers.get('x-request-id');
  expect(logged(requestId)).toMatchObject({ method: 'POST', path: '/admin/sign-out', status: 303 });
  const { events } = await service.core.store.read('operator-ann');
  const signIn = lines
    .map((line) => JSON.parse(line))
    .find((entry) => entry.path === '/admin/sign-in' && entry.status === 303);
  expect(events.find(({ type }) => type === 'OperatorSignedIn')?.metadata.causationId).toBe(signIn.requestId);
  expect(events.find(({ type }) => type === 'OperatorSignedOut')?.metadata.causationId).toBe(requestId);
});

test('the log of a page does not name the worker it is about', async () => {
  const seen = await fetch(`${service.url}/admin/workers/WORKER_NAME`, { redirect: 'manual' });
  expect(logged(seen.headers.get('x-request-id'))).toMatchObject({ path: '/admin/workers/[hidden]' });
  expect(lines.join('')).not.toContain('WORKER_NAME');
});

test('what nobody made a route for is one figure, whatever it is called', async () => {
  await fetch(`${service.url}/admin/made-up`);
  await fetch(`${service.url}/made-up`);
  const text = await metrics();
  expect(text).toContain('retainer_http_seconds_count{method="GET",route="/*",status="404"}');
  expect(text).not.toContain('made-up');
});
