import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestService, type TestService } from '../support/service.ts';
import { signedIn } from './admin/operator.ts';
import { clientOf, jsonOf } from './client.ts';
import { protoHit } from './wire.ts';

let service: TestService;
let client: ReturnType<typeof clientOf>;
beforeAll(async () => {
  service = await startTestService();
  client = clientOf(service.url);
});
afterAll(() => service.end());

const put = async (changes = {}): Promise<string> => (await client.post('puttask', { json: protoHit(changes) })).text;
const make = async (id: string): Promise<string> =>
  (await client.post('reservation/make', { id, foreignID: 42, delay: 30, numAssignments: 1 })).text;
const open = async (query = ''): Promise<readonly string[]> =>
  (jsonOf(await client.get(`reservation/list?state=made&limit=1000${query}`)) as { id: string }[]).map(({ id }) => id);

type Operation = { readonly parameters?: readonly { in: string }[]; readonly responses: Record<number, Answers> };
type Answers = { readonly content?: Readonly<Record<string, unknown>> };

describe('a JSON text is labelled as JSON only for who names JSON: scripts of the original parse it themselves', () => {
  /** What the API's description says is read by GET and answered in JSON; the workers' paths have rules of their own. */
  const readable = async (): Promise<readonly string[]> => {
    const { paths } = jsonOf(await client.get('openapi.json')) as { paths: Record<string, { get?: Operation }> };
    return Object.entries(paths)
      .filter(([path, { get }]) => get?.responses[200]?.content?.['application/json'] && !path.startsWith('/gettask'))
      .map(([path]) => path.slice(1));
  };

  test.each([
    ['no Accept of its own', '*/*', 'text/plain; charset=utf-8'],
    ['the Accept of a browser', 'text/html,application/xml;q=0.9,*/*;q=0.8', 'text/plain; charset=utf-8'],
    ["the Accept of jQuery's 'json'", 'application/json, text/javascript, */*; q=0.01', 'application/json'],
    ['the Accept of AngularJS and axios', 'application/json, text/plain, */*', 'application/json'],
  ])('%s', async (_, Accept, type) => {
    const reservation = await make(await put());
    const paths = await readable();
    expect(paths).toEqual(
      expect.arrayContaining(['reservation/list', 'reservation/{id}', 'protohit/list', 'hit/list']),
    );
    for (const path of paths.filter((one) => !/history|finish/.test(one))) {
      const answer = await client.get(path.replace('{id}', reservation), { headers: { Accept } });
      expect({ path, status: answer.status, type: answer.headers.get('content-type') }).toEqual({
        ...{ path, status: 200, type },
      });
      expect(() => jsonOf(answer)).not.toThrow();
    }
  });

  test("the poll alone is JSON for everybody, as the original's was", async () => {
    const { paths } = jsonOf(await client.get('openapi.json')) as { paths: Record<string, { get: Operation }> };
    const poll = paths['/gettask/assignment/{assignment_id}']?.get.responses[200];
    expect(Object.keys(poll?.content ?? {})).toEqual(['application/json']);
  });
});

describe('an empty hitType is none', () => {
  test('in the list', async () => {
    const id = await make(await put());
    expect(await open('&hitType=')).toContain(id);
    expect(await open('&hitType=')).toEqual(await open());
  });

  test.each(['form', 'json'] as const)('in finish/all, which then finishes all (%s)', async (encoding) => {
    await make(await put());
    await make(await put());
    expect((await client.post('reservation/finish/all', { hitType: '' }, { encoding })).text).toBe('OK');
    expect(await open()).toEqual([]);
  });

  test('but an empty id is a mistake, and nothing is finished', async () => {
    const id = await make(await put());
    expect(await client.post('reservation/finish/all', { id: '' })).toMatchObject({ status: 400 });
    expect(await open()).toContain(id);
  });
});

describe('finish/all by GET, as the status page of the README does it', () => {
  test('finishes all, or those of one ProtoHIT', async () => {
    const kept = await make(await put());
    const gone = await make(await put({ hit_type_id: 'by GET' }));
    expect(await client.get('reservation/finish/all?hitType=by+GET')).toMatchObject({ status: 200, text: 'OK' });
    expect(await open()).toContain(kept);
    expect(await open()).not.toContain(gone);
    expect((await client.get('retainer/reservation/finish/all')).text).toBe('OK');
    expect(await open()).toEqual([]);
  });

  test('is not set off by who only looks whether it is there', async () => {
    const id = await make(await put());
    const { status, headers } = await client.send('reservation/finish/all', { method: 'HEAD' });
    expect([status, headers.get('allow')]).toEqual([405, 'GET, POST']);
    expect(await open()).toContain(id);
  });
});

