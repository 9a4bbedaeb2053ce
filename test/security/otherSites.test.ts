import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openHouse } from '../http/house.ts';
import { protoHit, UUID } from '../http/wire.ts';
import { openWork, startTestService, type TestService } from '../support/service.ts';
import { attack, FORM } from './attacker.ts';

const EVIL = 'https://evil.example';
const put = `json=${encodeURIComponent(JSON.stringify(protoHit()))}`;

let service: TestService;
beforeAll(async () => {
  service = await startTestService();
});
afterAll(() => service?.end());

/** What is in the log because somebody without a key asked for it. */
const done = async (): Promise<number> =>
  (await service.database.pool.query(`select from event_store.events where metadata->>'actor' = 'anyone'`)).rowCount ??
  0;

/** What browsers say of a request that a page of another site makes; the last do not know `Sec-Fetch-Site`. */
const fromElsewhere = [
  { Origin: EVIL, 'Sec-Fetch-Site': 'cross-site' },
  { 'Sec-Fetch-Site': 'cross-site' },
  { Origin: 'http://localhost:3000', 'Sec-Fetch-Site': 'same-site' },
  { Origin: 'null', 'Sec-Fetch-Site': 'cross-site' },
  { Origin: EVIL },
  { Origin: 'null' },
];

describe('a page of another site that the operator visits, while no key was ever issued', () => {
  test.each([
    ['POST', 'puttask', put],
    ['POST', 'retainer/puttask', put],
    ['POST', 'reservation/make', 'id=x'],
    ['POST', 'reservation/finish/all', ''],
    ['GET', 'reservation/list', undefined],
    ['GET', 'events?limit=2', undefined],
    ['GET', 'worker/list', undefined],
    ['GET', 'assignment/list', undefined],
  ])('can neither do nor read %s %s', async (method, path, body) => {
    for (const headers of fromElsewhere) {
      const seen = await attack(`${service.url}/${path}`, { method, headers: { ...FORM, ...headers }, body });
      expect([seen.status, headers]).toEqual([403, headers]);
      expect(seen.headers['access-control-allow-origin']).toBeUndefined();
      expect(seen.text).toContain('ALLOWED_ORIGINS');
    }
    expect(await done()).toBe(0);
  });

  test.each(['puttask', 'reservation/list', 'nowhere'])('is told by no preflight that it may, at %s', async (path) => {
    const headers = { Origin: EVIL, 'Access-Control-Request-Method': 'POST' };
    const seen = await attack(`${service.url}/${path}`, { method: 'OPTIONS', headers });
    expect(seen.headers['access-control-allow-origin']).toBeUndefined();
  });

  test.each(['healthz', 'metrics', 'openapi.json', 'nowhere', 'status', 'status/plots', 'tour', 'marketplace'])(
    'cannot read %s',
    async (path) => {
      for (const headers of fromElsewhere) {
        const seen = await attack(`${service.url}/${path}`, { headers });
        expect(seen.headers['access-control-allow-origin']).toBeUndefined();
      }
    },
  );

  test.each(['status/feed', 'tour', 'status/plots?minutes=60'])('gets nothing of what pages load: %s', async (path) => {
    const headers = { Origin: 'null', 'Sec-Fetch-Site': 'cross-site', 'Sec-Fetch-Mode': 'cors' };
    expect((await attack(`${service.url}/${path}`, { headers })).status).toBe(403);
  });

  test('may link to a page, but press no button of it', async () => {
    const visit = { 'Sec-Fetch-Site': 'cross-site', 'Sec-Fetch-Mode': 'navigate', 'Sec-Fetch-Dest': 'document' };
    expect((await attack(`${service.url}/status`, { headers: visit })).status).toBe(200);
    expect((await attack(`${service.url}/`, { headers: visit })).status).toBe(200);
    const framed = { ...visit, 'Sec-Fetch-Dest': 'iframe' };
    expect((await attack(`${service.url}/status`, { headers: framed })).status).toBe(403);
    for (const path of ['tour/round', 'marketplace/rehearsal/crowd/away']) {
      const headers = { ...FORM, ...visit, Origin: EVIL };
      expect((await attack(`${service.url}/${path}`, { method: 'POST', headers, body: '' })).status).toBe(403);
    }
  });
});

test.each([
  ['programs, which say nothing of where they come from', {}],
  ['the address bar', { 'Sec-Fetch-Site': 'none' }],
  ['our own pages', { 'Sec-Fetch-Site': 'same-origin', Origin: 'http://127.0.0.1:1' }],
])('an open API goes on serving %s', async (_, headers) => {
  const listed = await attack(`${service.url}/reservation/list`, { headers });
  expect(listed.status).toBe(200);
  const answer = await attack(`${service.url}/puttask`, {
    method: 'POST',
    headers: { ...FORM, ...headers },
    body: put,
  });
  expect(answer.text).toMatch(UUID);
});

