import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { PASSWORD, signedIn } from '../http/admin/operator.ts';
import { openWork, startTestService, type TestService } from '../support/service.ts';
import { attack, FORM } from './attacker.ts';

let service: TestService;
let cookie: string;
let reservationId: string;
beforeAll(async () => {
  service = await startTestService({ FAULT_INJECTION: 'true' });
  ({ reservationId } = await openWork(service));
  ({ cookie } = await signedIn(service));
});
afterAll(() => service?.end());

const get = (path: string, headers = {}) => attack(service.url + path, { headers: { cookie, ...headers } });

const pages = (): readonly string[] => [
  '/',
  '/status',
  `/status/reservation/${reservationId}`,
  '/status/reservation/nothing',
  '/docs',
  '/retainer/docs',
  '/nowhere',
  ...['', '/proto-hits', '/proto-hits/new', '/keys', '/projections', '/settings', '/assignments', '/workers'].map(
    (path) => `/admin${path}`,
  ),
  ...['/hits', '/events', '/operators', '/sign-ins', '/account', '/nowhere', '/first?token=x'].map(
    (path) => `/admin${path}`,
  ),
  ...['', '/hits/nothing', '/assignments/nothing', '/earnings', '/rehearsal'].map((path) => `/marketplace${path}`),
];

test('no page of ours may be put in a frame, nor be given a script or a type by somebody else', async () => {
  for (const path of pages()) {
    const { headers, status } = await get(path, { Accept: 'text/html' });
    expect([path, status < 500, headers['content-type']]).toEqual([path, true, expect.stringContaining('text/html')]);
    const policy = String(headers['content-security-policy']);
    expect([path, policy]).toEqual([path, expect.stringContaining("frame-ancestors 'none'")]);
    expect([path, policy]).toEqual([path, expect.stringContaining("default-src 'self'")]);
    expect([path, policy]).toEqual([path, expect.stringContaining("base-uri 'none'")]);
    expect([path, /script-src|default-src[^;]*unsafe/.test(policy)]).toEqual([path, false]);
    expect([path, headers]).toMatchObject([
      path,
      {
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'same-origin',
        'cross-origin-opener-policy': expect.stringMatching(/^same-origin/),
        'cross-origin-resource-policy': 'same-origin',
        'permissions-policy': expect.stringContaining('camera=()'),
      },
    ]);
    expect([path, headers['strict-transport-security']]).toEqual([path, undefined]);
  }
});

test.each([
  '/reservation/list',
  '/openapi.json',
  '/metrics',
  '/healthz',
  '/readyz',
  '/assets/pages.css',
  '/assets/home.js',
  '/favicon.svg',
  '/docs/start.js',
  '/docs/swagger-ui.css',
  '/admin/workers.csv',
  '/tour',
])('%s is taken for nothing but what it says it is, and by no other site', async (path) => {
  const { headers } = await get(path);
  expect(headers).toMatchObject({ 'x-content-type-options': 'nosniff', 'cross-origin-resource-policy': 'same-origin' });
});

describe('what is meant for pages of others', () => {
  test.each(['/retainer.js', '/static/retainer.js', '/retainer.d.ts', '/retainer/retainer.js'])(
    '%s may be loaded by any of them',
    async (path) => {
      expect((await get(path)).headers).toMatchObject({
        'access-control-allow-origin': '*',
        'cross-origin-resource-policy': 'cross-origin',
        'x-content-type-options': 'nosniff',
      });
    },
  );

  test('the example page may stand in the frame of any marketplace, and post its form there', async () => {
    const policy = String((await get('/example')).headers['content-security-policy']);
    expect(policy).toContain("default-src 'self'");
    expect(policy).toContain("object-src 'none'");
    expect(policy).not.toMatch(/frame-ancestors|form-action/);
  });

  test('the window that rings is framed by nobody, but stays with the page that opened it', async () => {
    const { headers } = await get('/bell');
    expect(headers['content-security-policy']).toContain("frame-ancestors 'none'");
    expect(headers['cross-origin-opener-policy']).toBeUndefined();
  });
});

describe('where PUBLIC_URL is https', () => {
  let secure: TestService;
  beforeAll(async () => {
    secure = await startTestService({ PUBLIC_URL: 'https://retainer.example.org', OPEN_API: 'true' });
  });
  afterAll(() => secure?.end());

  test('browsers are told to come by nothing else', async () => {
    for (const path of ['/', '/reservation/list', '/docs', '/marketplace'])
      expect((await attack(secure.url + path)).headers['strict-transport-security']).toMatch(/^max-age=\d{8}/);
  });

  test('the session is a cookie that no other host of the domain can set, and none goes over http', async () => {
    const token = await secure.core.commands.inviteFirstOperator();
    const body = new URLSearchParams({ token: token ?? '', name: 'ann', password: PASSWORD, again: PASSWORD });
    const entered = await attack(`${secure.url}/admin/first`, { method: 'POST', headers: FORM, body: body.toString() });
    const [set = ''] = entered.headers['set-cookie'] ?? [];
    expect(set).toMatch(/^__Host-retainer_session=/);
    expect(set).toMatch(/; Secure/);
    expect(set).toMatch(/; HttpOnly/);
    expect(set).not.toMatch(/Domain=/i);
    const own = set.split(';')[0] ?? '';
    const seen = (cookie: string) => attack(`${secure.url}/admin`, { headers: { cookie } });
    expect((await seen(own)).status).toBe(200);
    expect((await seen(own.replace('__Host-', ''))).status).toBe(302);

    const csrf = /name="csrf" content="([^"]+)"/.exec((await seen(own)).text)?.[1] ?? '';
    const issued = await attack(`${secure.url}/admin/operators`, {
      method: 'POST',
      headers: { ...FORM, cookie: own },
      body: new URLSearchParams({ csrf, name: 'eve', password: PASSWORD }).toString(),
    });
    expect(issued.headers['set-cookie']?.[0]).toMatch(/^retainer_said=.*; Secure/);
  });
});
