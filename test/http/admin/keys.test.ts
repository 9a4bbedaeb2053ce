import { afterAll, beforeAll, expect, test } from 'vitest';
import { openWork, startTestService, type TestService } from '../../support/service.ts';
import { type SignedInOperator, signedIn } from './operator.ts';

let service: TestService;
let ann: SignedInOperator;
beforeAll(async () => {
  service = await startTestService();
  ann = await signedIn(service);
});
afterAll(() => service.end());

const PATH = '/admin/keys';
const withKey = async (key: string) =>
  (await fetch(`${service.url}/protohit/list`, { headers: { 'X-Api-Key': key } })).status;
const issue = async (fields: Record<string, string>) => {
  const answer = await ann.post(PATH, fields);
  const page = await answer.text();
  return { status: answer.status, page, key: /<pre id="key">(rk_[\w-]{43})<\/pre>/.exec(page)?.[1] ?? '' };
};

test('what is wrong is said beside the field, and no key is issued', async () => {
  const { status, page } = await issue({ label: ' ', proto_hit: 'nonsense' });
  expect(status).toBe(400);
  expect(page).toContain('It must be a text of 1 to 255 characters.');
  expect(page).toContain('It must open something');
  expect(page).toContain('It must be one of those in the list.');
  expect((await issue({ label: 'x', scopes: 'everything' })).status).toBe(400);
  expect(await (await ann.get(PATH)).text()).toContain('No key was ever issued');
});

test('a key opens what was ticked, is shown once, and opens nothing once it is revoked', async () => {
  const { protoHitId } = await openWork(service);
  const { key, page } = await issue({ label: 'captions <live>', scopes: 'read', proto_hit: protoHitId });
  expect(page).toContain('captions &lt;live&gt;');
  expect(await withKey(key)).toBe(200);
  expect(await withKey('rk_wrong')).toBe(401);
  const list = await (await ann.get(PATH)).text();
  expect(list).not.toContain(key);
  expect(list).toContain('captions &lt;live&gt;');
  const [, id] = /action="\/admin\/keys\/([\w-]{36})\/revoke"/.exec(list) ?? [];
  expect((await ann.post(`${PATH}/${id}/revoke`)).status).toBe(303);
  expect(await withKey(key)).toBe(401);
  const { rows } = await service.database.pool.query(
    `select type, metadata ->> 'actor' as by, data -> 'protoHitId' as limit from event_store.events
     where stream = $1 order by position`,
    [`apiKey-${id}`],
  );
  expect(rows).toEqual([
    { type: 'ApiKeyIssued', by: 'operator:ann', limit: protoHitId },
    { type: 'ApiKeyRevoked', by: 'operator:ann', limit: null },
  ]);
});

test('a key is given what it may commit a day, and the list shows it', async () => {
  expect((await issue({ label: 'thrifty', scopes: 'commands', budget: '2.50' })).key).not.toBe('');
  expect((await issue({ label: 'unbounded', scopes: 'commands', budget: '' })).key).not.toBe('');
  const { rows } = await service.database.pool.query(
    `select data ->> 'label' as label, data -> 'dailyBudgetCents' as cents from event_store.events
     where type = 'ApiKeyIssued' and data ->> 'label' in ('thrifty', 'unbounded') order by position`,
  );
  expect(rows).toEqual([
    { label: 'thrifty', cents: 250 },
    { label: 'unbounded', cents: null },
  ]);
  expect(await (await ann.get(PATH)).text()).toContain('<td data-column="A day at most" class="number">$2.50</td>');
});

test.each(['-1', '2.505', 'much', '1e3'])('a budget of %s a day is refused beside the field', async (budget) => {
  const { status, page } = await issue({ label: 'no budget', scopes: 'commands', budget });
  expect(status).toBe(400);
  expect(page).toContain('It must be US dollars a day, as 25 or 2.50, or empty.');
  expect(page).toContain(`value="${budget}"`);
  expect(await (await ann.get(PATH)).text()).not.toContain('no budget');
});

test('a new key reads the log or is the operator only if that is ticked', async () => {
  const ticked = [...(await (await ann.get(PATH)).text()).matchAll(/<input type="checkbox"[^>]*>/g)].flatMap(([box]) =>
    box.includes('checked') ? (/value="(\w+)"/.exec(box)?.[1] ?? '') : [],
  );
  expect(ticked).toEqual(['commands', 'read']);
});

test('a key that is not there is not revoked', async () => {
  expect((await ann.post(`${PATH}/nonsense/revoke`)).status).toBe(404);
  expect((await ann.post(`${PATH}/00000000-0000-7000-8000-000000000000/revoke`)).status).toBe(404);
});
