import { afterAll, beforeAll, expect, test } from 'vitest';
import { clientOf } from './client.ts';
import { type House, openHouse } from './house.ts';
import { protoHit } from './wire.ts';

const Origin = 'https://status.example';
let house: House;
let client: ReturnType<typeof clientOf>;
let headers: Readonly<Record<string, string>>;

beforeAll(async () => {
  house = await openHouse();
  client = clientOf(house.url);
  const issued = await house.commands.issueApiKey({ actor: 'operator:test', requestId: 'test' }, { label: 'test' });
  if (issued.type === 'refused') throw new Error(issued.refusal.message);
  headers = { Origin, 'X-Api-Key': issued.value.key };
});
afterAll(() => house.close());

test('from the first key on a page of any origin may read answers and errors, never with cookies', async () => {
  for (const { headers: answered } of [
    await client.get('reservation/list', { headers }),
    await client.post('puttask', { json: protoHit() }, { headers }),
    await client.post('puttask', {}, { headers }),
    await client.post('puttask', {}, { headers: { Origin } }),
    await client.get('nowhere', { headers: { Origin } }),
    await client.get('gettask/assignment/ASSIGNMENT_ID_NOT_AVAILABLE', { headers: { Origin } }),
  ]) {
    expect(answered.get('access-control-allow-origin')).toBe('*');
    expect(answered.get('access-control-allow-credentials')).toBeNull();
  }
});

test.each(['reservation/make', 'retainer/reservation/make', 'reservation/list'])(
  'a browser may ask before %s',
  async (path) => {
    const asking = {
      Origin,
      'Access-Control-Request-Method': 'POST',
      'Access-Control-Request-Headers': 'authorization,content-type,idempotency-key',
    };
    const { status, headers: answered } = await client.send(path, { method: 'OPTIONS', headers: asking });
    expect(status).toBe(204);
    expect(answered.get('access-control-allow-origin')).toBe('*');
    expect(answered.get('access-control-allow-methods')?.split(',')).toContain('POST');
    expect(answered.get('access-control-allow-headers')?.split(',')).toEqual(
      expect.arrayContaining(['authorization', 'content-type', 'idempotency-key']),
    );
  },
);

test('a page may read where in the log the answer rests', async () => {
  const { headers: answered } = await client.post('puttask', { json: protoHit() }, { headers });
  expect(answered.get('access-control-expose-headers')).toContain('Retainer-Position');
});
