import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { leaseLockSql } from '../../../src/postgres/lease.ts';
import { eventually } from '../../support/until.ts';
import { type Answered, clientOf, jsonOf } from '../client.ts';
import { type House, openHouse } from '../house.ts';
import { protoHit, UUID } from '../wire.ts';

let house: House;
let client: ReturnType<typeof clientOf>;
let proto: string;

beforeAll(async () => {
  house = await openHouse();
  client = clientOf(house.url);
  proto = (await client.post('puttask', { json: protoHit() })).text;
});
afterAll(() => house.close());

const made = { delay: 0, numAssignments: 1, foreignID: 'x' };
const make = (
  key: string,
  changes: Readonly<Record<string, unknown>> = {},
  headers: Record<string, string> = {},
): Promise<Answered> =>
  client.post(
    'reservation/make',
    { id: proto, ...made, ...changes },
    { headers: { 'Idempotency-Key': key, ...headers } },
  );
const reservations = async () => (jsonOf(await client.get('reservation/list?limit=1000')) as []).length;

test('the same request again is answered as the first, and done once', async () => {
  const key = randomUUID();
  const before = await reservations();
  const first = await make(key);
  expect(first.text).toMatch(UUID);
  expect(first.headers.get('idempotency-replayed')).toBeNull();
  const head = await house.store.head();

  const again = await make(key);
  expect(again.text).toBe(first.text);
  expect(again.headers.get('retainer-position')).toBe(first.headers.get('retainer-position'));
  expect(again.headers.get('idempotency-replayed')).toBe('true');
  expect(jsonOf(await make(key, {}, { Accept: 'application/json' }))).toEqual({ id: first.text });
  const withPrefix = await client.post(
    'retainer/reservation/make/',
    { id: proto, ...made },
    { headers: { 'Idempotency-Key': key } },
  );
  expect(withPrefix.text).toBe(first.text);
  expect(await house.store.head()).toBe(head);
  expect(await reservations()).toBe(before + 1);
});

test('the same key for another request is refused', async () => {
  const key = randomUUID();
  await make(key);
  const other = await make(key, { numAssignments: 2 });
  expect(other.status).toBe(422);
  expect(other.text).toMatch(/Idempotency-Key was used for a request with other parameters/);
});

test('the same key on another path is another key, even where both change the same thing', async () => {
  const headers = { 'Idempotency-Key': randomUUID() };
  const isSandbox = async () => (await client.post('protohit/sandbox/get', { id: proto })).text;
  expect(await isSandbox()).toBe('true');
  await client.post('protohit/sandbox/set', { id: proto, sandbox: false }, { headers });
  expect(await isSandbox()).toBe('false');
  await client.post('toggleSandbox', { id: proto }, { headers });
  expect(await isSandbox()).toBe('true');
  await client.post('toggleSandbox', { id: proto }, { headers });
  expect(await isSandbox()).toBe('true');
});

test('many at once with one key make one reservation', async () => {
  const key = randomUUID();
  const before = await reservations();
  const answers = await Promise.all(Array.from({ length: 20 }, () => make(key)));
  const done = answers.filter(({ status }) => status === 200);
  expect(new Set(done.map(({ text }) => text)).size).toBe(1);
  for (const { status, headers } of answers.filter((answer) => answer.status !== 200)) {
    expect(status).toBe(409);
    expect(headers.get('retry-after')).toBe('1');
  }
  expect(await reservations()).toBe(before + 1);
});

test('a refusal is not kept: the same request with the same key is tried again, and then done once', async () => {
  const key = randomUUID();
  expect((await make(key, { numAssignments: 0 })).status).toBe(400);
  const notThere = await make(key, { id: undefined, hitType: 'not-yet' });
  expect([notThere.status, notThere.text]).toEqual([400, expect.stringContaining('id must be')]);
  const first = await make(key);
  expect(first.status).toBe(200);

  const headers = { 'Idempotency-Key': randomUUID() };
  const closed = first.text;
  await client.post('reservation/finish', { id: closed });
  const invoke = () => client.post('reservation/invoke', { id: closed }, { headers });
  const refused = await invoke();
  expect([refused.status, refused.headers.get('idempotency-replayed')]).toEqual([409, null]);
  await client.post('reservation/unfinish', { id: closed });
  const done = await invoke();
  expect([done.status, done.headers.get('idempotency-replayed')]).toEqual([200, null]);
  expect((await invoke()).headers.get('idempotency-replayed')).toBe('true');
});

