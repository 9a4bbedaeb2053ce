import { afterAll, beforeAll, expect, test } from 'vitest';
import { eventually } from '../support/until.ts';
import { clientOf, jsonOf } from './client.ts';
import { type House, openHouse } from './house.ts';
import { postHit } from './market.ts';
import { protoHit } from './wire.ts';

let house: House;
let client: ReturnType<typeof clientOf>;

beforeAll(async () => {
  house = await openHouse();
  client = clientOf(house.url);
});
afterAll(() => house.close());

test('a reservation in the list says how many would go to it now and who was sent to it; its HITs are in theirs', async () => {
  const proto = (await client.post('puttask', { json: protoHit() })).text;
  const make = { id: proto, foreignID: '7', delay: 0, numAssignments: 2 };
  const id = (await client.post('reservation/make', make)).text;
  const hit = await postHit(house, { n: 1, protoHitId: proto, maxAssignments: 3 });
  const ping = (n: number, type: string) => client.post(`ping/worker/W${n}/assignment/A${n}/hit/${hit}/event/${type}`);
  const one = async () => jsonOf(await client.get(`reservation/${id}`));

  await eventually(async () => expect((await ping(1, 'waiting')).text).toBe('OK'));
  for (const n of [2, 3]) expect((await ping(n, 'waiting')).text).toBe('OK');
  await eventually(async () => expect(await one()).toMatchObject({ workers: 2, dispatched: 0, responded: 0 }));

  await client.post('reservation/invoke', { id });
  expect(await one()).toMatchObject({ workers: 0, dispatched: 2, responded: 0, state: 'invoked' });
  const tasks = await Promise.all([1, 2, 3].map(async (n) => jsonOf(await client.get(`gettask/assignment/A${n}`))));
  expect(tasks).toEqual([{ start: true, taskID: 7 }, { start: true, taskID: 7 }, { start: false }]);
  expect((await ping(1, 'working')).text).toBe('OK');
  // Pages without a token come to their task by asking for it.
  await eventually(async () => expect(await one()).toMatchObject({ dispatched: 2, responded: 2 }));

  expect(jsonOf(await client.get('hit/list'))).toEqual([
    expect.objectContaining({ hitID: hit, proto, reservation: null, sandbox: true, assignments: 3, arrivals: 3 }),
  ]);
});

test("a ping for somebody else's assignment is refused and stores nothing", async () => {
  const proto = (await client.post('puttask', { json: protoHit() })).text;
  const hit = await postHit(house, { n: 2, protoHitId: proto });
  const ping = (worker: string, on = hit) => client.post(`ping/worker/${worker}/assignment/B1/hit/${on}/event/waiting`);
  await eventually(async () => expect((await ping('OWNER')).text).toBe('OK'));

  const before = await house.store.head();
  for (const refused of [await ping('THIEF'), await ping('THIEF', await postHit(house, { n: 2, protoHitId: proto }))]) {
    expect(refused.status).toBe(409);
    expect(refused.text).toMatch(/^Bad assignment: it belongs to another worker/);
  }
  expect(await house.store.head()).toBe(before);
});