describe('toggleSandbox', () => {
  test.each([
    [0, 'false'],
    ['0', 'false'],
    [false, 'false'],
    [1, 'true'],
    ['1', 'true'],
    [true, 'true'],
  ])('with value %j sets, however often, and flips nothing', async (value, isSandbox) => {
    for (const sandbox of [true, false]) {
      const id = await put({ sandbox });
      for (const encoding of ['form', 'json'] as const) {
        expect((await client.post('toggleSandbox', { id, value }, { encoding })).text).toBe('OK');
        expect((await client.post('protohit/sandbox/get', { id })).text).toBe(isSandbox);
      }
    }
  });

  test('with any other value is refused, and changes nothing', async () => {
    const id = await put();
    expect(await client.post('toggleSandbox', { id, value: 'yes' })).toMatchObject({
      status: 400,
      text: 'value must be 0, 1, true or false, got "yes"',
    });
    expect((await client.post('protohit/sandbox/get', { id })).text).toBe('true');
  });
});

test('putwork without a foreign id is about 0', async () => {
  const { text } = await client.post('putwork', { id: await put() });
  const { events } = await service.core.store.read(`workRequest-${text}`);
  expect(events).toMatchObject([{ data: { foreignId: '0' } }]);
});

describe("addresses of the original's pages", () => {
  const query = 'assignmentId=A1&hitId=H1&workerId=W1&turkSubmitTo=https%3A%2F%2Fexample.com';
  test.each([
    ['retainer/admin', '/admin'],
    ['retainer/admin/', '/admin'],
    ['retainer/admin/retainer/protohit/7/', '/admin'],
    ['static/status/index.html', '/status'],
    ['retainer/static/status/index.html', '/status'],
    ['static/dashboard.html', '/status'],
    ['static/test.html', '/example'],
    [`static/test.html?${query}`, `/example?${query}`],
  ])('%s leads to %s', async (from, to) => {
    const { status, headers } = await client.send(from, { redirect: 'manual' });
    expect([status, headers.get('location')]).toEqual([302, to]);
  });
});

describe("methods that are not a worker's path's own are refused so that a page can read it", () => {
  const ping = 'ping/worker/W1/assignment/A1/hit/H1/event/waiting';
  test.each([
    ['POST', 'gettask/assignment/A1', 'GET, HEAD'],
    ['DELETE', 'gettask/assignment/A1', 'GET, HEAD'],
    ['POST', 'retainer/gettask/assignment/A1', 'GET, HEAD'],
    ['PUT', 'wait/assignment/A1', 'GET, HEAD'],
    ['PUT', ping, 'GET, HEAD, POST'],
    ['PATCH', `retainer/${ping}`, 'GET, HEAD, POST'],
  ])('%s %s', async (method, path, allowed) => {
    const { status, text, headers } = await client.send(path, { method });
    expect([status, headers.get('allow')]).toEqual([405, allowed]);
    expect(headers.get('access-control-allow-origin')).toBe('*');
    expect(text).toContain(`${method} is not allowed here`);
  });

  test.each(['gettask', 'gettask/worker/W1', 'ping/worker/W1', 'wait/A1'])('%s is no path', async (path) => {
    const { status, text, headers } = await client.get(path);
    expect({ path, status }).toEqual({ path, status: 404 });
    expect(text).toContain('there is no');
    expect(headers.get('access-control-allow-origin')).toBe('*');
  });
});

test("a signed-in operator's cookie alone finishes nothing, though the path is answered to GET", async () => {
  const id = await make(await put());
  const { value } = (await service.core.commands.issueApiKey(
    { actor: 'operator:test', requestId: 'test' },
    { label: 'closes the API' },
  )) as { value: { key: string } };
  const { cookie, get } = await signedIn(service);
  expect((await get('/reservation/list')).status).toBe(200);
  expect((await get('/reservation/finish/all')).status).toBe(401);
  expect(await client.get('reservation/finish/all', { headers: { cookie } })).toMatchObject({ status: 401 });
  const listed = await client.get('reservation/list?state=made', { headers: { 'X-Api-Key': value.key } });
  expect(listed.text).toContain(id);
});
