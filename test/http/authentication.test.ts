import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Context } from '../../src/commands/commands.ts';
import { clientOf, jsonOf } from './client.ts';
import { type House, openHouse } from './house.ts';
import { protoHit, UUID } from './wire.ts';

const operator: Context = { actor: 'operator:test', requestId: 'test' };

let house: House;
let client: ReturnType<typeof clientOf>;

const issue = async () => {
  const result = await house.commands.issueApiKey(operator, { label: 'test' });
  if (result.type === 'refused') throw new Error(result.refusal.message);
  return result.value;
};

beforeAll(async () => {
  house = await openHouse();
  client = clientOf(house.url);
});
afterAll(() => house.close());

test('as long as no key was ever issued the API is open, even to those who show one', async () => {
  expect((await client.post('puttask', { json: protoHit() })).text).toMatch(UUID);
  expect((await client.post('puttask', { json: protoHit(), apiKey: 'rk_guessed' })).text).toMatch(UUID);
});

describe('from the first key on', () => {
  let key: string;
  let apiKeyId: string;
  beforeAll(async () => {
    ({ key, apiKeyId } = await issue());
  });

  const paths = [
    ['POST', 'puttask'],
    ['POST', 'putwork'],
    ['POST', 'putwork/done'],
    ['POST', 'reservation/make'],
    ['POST', 'reservation/invoke'],
    ['POST', 'reservation/finish'],
    ['POST', 'reservation/done'],
    ['POST', 'reservation/unfinish'],
    ['POST', 'reservation/cancel'],
    ['POST', 'reservation/finish/all'],
    ['GET', 'reservation/finish/all'],
    ['GET', 'reservation/list'],
    ['POST', 'reservation/list'],
    ['GET', 'reservation/01890000-0000-7000-8000-000000000000'],
    ['POST', 'protohit/sandbox/get'],
    ['POST', 'protohit/sandbox/set'],
    ['POST', 'protohit/retire'],
    ['POST', 'protohit/restore'],
    ['POST', 'toggleSandbox'],
    ['GET', 'protohit/list'],
    ['GET', 'hit/list'],
  ] as const;

  test.each(paths)('%s %s is denied without a live one, and nothing is stored', async (method, path) => {
    for (const headers of [
      {},
      { 'X-Api-Key': 'rk_guessed' },
      { Authorization: 'Bearer ' },
      { Authorization: `Basic ${key}` },
    ]) {
      const before = await house.store.head();
      for (const prefix of ['', 'retainer/']) {
        const { status, text, headers: answered } = await client.send(`${prefix}${path}`, { method, headers });
        expect({ status, text }).toEqual({ status: 401, text: expect.stringMatching(/^Denied\.\n.*X-Api-Key/) });
        expect(answered.get('www-authenticate')).toMatch(/^Bearer/);
      }
      expect(await house.store.head()).toBe(before);
    }
  });

  test('a client that asks for JSON is denied in JSON', async () => {
    const denied = await client.get('reservation/list', { headers: { Accept: 'application/json' } });
    expect(jsonOf(denied)).toMatchObject({ status: 401, detail: expect.stringMatching(/^Denied\.\n.*X-Api-Key/) });
    expect(denied.headers.get('content-type')).toBe('application/problem+json');
  });

  test.each([
    ['a parameter', () => client.post('puttask', { json: protoHit(), apiKey: key })],
    ['a parameter in JSON', () => client.post('puttask', { json: protoHit(), apiKey: key }, { encoding: 'json' })],
    ['a parameter beside the body', () => client.post(`puttask?apiKey=${key}`, { json: protoHit() })],
    ["the original's other spelling", () => client.post('puttask', { json: protoHit(), api_key: key })],
    [
      'a bearer token',
      () => client.post('puttask', { json: protoHit() }, { headers: { Authorization: `Bearer ${key}` } }),
    ],
    ['a header', () => client.post('puttask', { json: protoHit() }, { headers: { 'X-Api-Key': key } })],
  ])('a key is taken as %s, and the log knows whose it was', async (_, put) => {
    const { status, text } = await put();
    expect(status).toBe(200);
    const { events } = await house.store.read(`protoHit-${text}`);
    expect(events).toMatchObject([{ metadata: { actor: `key:${apiKeyId}` } }]);
    expect(JSON.stringify(events)).not.toContain(key);
  });

  test.each(['healthz', 'readyz', 'metrics', 'openapi.json', 'docs', 'docs/swagger-ui.css', 'retainer.js'])(
    '%s needs none',
    async (path) => {
      expect((await client.get(path)).status).toBe(200);
    },
  );

  test("workers' paths need none", async () => {
    const { status, text } = await client.post('ping/worker/W1/assignment/A1/hit/H1/event/waiting');
    expect(status).toBe(404);
    expect(text).toMatch(/^Bad assignment/);
  });

  test('many at once are told apart', async () => {
    const answers = await Promise.all(
      Array.from({ length: 60 }, (_, n) =>
        client.get('protohit/list', {
          headers: n % 3 === 0 ? { 'X-Api-Key': key } : n % 3 === 1 ? { 'X-Api-Key': `${key}x` } : {},
        }),
      ),
    );
    expect(answers.map(({ status }) => status)).toEqual(answers.map((_, n) => (n % 3 === 0 ? 200 : 401)));
  });

  test('a revoked key is dead at once, and the API does not open again', async () => {
    const doomed = await issue();
    const ask = () => client.get('protohit/list', { headers: { 'X-Api-Key': doomed.key } });
    expect((await ask()).status).toBe(200);
    await house.commands.revokeApiKey(operator, { apiKeyId: doomed.apiKeyId });
    expect((await ask()).status).toBe(401);
    expect((await client.get('protohit/list', { headers: { 'X-Api-Key': key } })).status).toBe(200);
    await house.database.pool.query('update retainer.api_key_secrets set revoked_at = now()');
    expect((await client.get('protohit/list')).status).toBe(401);
  });
});
