import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { openWork, startTestService, type TestService, until } from '../support/service.ts';

let service: TestService;
let workers = 0;
/** How far the service's clock is ahead of ours. */
let aheadMs = 0;
beforeAll(async () => {
  // Silent sooner than anybody has waited as long as they may, and never for a test that is slow.
  const patient = { PRESENCE_GRACE_SECONDS: '86400', PING_TIMEOUT_SECONDS: '200' };
  service = await startTestService(patient, { clock: () => Date.now() + aheadMs });
});
afterAll(() => service.end());

const someone = () => {
  const n = ++workers;
  return { worker: `W${n}`, assignment: `A${n}` };
};
type Someone = ReturnType<typeof someone>;
const ping = (who: Someone, hit: string, query = '', type = 'waiting', url = service.url) =>
  fetch(`${url}/ping/worker/${who.worker}/assignment/${who.assignment}/hit/${hit}/event/${type}${query}`, {
    method: 'POST',
  });
const poll = (who: Someone, query = '') => fetch(`${service.url}/gettask/assignment/${who.assignment}${query}`);
const wait = (who: Someone, query = '') => fetch(`${service.url}/wait/assignment/${who.assignment}${query}`);
const tokenIn = (response: Response): string => response.headers.get('retainer-token') ?? '';
const invoke = (id: string) =>
  fetch(`${service.url}/reservation/invoke`, { method: 'POST', body: new URLSearchParams({ id }) });
const shown = async (id: string): Promise<{ workers: number; dispatched: number; responded: number }> =>
  JSON.parse(await (await fetch(`${service.url}/reservation/${id}`)).text());
const events = async (who: Someone, type: string) =>
  (await service.core.store.read(`assignment-${who.assignment}`)).events.filter((event) => event.type === type);
/** Asks until it is not slowed down: that many requests are more than a page sends. */
async function unhurried(ask: () => Promise<Response>): Promise<Response> {
  let answer = await ask();
  await until(async () => {
    if (answer.status === 429) answer = await ask();
    return answer.status !== 429;
  });
  return answer;
}
/** A worker whose page asked for a token. */
async function signedIn(): Promise<{ who: Someone; hit: string; reservationId: string; token: string }> {
  const { hit, reservationId } = await openWork(service);
  const who = someone();
  const token = tokenIn(await ping(who, hit, '?token='));
  await until(async () => (await poll(who, `?token=${token}`)).status === 200);
  return { who, hit, reservationId, token };
}

describe('a page that asks for a token', () => {
  test('gets it with the first ping, for scripts of other origins to read', async () => {
    const { hit } = await openWork(service);
    const who = someone();
    const first = await ping(who, hit, '?token=');
    expect(await first.text()).toBe('OK');
    expect(tokenIn(first)).toMatch(/^[\w-]{32}$/);
    expect(first.headers.get('access-control-expose-headers')).toContain('Retainer-Token');
    expect(await events(who, 'WorkerArrived')).toMatchObject([{ data: { isSigned: true } }]);
    const next = await ping(who, hit, `?token=${tokenIn(first)}`);
    expect([next.status, tokenIn(next)]).toEqual([200, '']);
  });

  test('polls, waits and responds with it', async () => {
    const { who, hit, reservationId, token } = await signedIn();
    const heard = wait(who, `?token=${token}`).then((response) => response.text());
    await invoke(reservationId);
    expect(await heard).toContain('event: task');
    const kept = { start: true, taskID: 42, keptForMs: expect.any(Number) };
    expect(await (await poll(who, `?token=${token}`)).json()).toEqual(kept);
    expect((await ping(who, hit, `?token=${token}&after=1234`, 'working')).status).toBe(200);
    await until(async () => (await shown(reservationId)).responded === 1);
    expect(await events(who, 'WorkerResponded')).toMatchObject([{ data: { reactedAfterMs: 1_234 } }]);
  });

  test('says in whole milliseconds how long its worker took, or is refused by name', async () => {
    const { who, hit, token } = await signedIn();
    for (const after of ['-1', 'soon', '1.5', '86400001']) {
      const answer = await ping(who, hit, `?token=${token}&after=${after}`);
      expect(answer.status).toBe(400);
      expect(await answer.text()).toMatch(/^after must be milliseconds/);
    }
  });
});

describe('whoever guesses the ids of somebody signed', () => {
  test('can neither ping, nor poll, nor wait, nor respond', async () => {
    const { who, hit, reservationId, token } = await signedIn();
    await invoke(reservationId);
    await until(async () => (await poll(who, `?token=${token}`).then((answer) => answer.text())).includes('true'));
    const wrong = `?token=${'A'.repeat(32)}`;
    for (const query of ['', '?token=', wrong, '?token=%00', `?token=${'x'.repeat(9_000)}`]) {
      for (const ask of [() => ping(who, hit, query, 'working'), () => poll(who, query), () => wait(who, query)]) {
        const answer = await unhurried(ask);
        expect(answer.status).toBe(403);
        expect(tokenIn(answer)).toBe('');
        expect(await answer.text()).toMatch(/^Bad assignment/);
      }
    }
    expect((await unhurried(() => poll(who, `?token=${token}`))).status).toBe(200);
    expect((await shown(reservationId)).responded).toBe(0);
  });

  test('is not told by a poll that was held for the first ping', async () => {
    const { hit } = await openWork(service);
    const who = someone();
    const early = poll(who);
    await ping(who, hit, '?token=');
    expect((await early).status).toBe(403);
  });
});