test('our own pages are known by their origin alone, too', async () => {
  const headers = { ...FORM, Origin: service.url };
  expect((await attack(`${service.url}/puttask`, { method: 'POST', headers, body: put })).text).toMatch(UUID);
});

describe('a page whose name its owner lets point at this machine (DNS rebinding)', () => {
  const rebound = (port: string) => {
    const host = `rebind.evil.example:${port}`;
    return { Host: host, Origin: `http://${host}` };
  };

  test.each([
    ['GET', ''],
    ['GET', 'status'],
    ['GET', 'status/feed'],
    ['GET', 'reservation/list'],
    ['GET', 'retainer/reservation/list'],
    ['GET', 'metrics'],
    ['GET', 'docs'],
    ['GET', 'openapi.json'],
    ['GET', 'assets/pages.css'],
    ['GET', 'admin/sign-in'],
    ['GET', 'admin/first?token=guess'],
    ['GET', 'marketplace'],
    ['GET', 'nowhere'],
    ['POST', 'puttask'],
    ['POST', 'tour/round'],
    ['POST', 'admin/sign-in'],
    ['POST', 'marketplace/rehearsal/crowd'],
    ['POST', 'marketplace/api/sandbox'],
  ])('is answered nothing but 421: %s /%s', async (method, path) => {
    const headers = { ...FORM, ...rebound(new URL(service.url).port) };
    const seen = await attack(`${service.url}/${path}`, { method, headers, body: method === 'POST' ? put : undefined });
    expect(seen.status).toBe(421);
    expect(seen.text).toContain('ALLOWED_HOSTS');
    expect(seen.headers['access-control-allow-origin']).toBeUndefined();
  });

  test.each([
    'evil.example',
    'localhost.evil.example',
    '127.0.0.1.evil.example',
    '192.0.2.1',
    '10.0.0.1:8080',
    '[2001:db8::1]',
    'a b',
  ])('whatever it is called: %j', async (Host) => {
    const { status } = await attack(`${service.url}/reservation/list`, { headers: { Host } });
    expect([400, 421]).toContain(status);
  });

  test.each(['localhost', 'LOCALHOST:1', 'localhost.', '127.0.0.1', '127.9.9.9:80', '[::1]:8080'])(
    "this machine's own names go on: %s",
    async (Host) => {
      expect((await attack(`${service.url}/reservation/list`, { headers: { Host } })).status).toBe(200);
    },
  );

  test("workers' pages and probes come by any name", async () => {
    const { hit } = await openWork(service);
    const headers = { Host: 'retainer', Origin: 'https://landing.example' };
    for (const path of [
      `ping/worker/W1/assignment/A1/hit/${hit}/event/waiting`,
      'gettask/assignment/A1',
      'retainer.js',
      'healthz',
      'retainer/readyz',
    ])
      expect([path, (await attack(`${service.url}/${path}`, { headers })).status]).toEqual([path, 200]);
  });
});

test('names besides are those that ALLOWED_HOSTS and PUBLIC_URL give', async () => {
  const named = await startTestService({
    PUBLIC_URL: 'https://retainer.example.org',
    ALLOWED_HOSTS: 'retainer, *.internal.example',
    OPEN_API: 'true',
  });
  const status = async (Host: string) => (await attack(`${named.url}/reservation/list`, { headers: { Host } })).status;
  try {
    for (const host of ['retainer.example.org', 'retainer:8080', 'a.internal.example', 'localhost'])
      expect([host, await status(host)]).toEqual([host, 200]);
    for (const host of ['example.org', 'internal.example', 'xinternal.example', 'x.retainer.example.org'])
      expect([host, await status(host)]).toEqual([host, 421]);
  } finally {
    await named.end();
  }
});

test('pages of the operator’s own, which ALLOWED_ORIGINS names, use an open API from another site', async () => {
  const status = 'https://status.example.org';
  const house = await openHouse({ allowedOrigins: [status] });
  try {
    const headers = { ...FORM, Origin: status, 'Sec-Fetch-Site': 'cross-site' };
    const answer = await attack(`${house.url}/puttask`, { method: 'POST', headers, body: put });
    expect(answer.text).toMatch(UUID);
    expect(answer.headers['access-control-allow-origin']).toBe(status);
    expect(answer.headers['access-control-allow-credentials']).toBeUndefined();
    const preflight = { Origin: status, 'Access-Control-Request-Method': 'POST' };
    const asked = await attack(`${house.url}/puttask`, { method: 'OPTIONS', headers: preflight });
    expect(asked.headers['access-control-allow-origin']).toBe(status);
    const other = { ...FORM, Origin: 'https://status.example.org.evil.example', 'Sec-Fetch-Site': 'cross-site' };
    expect((await attack(`${house.url}/reservation/list`, { headers: other })).status).toBe(403);
  } finally {
    await house.close();
  }
});
