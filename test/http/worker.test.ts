import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openWork, startTestService, type TestService, until } from '../support/service.ts';

/** docs/landing-page.md says why it is as large as that, and not larger. */
const MOST_SCRIPT_BYTES = 19_000;
const MOST_SENT_BYTES = 9_000;

let service: TestService;
let url: string;
let workers = 0;
beforeAll(async () => {
  service = await startTestService();
  url = service.url;
});
afterAll(async () => {
  await service.end();
});

const someone = () => {
  const n = ++workers;
  return { worker: `W${n}`, assignment: `A${n}` };
};
type Someone = ReturnType<typeof someone>;
const ping = (who: Someone, hit: string, type = 'waiting', method = 'POST') =>
  fetch(`${url}/ping/worker/${who.worker}/assignment/${who.assignment}/hit/${hit}/event/${type}`, { method });
const poll = (who: Someone, query = '') => fetch(`${url}/gettask/assignment/${who.assignment}${query}`);
const invoke = (id: string) =>
  fetch(`${url}/reservation/invoke`, { method: 'POST', body: new URLSearchParams({ id }) });
const shown = async (id: string): Promise<{ dispatched: number; responded: number }> =>
  JSON.parse(await (await fetch(`${url}/reservation/${id}`)).text());
/** Waits until so many polls and streams are held. */
const areHeld = (count: number, at = url) =>
  until(async () => (await (await fetch(`${at}/metrics`)).text()).includes(`\nretainer_listeners ${count}\n`));
const post = (path: string, parameters: Record<string, string>) =>
  fetch(`${url}/${path}`, { method: 'POST', body: new URLSearchParams(parameters) });

/** The events of a stream until it ends. */
async function streamOf(who: Someone, signal?: AbortSignal): Promise<string> {
  const response = await fetch(`${url}/wait/assignment/${who.assignment}`, signal ? { signal } : {});
  expect(response.headers.get('content-type')).toMatch('text/event-stream');
  return response.text();
}

describe('polling', () => {
  test('says to go on waiting, then the task, and the same task for ever', async () => {
    const { hit, reservationId } = await openWork(service);
    const who = someone();
    expect(await (await ping(who, hit)).text()).toBe('OK');
    expect(await (await poll(who)).json()).toEqual({ start: false });
    expect(await (await invoke(reservationId)).text()).toBe('OK');
    await until(async () => (await (await poll(who)).text()).includes('"start":true'));
    for (let n = 0; n < 3; n++) expect(await (await poll(who)).json()).toEqual({ start: true, taskID: 42 });
    await post('reservation/cancel', { id: reservationId });
    expect(await (await poll(who)).json()).toEqual({ start: true, taskID: 42 });
  });

  test('works with the prefix, and a ping may be a GET', async () => {
    const { hit } = await openWork(service);
    const who = someone();
    const path = `retainer/ping/worker/${who.worker}/assignment/${who.assignment}/hit/${hit}/event/waiting`;
    expect(await (await fetch(`${url}/${path}`)).text()).toBe('OK');
    expect(await (await fetch(`${url}/retainer/gettask/assignment/${who.assignment}`)).json()).toEqual({
      start: false,
    });
  });

  test('is held until there is a task', async () => {
    const { hit, reservationId } = await openWork(service);
    const who = someone();
    await ping(who, hit);
    const held = poll(who, '?wait=60');
    await areHeld(1);
    await invoke(reservationId);
    expect(await (await held).json()).toEqual({ start: true, taskID: 42 });
  });

  test('is held no longer than asked', async () => {
    const { hit } = await openWork(service);
    const who = someone();
    await ping(who, hit);
    expect(await (await poll(who, '?wait=0.2')).json()).toEqual({ start: false });
  });

  test('that overtakes the first ping is held for it (realtime-turk: its script never polled again after that error)', async () => {
    const { hit } = await openWork(service);
    const who = someone();
    const early = poll(who);
    await areHeld(1);
    await ping(who, hit);
    const answer = await early;
    expect(answer.status).toBe(200);
    expect(await answer.json()).toEqual({ start: false });
  });

  test('for an assignment that never pings ends with 404 Bad assignment', async () => {
    const hasty = await startTestService({}, { patience: { firstPingMs: 10 } });
    const answer = await fetch(`${hasty.url}/gettask/assignment/${someone().assignment}`);
    expect(answer.status).toBe(404);
    expect(await answer.text()).toBe('Bad assignment');
    await hasty.end();
  });

  test('for a preview is refused', async () => {
    const answer = await fetch(`${url}/gettask/assignment/ASSIGNMENT_ID_NOT_AVAILABLE`);
    expect(answer.status).toBe(404);
    expect(await answer.text()).toMatch(/^Bad assignment: .*this is a preview/);
  });

  test.each(['-1', '61', 'soon', 'NaN', ''])('wait=%s is refused by name', async (wait) => {
    const { hit } = await openWork(service);
    const who = someone();
    await ping(who, hit);
    const answer = await poll(who, `?wait=${wait}`);
    if (wait === '') expect(answer.status).toBe(200);
    else {
      expect(answer.status).toBe(400);
      expect(await answer.text()).toMatch(/^wait must be a number from 0 to 60/);
    }
  });

  test('too fast for one assignment is slowed down', async () => {
    const { hit } = await openWork(service);
    const who = someone();
    await ping(who, hit);
    const answers = await Promise.all(Array.from({ length: 60 }, () => poll(who)));
    const slowed = answers.filter(({ status }) => status === 429);
    expect(slowed.length).toBeGreaterThan(0);
    expect(slowed[0]?.headers.get('retry-after')).toBe('1');
  });
});

