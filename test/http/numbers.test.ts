import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { clientOf, jsonOf } from './client.ts';
import { type House, openHouse } from './house.ts';
import { protoHit, UUID } from './wire.ts';

const made = { foreignID: 42, delay: 30, numAssignments: 1 };

describe('with IDS=numbers', () => {
  let house: House;
  let client: ReturnType<typeof clientOf>;
  beforeAll(async () => {
    house = await openHouse({ ids: 'numbers' });
    client = clientOf(house.url);
  });
  afterAll(() => house.close());

  test('ProtoHITs, reservations and work requests are counted, each from 1, and lists call them so', async () => {
    expect((await client.post('puttask', { json: protoHit({ hit_type_id: 'verbs' }) })).text).toBe('1');
    expect((await client.post('puttask', { json: protoHit({ hit_type_id: 'verbs', title: 'Verbs' }) })).text).toBe('1');
    expect((await client.post('puttask', { json: protoHit() })).text).toBe('2');
    expect((await client.post('reservation/make', { id: 1, ...made })).text).toBe('1');
    expect((await client.post('reservation/make', { hitType: 'verbs', ...made })).text).toBe('2');
    expect((await client.post('putwork', { id: 2 })).text).toBe('1');
    const headers = { Accept: 'application/json' };
    expect(jsonOf(await client.post('reservation/make', { id: 2, ...made }, { headers }))).toEqual({ id: 3 });

    const listed = jsonOf(await client.get('reservation/list')) as { id: number; proto: { id: number } }[];
    expect(listed.map(({ id, proto }) => [id, proto.id])).toEqual([
      [3, 2],
      [2, 1],
      [1, 1],
    ]);
    expect((jsonOf(await client.get('protohit/list')) as { id: number }[]).map(({ id }) => id)).toEqual([2, 1]);
    expect(jsonOf(await client.get('reservation/2'))).toMatchObject({ id: 2, proto: { id: 1 } });
  });

  test('the same request again by its Idempotency-Key is answered by the same number', async () => {
    const headers = { 'Idempotency-Key': 'once' };
    const first = await client.post('reservation/make', { id: 1, ...made }, { headers });
    expect((await client.post('reservation/make', { id: 1, ...made }, { headers })).text).toBe(first.text);
  });

  test('the number of a ProtoHIT beside a hitType is left out, as the original did, and the answer says so', async () => {
    const answer = await client.post('reservation/make', { id: 9_999, hitType: 'verbs', ...made });
    expect(answer).toMatchObject({ status: 200 });
    expect(answer.headers.get('retainer-ignored')).toBe('id');
    expect(jsonOf(await client.get(`reservation/${answer.text}`))).toMatchObject({ proto: { hitTypeID: 'verbs' } });
  });

  test('the description of the API says that ids are integers', async () => {
    const { components } = jsonOf(await client.get('openapi.json')) as { components: { schemas: { Id: object } } };
    expect(components.schemas.Id).toEqual({ type: 'integer', minimum: 1 });
  });
});

