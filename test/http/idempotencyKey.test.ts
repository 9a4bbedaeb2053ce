import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { type Answered, clientOf, jsonOf } from './client.ts';
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

test('what was refused is refused again, what was never tried may be tried', async () => {
  const key = randomUUID();
  expect((await make(key, { numAssignments: 0 })).status).toBe(400);
  const first = await make(key);
  expect(first.status).toBe(200);

  const other = randomUUID();
  const closed = first.text;
  await client.post('reservation/finish', { id: closed });
  const invoke = () => client.post('reservation/invoke', { id: closed }, { headers: { 'Idempotency-Key': other } });
  expect((await invoke()).status).toBe(409);
  await client.post('reservation/unfinish', { id: closed });
  const again = await invoke();
  expect(again.status).toBe(409);
  expect(again.headers.get('idempotency-replayed')).toBe('true');
});

test('a first request that died before it was answered is finished by its repetition, as the same reservation', async () => {
  const key = randomUUID();
  const { pool } = house.database;
  const first = await make(key);
  const before = await reservations();
  const die = (secondsAgo: number) =>
    pool.query(
      `update retainer.idempotency_keys set status = null, body = 'another node', started_at = now() - make_interval(secs => $2)
       where key = $1`,
      [key, secondsAgo],
    );

  await die(10);
  const tooSoon = await make(key);
  expect(tooSoon.status).toBe(409);
  expect(tooSoon.text).toMatch(/is under way/);
  await die(70);
  expect((await make(key, { numAssignments: 9 })).status).toBe(422);
  const finished = await make(key);
  expect(finished.text).toBe(first.text);
  expect(await reservations()).toBe(before);
  expect((await make(key)).headers.get('idempotency-replayed')).toBe('true');
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
  await vi.waitFor(
    async () => {
      const { rows } = await other.database.pool.query('select key from retainer.idempotency_keys order by started_at');
      expect(rows.map(({ key }) => key)).toEqual(['recent', 'new']);
    },
    { timeout: 10_000 },
  );
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