describe('streams', () => {
  test('tell the task and end', async () => {
    const { hit, reservationId } = await openWork(service);
    const who = someone();
    await ping(who, hit);
    const heard = streamOf(who);
    await areHeld(1);
    await invoke(reservationId);
    expect(await heard).toContain('event: task\ndata: {"start":true,"taskID":42}\n\n');
  });

  test('tell a task that was there before', async () => {
    const { hit, reservationId } = await openWork(service);
    const who = someone();
    await ping(who, hit);
    await invoke(reservationId);
    await until(async () => (await (await poll(who)).text()).includes('"start":true'));
    expect(await streamOf(who)).toContain('"taskID":42');
  });

  test('tell that the wait is over', async () => {
    const { hit, reservationId } = await openWork(service);
    const who = someone();
    const first = await ping(who, hit, 'waiting?token=');
    const token = `?token=${first.headers.get('retainer-token')}`;
    const heard = streamOf({ ...who, assignment: `${who.assignment}${token}` });
    await post('reservation/cancel', { id: reservationId });
    expect(await heard).toContain('event: released\ndata: {"start":false,"released":true,"reason":"notNeeded"}\n\n');
    expect(await (await poll(who, token)).json()).toEqual({ start: false, released: true, reason: 'notNeeded' });
  });

  test('that a client leaves are forgotten', async () => {
    const { hit } = await openWork(service);
    const who = someone();
    await ping(who, hit);
    const leaving = new AbortController();
    const heard = streamOf(who, leaving.signal).catch(() => 'left');
    await areHeld(1);
    leaving.abort();
    await heard;
    await areHeld(0);
  });
});