test('what named nothing that was there is done by the same request once it is there', async () => {
  const headers = { 'Idempotency-Key': randomUUID() };
  const name = `late-${randomUUID()}`;
  const early = () => client.post('reservation/make', { hitType: name, ...made }, { headers });
  expect((await early()).status).toBe(404);
  await client.post('puttask', { json: protoHit({ hit_type_id: name }) });
  expect((await early()).text).toMatch(UUID);
});

test('a review that was refused in part is not kept: its repetition decides about the rest', async () => {
  const headers = { 'Idempotency-Key': randomUUID() };
  const approve = () => client.post('assignment/approve', { id: 'NEVER1' }, { headers });
  expect((await approve()).status).toBe(409);
  const again = await approve();
  expect([again.status, again.headers.get('idempotency-replayed')]).toEqual([409, null]);
});

test('a look-up is answered as it is now, however often it is repeated with one key', async () => {
  const headers = { 'Idempotency-Key': randomUUID() };
  const list = async () => (jsonOf(await client.post('reservation/list', { limit: 1000 }, { headers })) as []).length;
  const before = await list();
  await make(randomUUID());
  expect(await list()).toBe(before + 1);
});

describe('the same request in another writing', () => {
  const payload = { b: [{ y: 1, x: '2' }], a: { d: 1, c: 2 } };
  const turned = { a: { c: 2, d: 1 }, b: [{ x: '2', y: 1 }] };
  const json = { 'Content-Type': 'application/json' };
  const body = (changes: Readonly<Record<string, unknown>>) =>
    JSON.stringify({ id: proto, delay: 60, numAssignments: 2, foreignID: '7', ...changes });
  const form = (changes: Readonly<Record<string, string>>) =>
    new URLSearchParams({ id: proto, delay: '60', numAssignments: '2', foreignID: '7', ...changes }).toString();

  const same = (): readonly (readonly [string, readonly RequestInit[]])[] => [
    ['a form, then JSON with numbers', [{ body: form({}) }, { body: body({}), headers: json }]],
    [
      'members in another order, at every level',
      [
        { body: body({ payload }), headers: json },
        { body: body({ payload: turned }), headers: json },
      ],
    ],
    ['delay=60, then 60.0', [{ body: form({}) }, { body: form({ delay: '60.0' }) }]],
    ['the id in capitals', [{ body: form({}) }, { body: form({ id: proto.toUpperCase() }) }]],
    [
      'the foreign id as a text, then as a number',
      [
        { body: body({}), headers: json },
        { body: body({ foreignID: 7 }), headers: json },
      ],
    ],
    ['the key of the API beside it', [{ body: form({}) }, { body: form({ _: '1' }) }]],
  ];
  test.each(Array.from({ length: 6 }, (_, n) => n))('is the same request (variant %i)', async (n) => {
    const [name = '', writings = []] = same()[n] ?? [];
    const key = randomUUID();
    const answers = [];
    for (const { body: written, headers } of writings)
      answers.push(
        await client.send('reservation/make', {
          method: 'POST',
          body: written ?? '',
          headers: {
            'Content-Type': 'application/x-www-form-urlencoded',
            'Idempotency-Key': key,
            ...(headers as Record<string, string> | undefined),
          },
        }),
      );
    expect(
      answers.map(({ status }) => status),
      name,
    ).toEqual([200, 200]);
    expect(new Set(answers.map(({ text }) => text)).size, name).toBe(1);
  });

  test('is the same ProtoHIT, as text, as an object, and with its members turned round', async () => {
    const fields = protoHit({ hit_type_id: `same-${randomUUID()}` });
    const reversed = Object.fromEntries(Object.entries(fields).reverse());
    const headers = { 'Idempotency-Key': randomUUID() };
    const answers = [
      await client.post('puttask', { json: JSON.stringify(fields) }, { headers }),
      await client.post('puttask', { json: JSON.stringify(reversed) }, { headers }),
      await client.post('puttask', { json: fields }, { headers, encoding: 'json' }),
      await client.post('puttask', fields, { headers, encoding: 'json' }),
    ];
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
  });
});