describe('whichever is given out', () => {
  let house: House;
  let client: ReturnType<typeof clientOf>;
  const uuids = { protoHit: '', reservation: '', workRequest: '' };
  beforeAll(async () => {
    house = await openHouse();
    client = clientOf(house.url);
    uuids.protoHit = (await client.post('puttask', { json: protoHit({ hit_type_id: 'verbs' }) })).text;
    uuids.reservation = (await client.post('reservation/make', { id: uuids.protoHit, ...made })).text;
    uuids.workRequest = (await client.post('putwork', { id: uuids.protoHit })).text;
  });
  afterAll(() => house.close());

  test('UUIDs are, unless the setting says otherwise', async () => {
    for (const id of Object.values(uuids)) expect(id).toMatch(UUID);
    const { components } = jsonOf(await client.get('openapi.json')) as { components: { schemas: { Id: object } } };
    expect(components.schemas.Id).toEqual({ type: 'string', format: 'uuid' });
  });

  const PROTO_HIT = 'ProtoHit.DoesNotExist';
  const RESERVATION = 'WorkReservation.DoesNotExist';
  /** Every path that takes an id of something with a number, with what it needs besides. */
  const paths: readonly (readonly ['GET' | 'POST', string, Record<string, string | number>, string])[] = [
    ['POST', 'reservation/make', made, PROTO_HIT],
    ['POST', 'putwork', {}, PROTO_HIT],
    ['POST', 'toggleSandbox', {}, PROTO_HIT],
    ['POST', 'protohit/sandbox/get', {}, PROTO_HIT],
    ['POST', 'protohit/sandbox/set', { sandbox: 'true' }, PROTO_HIT],
    ['POST', 'protohit/retire', {}, PROTO_HIT],
    ['POST', 'protohit/restore', {}, PROTO_HIT],
    ['POST', 'reservation/invoke', {}, RESERVATION],
    ['POST', 'reservation/finish', {}, RESERVATION],
    ['POST', 'reservation/done', {}, RESERVATION],
    ['POST', 'reservation/unfinish', {}, RESERVATION],
    ['POST', 'reservation/cancel', {}, RESERVATION],
    ['GET', 'reservation/ID', {}, RESERVATION],
    ['GET', 'reservation/ID/history', {}, RESERVATION],
    ['POST', 'reservation/finish/all', {}, PROTO_HIT],
    ['POST', 'putwork/done', {}, 'WorkRequest.DoesNotExist'],
  ];

  test.each(paths)(
    '%s %s takes the number as it takes the UUID, and says what a number does not name',
    async (method, path, more, unknown) => {
      const ask = (id: string | number, encoding: 'form' | 'json' = 'form') =>
        method === 'GET'
          ? client.get(path.replace('ID', String(id)))
          : client.post(path, { id, ...more }, { encoding });
      const uuid =
        unknown === PROTO_HIT ? uuids.protoHit : unknown === RESERVATION ? uuids.reservation : uuids.workRequest;
      expect((await ask(uuid)).status).toBe(200);
      expect((await ask(1)).status).toBe(200);
      expect((await ask(1, 'json')).status).toBe(200);
      expect(await ask(999)).toMatchObject({ status: 404, text: unknown });
      expect(await ask(0)).toMatchObject({ status: 404, text: unknown });
      // What is neither a UUID nor a number is a mistake.
      if (method === 'POST') expect(await ask('seven')).toMatchObject({ status: 400 });
    },
  );

  test('a page of the list may begin after a number', async () => {
    await client.post('reservation/make', { id: 1, ...made });
    const [first] = jsonOf(await client.get('reservation/list?before=2')) as { id: string }[];
    expect(first?.id).toBe(uuids.reservation);
  });
});

describe('nobody is told OK and not that something was ignored', () => {
  let house: House;
  let client: ReturnType<typeof clientOf>;
  let proto: string;
  beforeAll(async () => {
    house = await openHouse();
    client = clientOf(house.url);
    proto = (await client.post('puttask', { json: protoHit() })).text;
  });
  afterAll(() => house.close());

  test('a name that means nothing is named in the answer', async () => {
    const answer = await client.post('reservation/make', { id: proto, ...made, payloads: 'x', 'ü b': 1 });
    expect([answer.status, answer.headers.get('retainer-ignored')]).toEqual([200, 'payloads, %C3%BC%20b']);
    const plain = await client.post('reservation/make', { id: proto, ...made });
    expect(plain.headers.get('retainer-ignored')).toBeNull();
  });

  test.each(['reservation/make', 'reservation/invoke', 'putwork'])(
    '%s with two foreign ids is refused',
    async (path) => {
      const id =
        path === 'reservation/invoke' ? (await client.post('reservation/make', { id: proto, ...made })).text : proto;
      const both = { id, delay: 0, numAssignments: 1, foreignID: 'a', foreign_id: 'b' };
      expect(await client.post(path, both)).toMatchObject({
        status: 400,
        text: 'foreignID and foreign_id are two names of one thing, got "a" and "b"',
      });
      expect((await client.post(path, { ...both, foreign_id: 'a' })).status).toBe(200);
    },
  );

  test('a field of a ProtoHIT beside its json is refused', async () => {
    expect(await client.post('puttask', { json: protoHit(), sandbox: false, reward: 1 })).toMatchObject({
      status: 400,
      text: 'sandbox, reward must be in json, not beside it',
    });
  });

  test('a second invoke by another foreignID is heard', async () => {
    const id = (await client.post('reservation/make', { id: proto, ...made })).text;
    await client.post('reservation/invoke', { id });
    expect((await client.post('reservation/invoke', { id, foreignID: 43 })).text).toBe('OK');
    expect(jsonOf(await client.get(`reservation/${id}`))).toMatchObject({ foreignID: 43, state: 'invoked' });
  });
});