describe('pings are refused', () => {
  test('for a HIT that was not posted here', async () => {
    const answer = await ping(someone(), 'NOSUCHHIT');
    expect(answer.status).toBe(404);
    expect(await answer.text()).toMatch(/^Bad assignment/);
  });

  test('of another type than waiting and working', async () => {
    const { hit } = await openWork(service);
    const answer = await ping(someone(), hit, 'sleeping');
    expect(answer.status).toBe(400);
    expect(await answer.text()).toMatch(/^Bad ping type/);
  });

  test("for somebody else's assignment, and for one of another HIT", async () => {
    const [{ hit }, other] = [await openWork(service), await openWork(service)];
    const who = someone();
    await ping(who, hit);
    expect((await ping({ ...who, worker: 'SOMEBODYELSE' }, hit)).status).toBe(409);
    expect((await ping(who, other.hit)).status).toBe(409);
  });

  test('for a preview, and for ids that are no ids', async () => {
    const { hit } = await openWork(service);
    const before = await service.core.store.head();
    for (const assignment of ['ASSIGNMENT_ID_NOT_AVAILABLE', 'a%00b', 'x'.repeat(65), '%F0%9F%92%A9', "a';drop"])
      expect((await ping({ worker: 'W', assignment }, hit)).status).toBe(400);
    expect(await service.core.store.head()).toBe(before);
  });

  test('beyond the assignments that the HIT has', async () => {
    const { hit } = await openWork(service, { places: 2 });
    const [a, b, c] = [someone(), someone(), someone()];
    expect((await ping(a, hit)).status).toBe(200);
    expect((await ping(b, hit)).status).toBe(200);
    await until(async () => (await poll(b)).status === 200);
    expect((await ping(c, hit)).status).toBe(404);
    expect((await ping(a, hit)).status).toBe(200);
  });

  test('in JSON for those who ask for JSON', async () => {
    const answer = await fetch(`${url}/gettask/assignment/ASSIGNMENT_ID_NOT_AVAILABLE`, {
      headers: { Accept: 'application/json' },
    });
    expect(answer.headers.get('content-type')).toMatch('application/problem+json');
    expect(await answer.json()).toMatchObject({
      status: 404,
      detail: expect.stringMatching(/^Bad assignment: .*preview/),
    });
  });
});

test("a working ping after the call is the worker's response", async () => {
  const { hit, reservationId } = await openWork(service);
  const who = someone();
  await ping(who, hit);
  await invoke(reservationId);
  await until(async () => (await (await poll(who)).text()).includes('"start":true'));
  await ping(who, hit, 'working');
  await until(async () => (await shown(reservationId)).responded === 1);
});

test('pages on other origins may use the workers’ paths and load the script', async () => {
  const { hit } = await openWork(service);
  const who = someone();
  expect((await ping(who, hit)).headers.get('access-control-allow-origin')).toBe('*');
  expect((await poll(who)).headers.get('access-control-allow-origin')).toBe('*');
  const preflight = await fetch(`${url}/ping/worker/W/assignment/A/hit/H/event/waiting`, {
    method: 'OPTIONS',
    headers: {
      Origin: 'https://example.com',
      'Access-Control-Request-Method': 'POST',
      'Access-Control-Request-Headers': 'x-a',
    },
  });
  expect(preflight.status).toBe(204);
  expect(preflight.headers.get('access-control-allow-headers')).toBe('x-a');
  for (const path of ['retainer.js', 'static/retainer.js', 'retainer/retainer.js']) {
    const script = await fetch(`${url}/${path}`);
    expect(script.headers.get('content-type')).toMatch('text/javascript');
    const body = await script.text();
    expect(body).toContain(url);
    const ofLongAddress = body.replaceAll(url, 'https://'.padEnd(60, 'x'));
    expect(Buffer.byteLength(ofLongAddress)).toBeLessThan(MOST_SCRIPT_BYTES);
    const again = await fetch(`${url}/${path}`, { headers: { 'If-None-Match': script.headers.get('etag') ?? '' } });
    expect(again.status).toBe(304);
    // fetch asks for it compressed and unpacks it; others get it as it is.
    expect(script.headers.get('content-encoding')).toBe('gzip');
    const plain = await fetch(`${url}/${path}`, { headers: { 'Accept-Encoding': 'identity' } });
    expect(plain.headers.get('content-encoding')).toBe(null);
    expect(plain.headers.get('vary')).toBe('Accept-Encoding');
    expect(await plain.text()).toBe(body);
    expect(gzipSync(body).byteLength).toBeLessThan(MOST_SENT_BYTES);
  }
});

