import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestService, type TestService } from '../../support/service.ts';
import { protoHit } from '../wire.ts';
import { type SignedInOperator, signedIn } from './operator.ts';

let service: TestService;
let ann: SignedInOperator;
beforeAll(async () => {
  service = await startTestService();
  ann = await signedIn(service);
});
afterAll(() => service.end());

const PATH = '/admin/proto-hits';
const form = (changes: Readonly<Record<string, string>> = {}): Record<string, string> => ({
  ...Object.fromEntries(Object.entries(protoHit()).map(([name, value]) => [name, String(value)])),
  hit_type_id: '',
  max_wait: '',
  sandbox: 'true',
  ...changes,
});
type Listed = { id: string; hit_type_id: string; title: string; max_wait: number; sandbox: boolean; reward: number };
const listed = async (query = ''): Promise<readonly Listed[]> =>
  (await ann.get(`/protohit/list${query}`)).json() as Promise<readonly Listed[]>;
const happened = async (id: string) => {
  const { rows } = await service.database.pool.query<{ what: string }>(
    `select type || ' by ' || (metadata ->> 'actor') as what from event_store.events where stream = $1 order by position`,
    [`protoHit-${id}`],
  );
  return rows.map(({ what }) => what);
};

test('one is created, revised, retired and restored, and the log says by whom', async () => {
  expect((await ann.post(PATH, form({ hit_type_id: 'verbs' }))).status).toBe(303);
  const [created] = await listed();
  if (created === undefined) throw new Error('nothing was created');
  expect(created).toMatchObject({ hit_type_id: 'verbs', max_wait: 540, sandbox: true });
  const id = created.id;
  const revised = form({ title: 'Find the nouns', reward: '0.25', max_wait: '60', sandbox: 'false' });
  expect((await ann.post(`${PATH}/${id}`, { ...revised, hit_type_id: 'another' })).status).toBe(303);
  expect(await listed()).toMatchObject([
    { id, hit_type_id: 'verbs', title: 'Find the nouns', reward: 0.25, max_wait: 60, sandbox: false },
  ]);
  expect((await ann.post(`${PATH}/${id}/retire`)).status).toBe(303);
  expect(await (await ann.get(PATH)).text()).not.toContain('Find the nouns');
  expect(await (await ann.get(`${PATH}?retired=true`)).text()).toContain('Find the nouns');
  const refused = await ann.post(`${PATH}/${id}`, form());
  expect([refused.status, await refused.text()]).toEqual([409, expect.stringContaining('ProtoHit is retired')]);
  expect((await ann.post(`${PATH}/${id}/restore`)).status).toBe(303);
  expect(await happened(id)).toEqual(
    ['ProtoHitDefined', 'ProtoHitRevised', 'SandboxSwitched', 'ProtoHitRetired', 'ProtoHitRestored'].map(
      (type) => `${type} by operator:ann`,
    ),
  );
});

test('a longest wait that follows the time for an assignment stands empty in the form', async () => {
  await ann.post(PATH, form({ hit_type_id: 'following' }));
  await ann.post(PATH, form({ hit_type_id: 'said', max_wait: '60' }));
  const shown = async (name: string) => {
    const id = (await listed()).find(({ hit_type_id }) => hit_type_id === name)?.id ?? '';
    return /<input id="max_wait"[^>]*>/.exec(await (await ann.get(`${PATH}/${id}`)).text())?.[0];
  };
  expect(await shown('following')).toContain('value=""');
  expect(await shown('said')).toContain('value="60"');
});

test('one whose name is its id is revised, not made a second time', async () => {
  await ann.post(PATH, form({ title: 'Nameless' }));
  const before = await listed();
  const id = before.find(({ title }) => title === 'Nameless')?.id ?? '';
  await ann.post(`${PATH}/${id}`, form({ title: 'Still nameless' }));
  expect((await listed()).map(({ id }) => id)).toEqual(before.map(({ id }) => id));
  expect((await listed()).find((one) => one.id === id)?.title).toBe('Still nameless');
});

