import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { clientOf } from './client.ts';
import { type House, openHouse } from './house.ts';
import { protoHit } from './wire.ts';

const UUID_V7 = /^[0-9a-f-]{36}$/;
let house: House;
let client: ReturnType<typeof clientOf>;

const answered = (requestId: string | null) =>
  house
    .logged()
    .map((line) => JSON.parse(line))
    .find((entry) => entry.msg === 'answered' && entry.requestId === requestId);

describe('by default', () => {
  beforeAll(async () => {
    house = await openHouse();
    client = clientOf(house.url);
  });
  afterAll(() => house.close());

  test('every answer has a request id, by which the log has it', async () => {
    const { headers } = await client.post('puttask', { json: protoHit() });
    const requestId = headers.get('x-request-id');
    expect(requestId).toMatch(UUID_V7);
    expect(answered(requestId)).toMatchObject({
      level: 30,
      method: 'POST',
      path: '/puttask',
      status: 200,
      ms: expect.any(Number),
      actor: 'anyone',
    });
  });

  test("a client's own request id is kept, in the events too", async () => {
    const { headers, text } = await client.post(
      'puttask',
      { json: protoHit() },
      { headers: { 'X-Request-Id': 'app:7.a_b' } },
    );
    expect(headers.get('x-request-id')).toBe('app:7.a_b');
    const { events } = await house.store.read(`protoHit-${text}`);
    expect(events).toMatchObject([{ metadata: { causationId: 'app:7.a_b' } }]);
  });

  test.each(['', 'with space', 'x'.repeat(129), '{"json":1}', '<b>'])(
    'a request id like %j is replaced',
    async (given) => {
      const { headers } = await client.get('reservation/list', { headers: { 'X-Request-Id': given } });
      expect(headers.get('x-request-id')).toMatch(UUID_V7);
    },
  );

  test('errors have one as well', async () => {
    for (const { status, headers } of [
      await client.get('nowhere'),
      await client.post('puttask'),
      await client.get('puttask'),
    ]) {
      expect(status).toBeGreaterThanOrEqual(400);
      expect(headers.get('x-request-id')).toMatch(UUID_V7);
    }
  });

  test('neither keys nor who a worker is are logged', async () => {
    await client.get('reservation/list?apiKey=rk_secret_in_query');
    await client.post('puttask', { json: protoHit(), apiKey: 'rk_secret_in_body' });
    await client.get('reservation/list', { headers: { Authorization: 'Bearer rk_secret_in_header' } });
    await client.post('ping/worker/WORKER_NAME/assignment/A1/hit/H1/event/waiting');
    await client.post('pings/worker/WORKER_NAME/assignment/A1/hit/H1');
    await client.get('retainer/pings/worker//WORKER_NAME/assignment/A1');
    const log = house.logged().join('');
    expect(log).toContain('/pings/worker/[hidden]/assignment/A1/hit/H1');
    expect(log).not.toMatch(/rk_secret|WORKER_NAME|127\.0\.0\.1/);
  });

  test('probes do not fill the log', async () => {
    const { headers } = await client.get('healthz');
    expect(answered(headers.get('x-request-id'))).toMatchObject({ level: 20, path: '/healthz' });
  });
});

test('a failure says nothing internal, and the log has all of it', async () => {
  house = await openHouse();
  await house.database.pool.query('drop table proto_hits cascade');
  const { status, text, headers } = await clientOf(house.url).get('protohit/list', {
    headers: { Accept: 'application/json' },
  });
  const requestId = headers.get('x-request-id');
  expect(status).toBe(500);
  expect(JSON.parse(text)).toEqual({
    type: 'about:blank',
    title: 'Internal Server Error',
    status: 500,
    detail: `something went wrong; the log has it under request id ${requestId}`,
    requestId,
  });
  const failure = house
    .logged()
    .map((line) => JSON.parse(line))
    .find((entry) => entry.msg === 'a request failed');
  expect(failure).toMatchObject({
    level: 50,
    requestId,
    err: { stack: expect.stringContaining('proto_hits') },
  });
  await house.close();
});

test('an operator who asks for it finds people in the log', async () => {
  house = await openHouse({ logPersonalData: true });
  await clientOf(house.url).post('pings/worker/WORKER_NAME/assignment/A1/hit/H1');
  const log = house.logged().join('');
  expect(log).toContain('/pings/worker/WORKER_NAME/assignment/A1/hit/H1');
  expect(log).toMatch(/"ip":"(::ffff:)?127\.0\.0\.1"/);
  await house.close();
});

test('an event that cannot be understood is named to whoever needs its stream, with what an operator can do', async () => {
  house = await openHouse();
  const asked = clientOf(house.url);
  const id = (await asked.post('puttask', { json: protoHit() })).text;
  const made = await asked.post('reservation/make', { id, foreignID: 'x', delay: 0, numAssignments: 1 });
  await house.database.pool.query(
    `update event_store.events set data = data - 'foreignId' where type = 'ReservationMade'`,
  );
  const { status, text, headers } = await asked.post(
    'reservation/invoke',
    { id: made.text },
    { headers: { Accept: 'application/json' } },
  );
  expect(status).toBe(500);
  const place = { stream: `reservation-${made.text}`, revision: 0, eventType: 'ReservationMade' };
  expect(JSON.parse(text)).toMatchObject({
    ...{ ...place, status: 500, position: made.headers.get('retainer-position') },
    requestId: headers.get('x-request-id'),
    detail: expect.stringMatching(
      /^ReservationMade in stream reservation-.*, revision 0, position \d+, cannot be understood: .*'retainer projections'/,
    ),
  });
  expect((await asked.post('reservation/invoke', { id: made.text })).text).toMatch(/^ReservationMade in stream/);
  expect(house.logged().join('')).toContain('its data does not fit: foreignId');
  await house.close();
});