test('a page that lost its token gets another once it has been silent, and not sooner', async () => {
  const { who, hit, token } = await signedIn();
  expect((await ping(who, hit, '?token=')).status).toBe(403);
  aheadMs += 199_000;
  expect((await ping(who, hit, '?token=')).status).toBe(403);
  aheadMs += 2_000;
  const renewed = tokenIn(await ping(who, hit, '?token='));
  expect(renewed).toMatch(/^1\.[\w-]{32}$/);
  expect(renewed).not.toContain(token);
  expect((await ping(who, hit, `?token=${renewed}`)).status).toBe(200);
  expect(await events(who, 'TokenRenewed')).toMatchObject([{ data: { generation: 1 } }]);
});

test('a page that has its new token before the read models know of it is taken at once', async () => {
  const { who, hit, reservationId } = await signedIn();
  aheadMs += 201_000;
  const renewed = tokenIn(await ping(who, hit, '?token='));
  expect((await poll(who, `?token=${renewed}`)).status).toBe(200);
  const heard = wait(who, `?token=${renewed}`).then((response) => response.text());
  await invoke(reservationId);
  expect(await heard).toContain('event: task');
  expect((await ping(who, hit, `?token=${renewed}`, 'working')).status).toBe(200);
  await until(async () => (await shown(reservationId)).responded === 1);
});

describe("the original's pages, which know of no token", () => {
  test('work as ever, and are marked', async () => {
    const { hit, reservationId } = await openWork(service);
    const who = someone();
    expect(tokenIn(await ping(who, hit))).toBe('');
    expect(await events(who, 'WorkerArrived')).toMatchObject([{ data: { isSigned: false } }]);
    await invoke(reservationId);
    await until(async () => (await (await poll(who)).text()).includes('"start":true'));
    await ping(who, hit, '', 'working');
    await until(async () => (await shown(reservationId)).responded === 1);
    const story = await (await fetch(`${service.url}/reservation/${reservationId}/history`)).text();
    expect(story).toContain(`HIT ${hit}, unsigned) and waits`);
    const { people } = z
      .object({ people: z.array(z.object({ assignmentId: z.string(), isSigned: z.boolean() })) })
      .parse(await (await fetch(`${service.url}/reservation/${reservationId}/history?format=json`)).json());
    expect(people).toContainEqual({ assignmentId: who.assignment, isSigned: false });
    // Begun unsigned, it stays so.
    expect(tokenIn(await ping(who, hit, '?token=', 'working'))).toBe('');
    expect((await poll(who)).status).toBe(200);
  });

  test('are refused by a service that says so', async () => {
    const strict = await startTestService({ UNSIGNED_WORKERS: 'refuse' });
    const { hit } = await openWork(strict);
    const refused = await ping(someone(), hit, '', 'waiting', strict.url);
    expect(refused.status).toBe(403);
    expect(await refused.text()).toMatch(/load its retainer.js$/);
    expect((await ping(someone(), hit, '?token=', 'waiting', strict.url)).status).toBe(200);
    await strict.end();
  });
});

test('every node signs alike, and the log does not know how', async () => {
  const { who, hit, token } = await signedIn();
  const other = await startTestService({ DATABASE_URL: service.database.url });
  expect((await ping(who, hit, `?token=${token}`, 'waiting', other.url)).status).toBe(200);
  const { rows } = await service.core.db.query<{ found: number }>(
    `select count(*)::int as found from event_store.events
     where data::text like '%' || $1 || '%' or metadata::text like '%' || $1 || '%'`,
    [token],
  );
  expect(rows).toEqual([{ found: 0 }]);
  await other.end();
});

describe('a worker who does not react, or leaves', () => {
  test('does not count as waiting and is not called, until they react', async () => {
    const { who, hit, reservationId, token } = await signedIn();
    const says = (type: string) => unhurried(() => ping(who, hit, `?token=${token}`, type));
    await until(async () => (await shown(reservationId)).workers === 1);
    for (const type of ['idle', 'left']) {
      expect((await says(type)).status).toBe(200);
      await until(async () => (await shown(reservationId)).workers === 0);
      expect((await says('waiting')).status).toBe(200);
      await until(async () => (await shown(reservationId)).workers === 1);
    }
    expect((await says('idle')).status).toBe(200);
    await until(async () => (await shown(reservationId)).workers === 0);
    await invoke(reservationId);
    expect((await shown(reservationId)).dispatched).toBe(0);
    expect((await says('waiting')).status).toBe(200);
    await until(async () => (await shown(reservationId)).dispatched === 1);
  });

  test('does not come by saying that they leave', async () => {
    const { hit } = await openWork(service);
    const who = someone();
    expect((await ping(who, hit, '?token=', 'left')).status).toBe(404);
    expect(await events(who, 'WorkerArrived')).toEqual([]);
  });
});
