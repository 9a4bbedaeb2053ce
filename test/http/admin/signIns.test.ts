import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestService, type TestService } from '../../support/service.ts';
import { type SignedInOperator, signedIn, signIn } from './operator.ts';

let service: TestService;
let ann: SignedInOperator;
beforeAll(async () => {
  service = await startTestService();
  ann = await signedIn(service);
});
afterAll(() => service.end());

const shown = async (path = '/admin/sign-ins') => {
  const page = await (await ann.get(path)).text();
  return [...page.matchAll(/data-column="Operator">(.*?)<.*?data-column="What"><span class="tag (\w+)"/g)].map(
    ([, operator, what]) => `${operator} ${what}`,
  );
};

test('who signed in, who was refused and who left is shown, newest first', async () => {
  const bob = await signedIn(service, 'bob');
  await signIn(service, 'bob', 'not this one');
  await bob.post('/admin/sign-out');
  expect(await shown()).toEqual(['bob signedOut', 'bob refused', 'bob signedIn', 'ann signedIn']);
});

test('a name that nobody has leaves no trace: it may be a password in the wrong field', async () => {
  await signIn(service, 'hunter2-hunter2', 'x');
  const { rows } = await service.database.pool.query(
    `select from event_store.events where stream like '%hunter2%' or data::text like '%hunter2%'`,
  );
  expect(rows).toEqual([]);
  expect((await shown()).join()).not.toContain('hunter2');
});

test('a long history is read page by page', async () => {
  const carl = await signedIn(service, 'carl');
  for (let n = 0; n < 25; n++) {
    await signIn(service, 'ann');
    await ann.post('/admin/account/sessions/end');
  }
  const [, older] = /rel="next" href="([^"]+)"/.exec(await (await carl.get('/admin/sign-ins')).text()) ?? [];
  const [first, second] = [await shown(), await shown(older)];
  expect([first.length, second.length]).toEqual([50, 5]);
  expect(second.at(-1)).toBe('ann signedIn');
});

test('that somebody guessed on is shown once', async () => {
  await signedIn(service, 'dora');
  for (let n = 0; n < 13; n++) await signIn(service, 'dora', 'not this one');
  const [first, second] = await shown();
  expect([first, second]).toEqual(['dora throttled', 'dora refused']);
});