test('a clone is a form that holds what the original says, but its name', async () => {
  await ann.post(PATH, form({ hit_type_id: 'original', title: 'To be "copied" <now>' }));
  const id = (await listed()).find(({ hit_type_id }) => hit_type_id === 'original')?.id ?? '';
  const page = await (await ann.get(`${PATH}/new?clone=${id}`)).text();
  expect(page).toContain('value="To be &quot;copied&quot; &lt;now&gt;"');
  expect(page).toContain('value="0.12"');
  expect(page).not.toContain('original');
});

test.each([
  [{ title: '' }, 'It must be a text of 1 to 128 characters.'],
  [{ reward: '1.234' }, 'It must be US dollars from 0 to 100 with at most two decimals, got &quot;1.234&quot;.'],
  [{ url: 'javascript:alert(1)' }, 'It must be an http or https URL'],
  [{ lifetime: 'soon' }, 'It must be a whole number from 30 to 31536000 seconds, got &quot;soon&quot;.'],
  [{ max_wait: '600' }, 'It must be less than the time for an assignment, 600 seconds, got 600.'],
  [{ worker_locale: 'Mars' }, 'or a country code of two capital letters'],
  [{ title: 'a\u0007b' }, 'This holds a control character.'],
])('%o is refused in words, what was typed is kept, and nothing is stored', async (wrong, words) => {
  const before = await service.core.store.head();
  const answer = await ann.post(PATH, form({ description: 'typed with care', ...wrong }));
  expect(answer.status).toBe(400);
  const page = await answer.text();
  expect(page).toContain(words);
  expect(page).toContain('typed with care');
  expect(await service.core.store.head()).toBe(before);
});

test('a name that is taken makes no second one, and one that is not there is not found', async () => {
  await ann.post(PATH, form({ hit_type_id: 'taken' }));
  const again = await ann.post(PATH, form({ hit_type_id: 'taken' }));
  expect([again.status, await again.text()]).toEqual([
    409,
    expect.stringContaining('There is a ProtoHIT of this name'),
  ]);
  for (const path of ['/nonsense', '/00000000-0000-7000-8000-000000000000', '/new?clone=x'])
    expect((await ann.get(PATH + path)).status).toBe(404);
  expect((await ann.post(`${PATH}/nonsense/retire`)).status).toBe(404);
});

test('a check says what is wrong and what it costs, to the script and without it, and stores nothing', async () => {
  const before = await service.core.store.head();
  const checked = await fetch(`${service.url}${PATH}/check`, {
    method: 'POST',
    headers: { cookie: ann.cookie, accept: 'application/json', 'x-csrf-token': await csrf() },
    body: new URLSearchParams(form({ title: '', max_assignments: '10', reward: '1', expected_workers: '3' })),
  });
  const { errors, money } = (await checked.json()) as { errors: Record<string, string>; money: string };
  expect(errors).toEqual({ title: 'It must be a text of 1 to 128 characters.' });
  expect(money).toContain('40 %');
  expect(money.replaceAll(/<[^>]+>/g, ' ')).toMatch(/reward +\$1\.00 .*\$0\.40 .*\$1\.40 .*\$4\.20 .*\$30\.00/s);
  // Three missing, two places to spare and half of what is missing: each is paid by whoever takes it.
  expect(money.replaceAll(/<[^>]+>/g, ' ')).toMatch(
    /places on the market while 3 are missing +6 .*each person who comes and is not needed +\$1\.40 .*if people take all 6 +\$8\.40/s,
  );
  const page = await (await ann.post(`${PATH}/check`, form({ reward: 'much' }))).text();
  expect(page).toContain('Once reward and people a HIT takes are right.');
  expect(await service.core.store.head()).toBe(before);
});

test('the page that shows the landing page may show other sites in a frame, and others may not', async () => {
  const policyOf = async (path: string) => (await ann.get(path)).headers.get('content-security-policy');
  expect(await policyOf(`${PATH}/new`)).toMatch(/default-src 'self'.*frame-src http: https:/);
  expect(await policyOf(PATH)).not.toContain('frame-src');
  expect(await (await ann.get(`${PATH}/new`)).text()).toContain('sandbox="allow-scripts allow-forms"');
});

const csrf = async () => /name="csrf" content="([^"]+)"/.exec(await (await ann.get(PATH)).text())?.[1] ?? '';
