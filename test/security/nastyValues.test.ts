import { afterAll, beforeAll, expect, test } from 'vitest';
import { signedIn } from '../http/admin/operator.ts';
import { openWork, startTestService, type TestService } from '../support/service.ts';
import { attack, FORM } from './attacker.ts';

let service: TestService;
let cookie: string;
let csrf: string;
let reservationId: string;
beforeAll(async () => {
  service = await startTestService({ FAULT_INJECTION: 'true' });
  ({ reservationId } = await openWork(service));
  ({ cookie } = await signedIn(service));
  const page = await attack(`${service.url}/admin`, { headers: { cookie } });
  csrf = /name="csrf" content="([^"]+)"/.exec(page.text)?.[1] ?? '';
});
afterAll(() => service?.end());

const NASTY = ['%00', 'x%00y', '-', '9'.repeat(26), '%ff', '%ed%a0%80', '%0d%0aX', "'", '%25', '..%2f', '%F0%9F%98%80'];
const NAMES = [
  ...['search', 'before', 'limit', 'stream', 'type', 'actor', 'state', 'phase', 'minutes', 'asOf', 'clone', 'rows'],
  ...['token', 'next', 'changed', 'workerId', 'frame', 'proto_hit', 'protoHit', 'hitType', 'blocked'],
];
const PAGES = () => [
  ...['', '/status', '/status/plots', `/status/reservation/${reservationId}`, '/tour', '/docs'],
  `/status/reservation/${reservationId}/story`,
  ...['', '/sign-in', '/first', '/proto-hits', '/proto-hits/new', '/keys', '/projections', '/settings'].map(
    (path) => `/admin${path}`,
  ),
  ...['/assignments', '/workers', '/hits', '/events', '/operators', '/sign-ins', '/account'].map(
    (path) => `/admin${path}`,
  ),
  ...['/assignments.csv', '/workers.csv', '/hits.csv', '/events.csv'].map((path) => `/admin${path}`),
  ...['', '/hits/x', '/assignments/x', '/earnings', '/rehearsal', '/another'].map((path) => `/marketplace${path}`),
];
const FORMS = [
  ...['sign-in', 'first', 'proto-hits', 'proto-hits/check', 'keys', 'operators', 'account/password'].map(
    (path) => `/admin/${path}`,
  ),
  ...['operators/x/remove', 'keys/x/revoke', 'assignments/review', 'workers/x/block'].map((path) => `/admin/${path}`),
  ...['rehearsal/crowd', 'rehearsal/faults', 'hits/x/accept', 'assignments/x/return', 'mturk/externalSubmit'].map(
    (path) => `/marketplace/${path}`,
  ),
  '/tour/round',
];

const broken = async (asked: Iterable<readonly [string, Parameters<typeof attack>[1]]>): Promise<readonly string[]> => {
  const failed: string[] = [];
  for (const [path, options] of asked) {
    const { status } = await attack(service.url + path, options);
    if (status >= 500)
      failed.push(`${status} ${options?.method ?? 'GET'} ${path} ${options?.body?.slice(0, 60) ?? ''}`);
  }
  return failed;
};

test('no value in the address of a page is a fault of ours', async () => {
  const asked = PAGES().flatMap((path) =>
    NASTY.map((value): readonly [string, Parameters<typeof attack>[1]] => [
      `${path}?${NAMES.map((name) => `${name}=${value}`).join('&')}`,
      { headers: { cookie } },
    ]),
  );
  expect(await broken(asked)).toEqual([]);
});

test('no place in the path of a page is', async () => {
  const places = ['/admin/workers/', '/admin/assignments/', '/admin/proto-hits/', '/status/reservation/'];
  const market = ['/marketplace/hits/', '/marketplace/assignments/'];
  const asked = [...places, ...market].flatMap((place) =>
    NASTY.map((value): readonly [string, Parameters<typeof attack>[1]] => [place + value, { headers: { cookie } }]),
  );
  expect(await broken(asked)).toEqual([]);
});

test('no form is, however it is sent', async () => {
  const encodings: readonly (readonly [string, (value: string) => string])[] = [
    [
      FORM['Content-Type'],
      (value) => `csrf=${csrf}&name=${value}&password=${value}&token=${value}&assignmentId=${value}`,
    ],
    ['application/json', (value) => JSON.stringify({ csrf, name: value })],
    [
      'multipart/form-data; boundary=x',
      (value) => `--x\r\nContent-Disposition: form-data; name="name"\r\n\r\n${value}`,
    ],
    ['multipart/form-data', (value) => value],
  ];
  const asked = FORMS.flatMap((path) =>
    encodings.flatMap(([type, body]) =>
      NASTY.slice(0, 5).map((value): readonly [string, Parameters<typeof attack>[1]] => [
        path,
        { method: 'POST', headers: { cookie, 'Content-Type': type, 'X-Csrf-Token': csrf }, body: body(value) },
      ]),
    ),
  );
  expect(await broken(asked)).toEqual([]);
});

test('a member that JSON would lose is refused by name', async () => {
  const body = '{"id":"x","foreignID":1,"delay":1,"numAssignments":1,"payload":{"a":{"__proto__":{"b":1}}}}';
  const { key } = await service.core.commands
    .issueApiKey({ actor: 'operator:test', requestId: 'test' }, { label: 'test' })
    .then((issued) => (issued.type === 'done' ? issued.value : { key: '' }));
  const headers = { 'Content-Type': 'application/json', 'X-Api-Key': key };
  const seen = await attack(`${service.url}/reservation/make`, { method: 'POST', headers, body });
  expect([seen.status, seen.text]).toEqual([400, expect.stringContaining('__proto__')]);
});