describe('a first request that died before it was answered', () => {
  const dieAs = (key: string, owner: string, secondsAgo = 0) =>
    house.database.pool.query(
      `update retainer.idempotency_keys set status = null, body = $3, started_at = now() - make_interval(secs => $2)
       where key = $1`,
      [key, secondsAgo, owner],
    );

  test('is finished by its repetition at once, as the same reservation, once the lease of its node is gone', async () => {
    const key = randomUUID();
    const first = await make(key);
    const before = await reservations();
    const owner = `requests ${randomUUID()}`;
    await dieAs(key, owner);

    const node = await house.database.pool.connect();
    await node.query(`select pg_advisory_lock(${leaseLockSql('$1')})`, [owner]);
    const early = await make(key);
    expect([early.status, early.headers.get('retry-after')]).toEqual([409, '1']);
    expect(early.text).toMatch(/is under way/);

    node.release(true);
    await eventually(async () => expect((await make(key)).text).toBe(first.text));
    expect(await reservations()).toBe(before);
    expect((await make(key)).headers.get('idempotency-replayed')).toBe('true');
    expect((await make(key, { numAssignments: 9 })).status).toBe(422);
  });

  test('of a version that held no lease is taken for dead after a minute', async () => {
    const key = randomUUID();
    const first = await make(key);
    await dieAs(key, randomUUID(), 10);
    expect((await make(key)).status).toBe(409);
    await dieAs(key, randomUUID(), 70);
    expect((await make(key, { numAssignments: 9 })).status).toBe(422);
    expect((await make(key)).text).toBe(first.text);
  });

  test('and was written down by a version that took fingerprints another way is the same request', async () => {
    const key = randomUUID();
    const first = await make(key);
    await house.database.pool.query(
      `update retainer.idempotency_keys set fingerprint = repeat('a', 64) where key = $1`,
      [key],
    );
    expect((await make(key)).text).toBe(first.text);
  });
});

test.each(['', 'with space', 'x'.repeat(256), 'ünïcode'])('a key %j is no key', async (key) => {
  const { status, text } = await make(key);
  expect(status).toBe(400);
  expect(text).toMatch(/Idempotency-Key must be 1 to 255 printable ASCII characters/);
});

test('an answer that could not be kept leaves one reservation, and a key that can be used again at once', async () => {
  const key = randomUUID();
  const { pool } = house.database;
  const before = await reservations();
  await pool.query(`
    create function fail() returns trigger language plpgsql as
      $$ begin raise exception 'terminating connection' using errcode = '57P01'; end $$;
    create trigger fail before update or delete on retainer.idempotency_keys for each row execute function fail();
  `);
  const first = await make(key);
  expect(first.status).toBe(503);
  expect(await reservations()).toBe(before + 1);

  await pool.query('drop function fail cascade');
  const again = await make(key);
  expect(again.text).toMatch(UUID);
  expect((await make(key)).text).toBe(again.text);
  expect(await reservations()).toBe(before + 1);
});

test('an answer is kept for a week', async () => {
  const insert = `insert into retainer.idempotency_keys (scope, key, fingerprint, status, body, started_at)
                  values ('anyone', $1, '', 200, '{}', now() - make_interval(days => $2))`;
  const other = await openHouse();
  await other.database.pool.query(insert, ['old', 8]);
  await other.database.pool.query(insert, ['recent', 6]);
  await clientOf(other.url).post('puttask', { json: protoHit() }, { headers: { 'Idempotency-Key': 'new' } });
  await eventually(async () => {
    const { rows } = await other.database.pool.query('select key from retainer.idempotency_keys order by started_at');
    expect(rows.map(({ key }) => key)).toEqual(['recent', 'new']);
  });
  await other.close();
});

test('keys of different callers do not meet', async () => {
  const key = randomUUID();
  const open = await make(key);
  const issued = await house.commands.issueApiKey({ actor: 'operator:test', requestId: 'test' }, { label: 'other' });
  if (issued.type === 'refused') throw new Error(issued.refusal.message);
  const other = await make(key, { apiKey: issued.value.key });
  expect(other.status).toBe(200);
  expect(other.text).not.toBe(open.text);
});
