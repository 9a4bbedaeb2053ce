import { createHmac } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { AssignmentId } from '../../src/domain/ids.ts';
import { createTokens } from '../../src/http/worker/tokens.ts';
import { sharedSecret } from '../../src/postgres/sharedSecret.ts';
import { openWork, startTestService, type TestService, until } from '../support/service.ts';

let service: TestService;
let people = 0;
/** How far the service's clock is ahead of ours. */
let aheadMs = 0;
beforeAll(async () => {
  // Silent sooner than anybody has waited as long as they may, and never for a test that is slow.
  const patient = { PRESENCE_GRACE_SECONDS: '86400', PING_TIMEOUT_SECONDS: '200' };
  service = await startTestService(patient, { clock: () => Date.now() + aheadMs });
});
afterAll(() => service.end());

const context = { actor: 'marketplace', requestId: 'test' } as const;
const SILENCE_MS = 201_000;

/** Somebody's page on an assignment; `keeps`: the token that it has from before. */
function page(hit: string, assignment: string, worker: string, keeps = '') {
  let token = keeps;
  const address = (path: string, query = '') => `${service.url}/${path}?token=${token}${query}`;
  const at = `assignment/${assignment}`;
  return {
    token: () => token,
    ping: async (type = 'waiting'): Promise<number> => {
      const ask = () => fetch(address(`ping/worker/${worker}/${at}/hit/${hit}/event/${type}`), { method: 'POST' });
      let answer = await ask();
      // These are more pings than a page sends.
      await until(async () => {
        if (answer.status === 429) answer = await ask();
        return answer.status !== 429;
      });
      token = answer.headers.get('Retainer-Token') ?? token;
      return answer.status;
    },
    poll: () => fetch(address(`gettask/${at}`)),
    /** Held; answers with its status. */
    held: async (): Promise<number> => (await fetch(address(`gettask/${at}`, '&wait=60'))).status,
    /** A stream, once it is there; its text ends with it. */
    listen: async (): Promise<Promise<string>> => (await fetch(address(`wait/${at}`))).text(),
  };
}

async function waiting() {
  const { hit, reservationId } = await openWork(service);
  const assignment = `ATOKEN${++people}`;
  const first = page(hit, assignment, `WTOKEN${people}`);
  expect(await first.ping()).toBe(200);
  await until(async () => (await first.poll()).status === 200);
  const again = (keeps = '') => page(hit, assignment, `WTOKEN${people}`, keeps);
  return { hit, reservationId, assignment, first, again };
}
const invoke = (id: string) =>
  fetch(`${service.url}/reservation/invoke`, { method: 'POST', body: new URLSearchParams({ id }) });
const shown = async (id: string): Promise<{ workers: number; dispatched: number; responded: number }> =>
  JSON.parse(await (await fetch(`${service.url}/reservation/${id}`)).text());
const listeners = async (): Promise<number> =>
  Number(/^retainer_listeners\S* (\d+)$/m.exec(await (await fetch(`${service.url}/metrics`)).text())?.[1]);

test('a token of before opens nothing once there is a newer one: neither pings nor polls, and what it holds ends', async () => {
  const { reservationId, first, again } = await waiting();
  const before = await listeners();
  const streamed = first.listen();
  const held = first.held();
  await until(async () => (await listeners()) === before + 2);
  aheadMs += SILENCE_MS;
  const second = again();
  expect(await second.ping()).toBe(200);
  expect(await held).toBe(403);
  expect(await await streamed).not.toContain('event:');
  for (const type of ['waiting', 'idle', 'working', 'submitting', 'left']) expect(await first.ping(type)).toBe(403);
  expect([(await first.poll()).status, (await second.poll()).status]).toEqual([403, 200]);
  await invoke(reservationId);
  await until(async () => (await (await second.poll()).text()).includes('"start":true'));
  expect((await first.poll()).status).toBe(403);
});

test('nobody makes a token of another generation, or of another assignment, out of one that they have', async () => {
  const { first, again } = await waiting();
  for (const made of [`1.${first.token()}`, `0.${first.token()}`, `01.${first.token()}`, `${first.token()}.1`]) {
    const other = again(made);
    expect([made, await other.ping('working'), (await other.poll()).status]).toEqual([made, 403, 403]);
  }
  const { tokenOf, sessionOf } = createTokens(service.core.db);
  const [a, b] = [AssignmentId.parse('A'), AssignmentId.parse('A-1')];
  expect(await sessionOf(b, await tokenOf(a, 1))).toBe('asks');
  expect(await sessionOf(a, await tokenOf(a, 12))).toEqual({ generation: 12 });
});

test('a page that is open during a roll-out goes on: the first generation is signed as ever', async () => {
  const id = AssignmentId.parse('AFROMBEFORE');
  const hash = createHmac('sha256', await sharedSecret(service.core.db))
    .update(id)
    .digest();
  const { sessionOf } = createTokens(service.core.db);
  expect(await sessionOf(id, hash.subarray(0, 24).toString('base64url'))).toEqual({ generation: 0 });
});

test.each(['signed', 'unsigned'])(
  'whoever had an assignment id before, %s, neither hears of the call of whoever has it now nor starts in their place',
  async (how) => {
    const { hit, reservationId } = await openWork(service, { numAssignments: 2 });
    const assignment = `AREUSED${++people}`;
    const token = how === 'signed' ? '?token=' : '';
    const ping = (worker: string, type = 'waiting', query = token) =>
      fetch(`${service.url}/ping/worker/${worker}/assignment/${assignment}/hit/${hit}/event/${type}${query}`, {
        method: 'POST',
      });
    const arrived = await ping('WBEFORE');
    const own = how === 'signed' ? `?token=${arrived.headers.get('Retainer-Token')}` : '';
    await until(async () => (await fetch(`${service.url}/gettask/assignment/${assignment}${own}`)).status === 200);
    await until(async () => (await shown(reservationId)).workers === 1);
    const before = await listeners();
    const stream = fetch(`${service.url}/wait/assignment/${assignment}${own}`).then((answer) => answer.text());
    await until(async () => (await listeners()) === before + 1);
    await service.core.commands.markAssignment(context, {
      assignmentId: AssignmentId.parse(assignment),
      as: 'returned',
    });
    const second = page(hit, assignment, 'WAFTER');
    expect(await second.ping()).toBe(200);
    expect(second.token()).toMatch(/^1\./);
    // One person, whatever they have an id of: the supply is as many as there are people.
    await until(async () => (await shown(reservationId)).workers === 1);
    await invoke(reservationId);
    expect(await stream).not.toContain('event: task');
    await until(async () => (await (await second.poll()).text()).includes('"start":true'));
    expect((await ping('WBEFORE', 'working', own)).status).toBe(409);
    expect((await fetch(`${service.url}/gettask/assignment/${assignment}${own}`)).status).toBe(403);
    expect(await second.ping('working')).toBe(200);
    await until(async () => (await shown(reservationId)).responded === 1);
    expect((await shown(reservationId)).dispatched).toBe(1);
    const list = z
      .array(z.object({ id: z.string(), worker: z.string(), state: z.string() }))
      .parse(JSON.parse(await (await fetch(`${service.url}/assignment/list?reservation=${reservationId}`)).text()));
    expect(list).toEqual([{ id: assignment, worker: 'WAFTER', state: 'working' }]);
  },
);
