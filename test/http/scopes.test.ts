import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Scope } from '../../src/domain/apiKey.ts';
import { ProtoHitId } from '../../src/domain/ids.ts';
import { type Answered, clientOf } from './client.ts';
import { type House, openHouse } from './house.ts';
import { protoHit } from './wire.ts';

let house: House;
let client: ReturnType<typeof clientOf>;
/** Two ProtoHITs with a reservation each. */
let mine: { protoHit: string; reservation: string };
let other: { protoHit: string; reservation: string };
const keys = new Map<string, string>();
/** What the tests read of lists. */
type Listed = { id: string; proto: { id: string } };
const listOf = ({ text }: Answered): Listed[] => JSON.parse(text);
const operator = { actor: 'operator:test', requestId: 'test' } as const;

const issue = async (scopes: Scope[], protoHitId: ProtoHitId | null = null): Promise<string> => {
  const result = await house.commands.issueApiKey(operator, { label: scopes.join(), scopes, protoHitId });
  if (result.type === 'refused') throw new Error(result.refusal.message);
  return result.value.key;
};
const as = (key: string | undefined) => ({ headers: { 'X-Api-Key': key ?? '' } });
const reservationOf = async (id: string): Promise<string> =>
  (await client.post('reservation/make', { id, foreignID: '1', delay: '60', numAssignments: '1' })).text;

beforeAll(async () => {
  house = await openHouse();
  client = clientOf(house.url);
  const [a, b] = [
    await client.post('puttask', { json: protoHit() }),
    await client.post('puttask', { json: protoHit() }),
  ];
  mine = { protoHit: a.text, reservation: await reservationOf(a.text) };
  other = { protoHit: b.text, reservation: await reservationOf(b.text) };
  for (const scope of ['commands', 'read', 'audit', 'admin'] as const) keys.set(scope, await issue([scope]));
  keys.set('limited', await issue(['admin'], ProtoHitId.parse(mine.protoHit)));
});
afterAll(() => house.close());

/** Every kind of path, with what it needs; sent so that a key that may is answered 200. */
const requests = (): readonly (readonly [
  needs: Scope,
  method: 'GET' | 'POST',
  path: string,
  fields: Record<string, string>,
])[] => [
  ['commands', 'POST', 'puttask', { json: JSON.stringify(protoHit()) }],
  ['commands', 'POST', 'putwork', { id: mine.protoHit, foreignID: '1' }],
  ['commands', 'POST', 'reservation/make', { id: mine.protoHit, foreignID: '1', delay: '1', numAssignments: '1' }],
  ['commands', 'POST', 'reservation/invoke', { id: mine.reservation }],
  ['commands', 'POST', 'reservation/finish', { id: mine.reservation }],
  ['commands', 'POST', 'reservation/cancel', { id: mine.reservation }],
  ['commands', 'POST', 'reservation/finish/all', { id: mine.protoHit }],
  ['commands', 'GET', 'reservation/finish/all', { id: mine.protoHit }],
  ['commands', 'POST', 'reservation/unfinish', { id: mine.reservation }],
  ['admin', 'POST', 'protohit/retire', { id: mine.protoHit }],
  ['admin', 'POST', 'protohit/restore', { id: mine.protoHit }],
  ['commands', 'POST', 'protohit/sandbox/set', { id: mine.protoHit, sandbox: 'true' }],
  ['commands', 'POST', 'toggleSandbox', { id: mine.protoHit }],
  ['read', 'POST', 'protohit/sandbox/get', { id: mine.protoHit }],
  ['read', 'GET', 'protohit/list', {}],
  ['read', 'GET', 'hit/list', {}],
  ['read', 'GET', 'reservation/list', {}],
  ['read', 'GET', `reservation/${mine.reservation}`, {}],
  ['audit', 'GET', `reservation/${mine.reservation}/history`, {}],
  ['audit', 'GET', 'events', { limit: '1' }],
];
const ask = (method: 'GET' | 'POST', path: string, fields: Record<string, string>, key: string | undefined) =>
  method === 'POST'
    ? client.post(path, fields, as(key))
    : client.get(Object.keys(fields).length > 0 ? `${path}?${new URLSearchParams(fields)}` : path, as(key));

