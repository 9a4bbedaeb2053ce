import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { clientOf, jsonOf } from './client.ts';
import { type House, openHouse } from './house.ts';
import { protoHit, UUID } from './wire.ts';

let house: House;
let client: ReturnType<typeof clientOf>;
let proto: string;

beforeAll(async () => {
  house = await openHouse();
  client = clientOf(house.url);
  proto = (await client.post('puttask', { json: protoHit() })).text;
});
afterAll(() => house.close());

const listedProtoHit = async (id: string) =>
  (jsonOf(await client.get('protohit/list')) as { id: string }[]).find((listed) => listed.id === id);

describe('a ProtoHIT is put', () => {
  const title = 'Count "the" \n birds 🐦 at 100% + 1 & more';
  test.each([
    ['as JSON text in a form', () => client.post('puttask', { json: protoHit({ title }) })],
    [
      'as JSON text in a JSON body',
      () => client.post('puttask', { json: JSON.stringify(protoHit({ title })) }, { encoding: 'json' }),
    ],
    ['as an object in a JSON body', () => client.post('puttask', { json: protoHit({ title }) }, { encoding: 'json' })],
    ['as the JSON body itself', () => client.post('puttask', protoHit({ title }), { encoding: 'json' })],
    ['as the fields of a form', () => client.post('puttask', protoHit({ title }))],
    [
      'as a multipart form',
      () => {
        const body = new FormData();
        body.set('json', JSON.stringify(protoHit({ title })));
        return client.send('puttask', { method: 'POST', body });
      },
    ],
    [
      'as a form without a Content-Type',
      () =>
        client.send('puttask', {
          method: 'POST',
          body: new TextEncoder().encode(`json=${encodeURIComponent(JSON.stringify(protoHit({ title })))}`),
        }),
    ],
    [
      'in the query',
      () => client.send(`puttask?json=${encodeURIComponent(JSON.stringify(protoHit({ title })))}`, { method: 'POST' }),
    ],
  ])('%s', async (_, put) => {
    const { text } = await put();
    expect(text).toMatch(UUID);
    expect(await listedProtoHit(text)).toEqual({
      ...protoHit({ title }),
      id: text,
      hitTypeID: text,
      hit_type_id: text,
      max_wait: 540,
      retired: false,
      sandbox: true,
    });
  });

  test('with every number as text, as the original took it', async () => {
    const numbers = Object.entries(protoHit()).map(([name, value]) => [name, String(value)]);
    const { text } = await client.post('puttask', { json: Object.fromEntries(numbers) });
    expect(await listedProtoHit(text)).toMatchObject(protoHit());
  });

  test.each([
    ['0', 0],
    [0.1, 0.1],
    ['.5', 0.5],
    ['5.', 5],
    ['0.29', 0.29],
    [100, 100],
    ['19.99', 19.99],
  ])('for a reward of %j dollars', async (reward, shown) => {
    const { text } = await client.post('puttask', { json: protoHit({ reward }) });
    expect(await listedProtoHit(text)).toMatchObject({ reward: shown });
  });

  test.each([
    [600, 540],
    [300, 270],
    [60, 30],
    [30, 10],
    [3601, 3240],
  ])('for %i seconds, of which nobody waits more than %i unless it says so', async (assignment_duration, max_wait) => {
    const { text } = await client.post('puttask', { json: protoHit({ assignment_duration }) });
    expect(await listedProtoHit(text)).toMatchObject({ max_wait });
    const said = await client.post('puttask', { json: protoHit({ assignment_duration, max_wait: 12 }) });
    expect(await listedProtoHit(said.text)).toMatchObject({ max_wait: 12 });
  });

  test('for workers from anywhere', async () => {
    const { text } = await client.post('puttask', {
      json: protoHit({ worker_locale: '', approval_rating: 0, keywords: '' }),
    });
    expect(await listedProtoHit(text)).toMatchObject({ worker_locale: '', approval_rating: 0, keywords: '' });
  });

  test('again under its name without a word on the sandbox, which stays as it was', async () => {
    const put = (changes = {}) => client.post('puttask', { json: protoHit({ hit_type_id: 'real', ...changes }) });
    const { text } = await put({ sandbox: 'false' });
    await put({ title: 'Another title' });
    expect(await listedProtoHit(text)).toMatchObject({ title: 'Another title', sandbox: false });
  });
});