test('the example says what its HIT pays and how long anybody waits, and nothing of a HIT that nobody knows', async () => {
  const { hit } = await openWork(service);
  const example = async (query: string): Promise<string> => (await fetch(`${url}/example?${query}`)).text();
  expect(await example(`hitId=${hit}`)).toContain('pay: { hit: 0.12 }, longestMinutes: 5, ');
  for (const query of ['', 'hitId=HUNKNOWN', 'hitId=%3Cscript%3E']) expect(await example(query)).not.toContain('pay:');
});

describe('those who wait on the node that calls them', () => {
  /** No read model moves until what it answers with is called. */
  const standStill = async (): Promise<() => Promise<void>> => {
    const client = await service.database.pool.connect();
    await client.query('begin');
    await client.query('select from retainer.checkpoints for update');
    return async () => {
      await client.query('rollback');
      client.release();
    };
  };
  const measured = async (): Promise<number> =>
    Number((await (await fetch(`${url}/metrics`)).text()).match(/^retainer_told_seconds_count (\d+)/m)?.[1]);

  test('are told before the read models show it; how long that took is measured all the same', async () => {
    const { hit, reservationId } = await openWork(service, { numAssignments: 2 });
    const [one, other] = [someone(), someone()];
    for (const who of [one, other]) await ping(who, hit);
    const before = await measured();
    const heard = streamOf(one);
    const held = poll(other, '?wait=60');
    await areHeld(2);
    const goOn = await standStill();
    const invoked = invoke(reservationId);
    expect(await heard).toContain('event: task\ndata: {"start":true,"taskID":42}\n\n');
    expect(await (await held).json()).toEqual({ start: true, taskID: 42 });
    expect((await shown(reservationId)).dispatched).toBe(0);
    await goOn();
    expect((await invoked).status).toBe(200);
    await until(async () => (await measured()) === before + 2);
  });
});

describe('a hundred arrivals in one second (meteor-empirica-core #5, #78; Dallinger #2510; LegionTools’ release race)', () => {
  test('are told exactly as many as were asked for, none twice', async () => {
    const { hit, reservationId } = await openWork(service, { numAssignments: 30 });
    await invoke(reservationId);
    const crowd = Array.from({ length: 100 }, someone);
    await Promise.all(crowd.map((who) => ping(who, hit)));
    await until(async () => (await shown(reservationId)).dispatched === 30);
    // Whoever asks again calls nobody else.
    await invoke(reservationId);
    const told = await Promise.all(crowd.map(async (who) => (await (await poll(who)).text()).includes('true')));
    expect(told.filter(Boolean)).toHaveLength(30);
  });
});

describe('a node that stops', () => {
  test('ends held polls and streams properly, and answers what it had begun', async () => {
    const own = await startTestService();
    const { hit } = await openWork(own);
    const pinged = await fetch(`${own.url}/ping/worker/W1/assignment/A1/hit/${hit}/event/waiting`, { method: 'POST' });
    expect(pinged.status).toBe(200);
    const held = fetch(`${own.url}/gettask/assignment/A1?wait=50`);
    const stream = fetch(`${own.url}/wait/assignment/A1`).then((response) => response.text());
    await areHeld(2, own.url);
    await own.end();
    expect(await (await held).json()).toEqual({ start: false });
    expect(await stream).toContain('retry: 1000');
  });
});

describe('a node whose connections to Postgres are cut', () => {
  test('still wakes those who wait when it is connected again', async () => {
    const { hit, reservationId } = await openWork(service);
    const who = someone();
    await ping(who, hit);
    const heard = streamOf(who);
    const held = poll(who, '?wait=60');
    await areHeld(2);
    await service.database.kill();
    await until(async () => (await invoke(reservationId)).status === 200);
    expect(await heard).toContain('"taskID":42');
    expect(await (await held).json()).toEqual({ start: true, taskID: 42 });
  });
});
