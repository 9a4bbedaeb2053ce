import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { startTestService, type TestService } from '../support/service.ts';
import { handIn, logged } from './admin/work.ts';
import { clientOf, jsonOf } from './client.ts';

let service: TestService;
beforeAll(async () => {
  service = await startTestService();
});
afterAll(() => service.end());

const say = (path: string, parameters: Readonly<Record<string, unknown>>, encoding: 'form' | 'json' = 'form') =>
  clientOf(service.url).post(path, parameters, { encoding });

describe.each(['form', 'json'] as const)('in %s', (encoding) => {
  test('what was handed in is listed, approved, rejected and rewarded', async () => {
    const names = ['ONE', 'TWO', 'THREE'].map((name) => `${name}${encoding}`);
    await handIn(service, names);
    const listed = jsonOf(await clientOf(service.url).get('assignment/list?state=submitted&limit=3'));
    expect(listed).toContainEqual(
      expect.objectContaining({
        id: `AONE${encoding}`,
        worker: `WONE${encoding}`,
        state: 'submitted',
        answer: expect.arrayContaining([{ field: 'sure', value: 'yes' }]),
      }),
    );
    const ids = `AONE${encoding},ATWO${encoding}`;
    expect(await say('assignment/approve', { id: ids }, encoding)).toMatchObject({ status: 200, text: 'OK' });
    const rejection = { id: `ATHREE${encoding}`, feedback: 'Nothing was named.' };
    expect(await say('assignment/reject', rejection, encoding)).toMatchObject({ status: 200, text: 'OK' });
    const bonus = { id: `AONE${encoding}`, amount: '0.03', reason: 'Quick.' };
    expect(await say('assignment/bonus', bonus, encoding)).toMatchObject({ status: 200 });
    expect((await logged(service, 'BonusGranted')).at(-1)?.data).toMatchObject({ amountCents: 3 });
  });
});

test('a worker is blocked and unblocked', async () => {
  expect(await say('worker/block', { id: 'WBAD', reason: 'Random clicks.' })).toMatchObject({ text: 'OK' });
  const blocked = jsonOf(await clientOf(service.url).get('worker/list?blocked=true'));
  expect(blocked).toEqual([expect.objectContaining({ id: 'WBAD', blocked: true, reason: 'Random clicks.' })]);
  expect(await say('worker/unblock', { id: 'WBAD' })).toMatchObject({ text: 'OK' });
  expect((await logged(service, 'WorkerBlocked')).map(({ by }) => by)).toEqual(['anyone']);
});

test('workers are listed with what they did and earned, page after page', async () => {
  await handIn(service, ['LISTED1', 'LISTED2']);
  const list = async (query: string) =>
    z.array(z.looseObject({ id: z.string() })).parse(jsonOf(await clientOf(service.url).get(`worker/list?${query}`)));
  const all = await list('limit=1000');
  expect(all).toContainEqual(
    expect.objectContaining({ id: 'WLISTED1', assignments: 1, submitted: 1, earned: 0, blocked: false }),
  );
  const first = await list('limit=1');
  expect([...first, ...(await list(`limit=1000&before=${first[0]?.id}`))]).toEqual(all);
  expect(await clientOf(service.url).get('worker/list?before=WNOBODY')).toMatchObject({
    status: 404,
    text: 'no such worker',
  });
});

test.each([
  ['assignment/approve', { id: 'ANOBODY' }, 409, /ANOBODY: Assignment.DoesNotExist/],
  ['assignment/approve', { id: 'a b' }, 400, /id must be ids of 1 to 1000 assignments/],
  ['assignment/reject', { id: 'A1' }, 400, /feedback is missing/],
  ['assignment/bonus', { id: 'A1', amount: '0.005', reason: 'x' }, 400, /amount must be an amount from 0.01 to 100.00/],
  ['assignment/bonus', { id: 'ANOBODY', amount: '1', reason: 'x' }, 404, /Assignment.DoesNotExist/],
  ['worker/block', { id: 'W1' }, 400, /reason is missing/],
  // What the log could not read again must never get into it.
  ['assignment/reject', { id: 'A1', feedback: ' ' }, 400, /feedback must be a text of 1 to 1024 .* not blank/],
  ['assignment/bonus', { id: 'A1', amount: '1', reason: '\n' }, 400, /reason must be a text of 1 to 4096 .* not blank/],
  ['worker/block', { id: 'W1', reason: '\t' }, 400, /reason must be a text of 1 to 1024 .* not blank/],
])('%s with %j is refused and says why', async (path, parameters, status, words) => {
  expect(await say(path, parameters)).toMatchObject({ status, text: expect.stringMatching(words) });
});