describe('what belongs to the application comes back as it was', () => {
  const made = async (parameters: Readonly<Record<string, unknown>>, encoding: 'form' | 'json') => {
    const all = { id: proto, delay: 0, numAssignments: 1, foreignID: 'x', ...parameters };
    const { text } = await client.post('reservation/make', all, { encoding });
    return jsonOf(await client.get(`reservation/${text}`));
  };

  test.each([
    ['42', 42],
    ['0', 0],
    ['-7', -7],
    ['9007199254740991', 9_007_199_254_740_991],
    ['9007199254740993', '9007199254740993'],
    ['007', '007'],
    ['-0', '-0'],
    ['1e3', '1e3'],
    ['4.2', '4.2'],
    [' 42', ' 42'],
    ['', ''],
    ['Zoë 🐦 — a+b=c&d%20', 'Zoë 🐦 — a+b=c&d%20'],
    ['x'.repeat(255), 'x'.repeat(255)],
  ])('foreignID %j', async (foreignID, shown) => {
    expect(await made({ foreignID }, 'form')).toMatchObject({ foreignID: shown });
    expect(await made({ foreignID }, 'json')).toMatchObject({ foreignID: shown });
  });

  test('a foreignID that is a number in JSON', async () => {
    expect(await made({ foreignID: 42 }, 'json')).toMatchObject({ foreignID: 42 });
  });

  test.each([[{ a: [1, { b: null }], c: 'x' }], [[1, 2]], ['text'], [7], [true], [null]])(
    'payload %j',
    async (payload) => {
      expect(await made({ payload }, 'json')).toMatchObject({ payload });
    },
  );

  test('a payload in a form is text, whatever it looks like', async () => {
    expect(await made({ payload: '{"a":1}' }, 'form')).toMatchObject({ payload: '{"a":1}' });
  });

  test('a payload of almost 64 KB', async () => {
    const payload = 'x'.repeat(65_534);
    expect(await made({ payload }, 'form')).toMatchObject({ payload });
  });

  test('a name that means something to JavaScript means nothing here', async () => {
    const body = `{"id":"${proto}","delay":0,"numAssignments":1,"foreignID":"1","__proto__":{"payload":"x"}}`;
    const headers = { 'Content-Type': 'application/json; charset=utf-8' };
    const refused = await client.send('reservation/make', { method: 'POST', headers, body });
    expect([refused.status, refused.text]).toEqual([400, expect.stringContaining('__proto__')]);
    const parameters = { id: proto, delay: 0, numAssignments: 1, foreignID: '1', constructor: 1 };
    const { status, text, headers: answered } = await client.post('reservation/make', parameters);
    expect([status, answered.get('retainer-ignored')]).toEqual([200, 'constructor']);
    expect(jsonOf(await client.get(`reservation/${text}`))).toMatchObject({ payload: null });
  });
});

describe('the answer is in the language the client asks for', () => {
  test.each([
    [undefined, 'text/plain; charset=utf-8'],
    ['*/*', 'text/plain; charset=utf-8'],
    ['text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8', 'text/plain; charset=utf-8'],
    ['text/plain, application/json;q=0.5', 'text/plain; charset=utf-8'],
    ['application/json', 'application/json'],
    ['application/json, text/plain, */*', 'application/json'],
    ['application/json;q=0.9, */*;q=0.1', 'application/json'],
  ])('Accept: %s', async (accept, type) => {
    const headers: Record<string, string> = accept === undefined ? {} : { Accept: accept };
    const { headers: answered } = await client.post('puttask', { json: protoHit() }, { headers });
    expect(answered.get('content-type')).toBe(type);
    expect(answered.get('vary')).toContain('Accept');
  });
});
