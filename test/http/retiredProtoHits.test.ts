import { afterAll, beforeAll, expect, test } from 'vitest';
import { ProtoHitId } from '../../src/domain/ids.ts';
import { clientOf, jsonOf } from './client.ts';
import { type House, openHouse } from './house.ts';
import { protoHit } from './wire.ts';

let house: House;
let client: ReturnType<typeof clientOf>;
beforeAll(async () => {
  house = await openHouse();
  client = clientOf(house.url);
});
afterAll(() => house.close());

const context = { actor: 'operator:ann', requestId: 'test' } as const;
const listed = async (query = '') =>
  (jsonOf(await client.get(`protohit/list${query}`)) as { hit_type_id: string; retired: boolean }[]).map(
    ({ hit_type_id, retired }) => [hit_type_id, retired],
  );

test('a retired ProtoHIT takes nothing new, keeps what it has, and is listed only to those who ask', async () => {
  const fields = { ...protoHit(), hit_type_id: 'old' };
  const id = (await client.post('puttask', { json: fields })).text;
  const make = () => client.post('reservation/make', { id, foreignID: '7', delay: 0, numAssignments: 1 });
  const open = (await make()).text;
  await house.commands.retireProtoHit(context, { protoHitId: ProtoHitId.parse(id) });

  for (const refused of [
    await make(),
    await client.post('putwork', { id, foreignID: '7', payload: 'x' }),
    await client.post('puttask', { json: fields }),
  ])
    expect([refused.status, refused.text]).toEqual([409, expect.stringContaining('ProtoHit is retired')]);
  expect((await client.post('reservation/invoke', { id: open })).text).toBe('OK');
  expect(await listed()).toEqual([]);
  expect(await listed('?retired=true')).toEqual([['old', true]]);
  expect((await client.get('protohit/list?retired=perhaps')).text).toMatch(/^retired must be true or false/);

  await house.commands.restoreProtoHit(context, { protoHitId: ProtoHitId.parse(id) });
  expect((await make()).status).toBe(200);
  expect((await client.post('puttask', { json: fields })).text).toBe(id);
  expect(await listed()).toEqual([['old', false]]);
});

test('an application retires and restores by id or by name, and doing it twice is no error', async () => {
  const json = { ...protoHit(), hit_type_id: 'mine' };
  const id = (await client.post('puttask', { json })).text;
  for (const named of [{ id }, { hitType: 'mine' }, { hitType: 'mine' }])
    expect((await client.post('protohit/retire', named)).text).toBe('OK');
  expect((await client.post('puttask', { json })).status).toBe(409);
  for (const named of [{ hitType: 'mine' }, { id }])
    expect((await client.post('protohit/restore', named)).text).toBe('OK');
  expect((await client.post('puttask', { json })).text).toBe(id);
  expect((await house.store.read(`protoHit-${id}`)).events.map(({ type }) => type)).toEqual([
    'ProtoHitDefined',
    'ProtoHitRetired',
    'ProtoHitRestored',
  ]);
  expect((await client.post('protohit/retire', { hitType: 'nobody' })).text).toBe('ProtoHit.DoesNotExist');
});