describe('what a key opens', () => {
  test.each(['commands', 'read', 'audit', 'admin'] as const)('%s', async (scope) => {
    for (const [needs, method, path, fields] of requests()) {
      const { status, text } = await ask(method, path, fields, keys.get(scope));
      if (scope === needs || scope === 'admin') expect({ path, status }).toEqual({ path, status: 200 });
      else
        expect({ path, status, text }).toEqual({
          path,
          status: 403,
          text: `this key has no scope "${needs}"; it has ${scope}`,
        });
    }
  });

  test('a command that is refused for its key stores nothing', async () => {
    const before = await house.store.head();
    await client.post('toggleSandbox', { id: mine.protoHit }, as(keys.get('read')));
    expect(await house.store.head()).toBe(before);
  });

  test('a key that nobody issued is no key: 401, not 403', async () => {
    expect((await client.get('reservation/list', as('rk_guessed'))).status).toBe(401);
  });

  test('the description of the API says what each path needs', async () => {
    const { paths } = JSON.parse((await client.get('openapi.json')).text);
    expect(paths['/reservation/invoke'].post.description).toContain('`commands`');
    expect(paths['/events'].get.description).toContain('`audit`');
  });
});

describe('a key that is limited to a ProtoHIT', () => {
  const limited = (method: 'GET' | 'POST', path: string, fields: Record<string, string> = {}) =>
    ask(method, path, fields, keys.get('limited'));

  test('does with its own what others do', async () => {
    for (const [, method, path, fields] of requests()) {
      if (path === 'puttask' || path === 'events') continue;
      expect({ path, status: (await limited(method, path, fields)).status }).toEqual({ path, status: 200 });
    }
  });

  const NOBODY = '01890000-0000-7000-8000-000000000000';

  test.each([
    ['POST', 'putwork', (id) => ({ id, foreignID: '1' }), 'protoHit'],
    ['POST', 'reservation/make', (id) => ({ id, foreignID: '1', delay: '1', numAssignments: '1' }), 'protoHit'],
    ['POST', 'reservation/invoke', (id) => ({ id }), 'reservation'],
    ['POST', 'reservation/cancel', (id) => ({ id }), 'reservation'],
    ['POST', 'reservation/finish/all', (id) => ({ id }), 'protoHit'],
    ['POST', 'protohit/sandbox/get', (id) => ({ id }), 'protoHit'],
    ['POST', 'protohit/retire', (id) => ({ id }), 'protoHit'],
    ['POST', 'toggleSandbox', (id) => ({ id }), 'protoHit'],
    ['POST', 'assignment/approve', () => ({ id: 'NEVER' }), 'protoHit'],
  ] as const satisfies readonly (readonly [string, string, (id: string) => Record<string, string>, string])[])(
    '%s %s: what is of another is as if it were not there, and nothing is stored',
    async (method, path, fields, named) => {
      const before = await house.store.head();
      const strange = await limited(method, path, fields(other[named]));
      const nowhere = await limited(method, path, fields(NOBODY));
      expect([strange.status, strange.text]).toEqual([404, expect.stringContaining('DoesNotExist')]);
      expect([nowhere.status, nowhere.text]).toEqual([404, strange.text]);
      expect(await house.store.head()).toBe(before);
    },
  );

  test.each(['', '/history', '/answers'])('one reservation%s of another is as if it were not there', async (more) => {
    const strange = await limited('GET', `reservation/${other.reservation}${more}`);
    const nowhere = await limited('GET', `reservation/${NOBODY}${more}`);
    expect([strange.status, strange.text]).toEqual([404, 'WorkReservation.DoesNotExist']);
    expect([nowhere.status, nowhere.text]).toEqual([404, strange.text]);
  });

  test.each([
    ['POST', 'reservation/finish/all', () => ({})],
    ['GET', 'reservation/finish/all', () => ({})],
    ['GET', 'reservation/finish/all', () => ({ hitType: '' })],
    ['POST', 'puttask', () => ({ json: JSON.stringify(protoHit()) })],
    ['GET', 'worker/list', () => ({})],
  ] as const)('%s %s, which is about more than its own, is refused', async (method, path, fields) => {
    const before = await house.store.head();
    expect(await limited(method, path, fields())).toMatchObject({
      status: 403,
      text: `this key is limited to ProtoHIT ${mine.protoHit}`,
    });
    expect(await house.store.head()).toBe(before);
  });

  test('lists hold only its own', async () => {
    expect(listOf(await limited('GET', 'protohit/list')).map(({ id }) => id)).toEqual([mine.protoHit]);
    const listed = listOf(await limited('GET', 'reservation/list'));
    expect(new Set(listed.map(({ proto }) => proto.id))).toEqual(new Set([mine.protoHit]));
    expect(listOf(await limited('GET', 'hit/list'))).toEqual([]);
  });
});
