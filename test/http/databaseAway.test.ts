import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { eventually } from '../support/until.ts';
import { type Answered, clientOf, jsonOf } from './client.ts';
import { type FlakyWay, flakyWay } from './flakyDatabase.ts';
import { type House, openHouse } from './house.ts';
import { protoHit, UUID } from './wire.ts';

let way: FlakyWay;
let house: House;
let client: ReturnType<typeof clientOf>;
let proto: string;

beforeAll(async () => {
  way = await flakyWay();
  house = await openHouse({ via: way.via });
  client = clientOf(house.url);
  proto = (await client.post('puttask', { json: protoHit() })).text;
});
afterAll(async () => {
  await way.mend();
  await house.close();
  await way.close();
});

const isReady = async (): Promise<void> => {
  expect((await client.get('readyz')).status).toBe(200);
};
beforeEach(async () => {
  await way.mend();
  await eventually(isReady);
});

const made = () => ({ id: proto, foreignID: 'x', delay: 0, numAssignments: 1 });
const expectAway = ({ status, text, headers }: Answered): void => {
  expect({ status, text }).toEqual({ status: 503, text: expect.stringMatching(/the database is away or overloaded/) });
  expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
};

test('commands and lists answer 503 with Retry-After while it is away, and recover by themselves', async () => {
  await way.cut();
  for (const answered of await Promise.all([
    client.post('puttask', { json: protoHit() }),
    client.post('reservation/make', made()),
    client.post('retainer/reservation/finish', { id: randomUUID() }),
    client.post('reservation/finish/all'),
    client.post('toggleSandbox', { id: proto }),
    client.get('reservation/list'),
    client.get('protohit/list'),
  ]))
    expectAway(answered);

  const inJson = await client.post('puttask', { json: protoHit() }, { headers: { Accept: 'application/json' } });
  expect(inJson.headers.get('content-type')).toBe('application/problem+json');
  expect(jsonOf(inJson)).toMatchObject({ status: 503, title: 'Service Unavailable' });
  expect(inJson.text).not.toMatch(/ECONN|127\.0\.0\.1|postgres/i);

  await way.mend();
  await eventually(async () => {
    const { status, text } = await client.post('reservation/make', made());
    expect({ status, text }).toEqual({ status: 200, text: expect.stringMatching(UUID) });
  });
});

test('it is alive but not ready, names what is not, and still has figures', async () => {
  await way.cut();
  expect((await client.get('healthz')).text).toBe('OK');
  const unready = await client.get('readyz');
  expect(unready.status).toBe(503);
  expect(unready.headers.get('retry-after')).toBe('1');
  expect(unready.text).toMatch(/^not ready\n(.*: cannot be reached\n?){3}$/);
  expect(unready.text).toMatch(/database: .*\nlog: .*\nreadModels: /);
  const inJson = await client.get('readyz', { headers: { Accept: 'application/json' } });
  expect(jsonOf(inJson)).toMatchObject({ ready: false, database: 'cannot be reached', log: 'cannot be reached' });

  const metrics = await client.get('metrics');
  expect(metrics.status).toBe(200);
  expect(metrics.text).toMatch(/^retainer_waiting_workers Nan$/im);
  expect(metrics.text).toMatch(/^retainer_http_seconds_count\{.*status="503"\} \d+$/m);
});

test('a database that is there but silent is not ready either', async () => {
  way.freeze();
  const unready = await client.get('readyz');
  expect(unready.status).toBe(503);
  expect(unready.text).toMatch(/database: no answer/);
  await way.cut();
});

test('a request with an idempotency key that met an absent database can be sent again with the same key', async () => {
  const headers = { 'Idempotency-Key': randomUUID() };
  await way.cut();
  expectAway(await client.post('reservation/make', made(), { headers }));
  await way.mend();
  await eventually(async () => expect((await client.post('reservation/make', made(), { headers })).text).toMatch(UUID));
});
