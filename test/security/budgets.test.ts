import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { handIn } from '../http/admin/work.ts';
import { clientOf } from '../http/client.ts';
import { protoHit } from '../http/wire.ts';
import { startTestService, type TestService } from '../support/service.ts';

let service: TestService;
beforeAll(async () => {
  service = await startTestService({ DAILY_BUDGET: '3' });
});
afterAll(() => service.end());

const operator = { actor: 'operator:test', requestId: 'test' } as const;
const keyWith = async (dailyBudgetCents?: number) => {
  const issued = await service.core.commands.issueApiKey(operator, { label: 'an agent', dailyBudgetCents });
  if (issued.type === 'refused') throw new Error(issued.refusal.message);
  return { headers: { 'X-Api-Key': issued.value.key } };
};

describe('whoever stole a key', () => {
  test('announces no more paid work a day than its budget holds', async () => {
    const key = await keyWith(100);
    const client = clientOf(service.url);
    const put = (sandbox: boolean) => client.post('puttask', { json: protoHit({ sandbox, reward: 0.2 }) }, key);
    const [real, play] = [(await put(false)).text, (await put(true)).text];
    const make = (id: string, numAssignments: number) =>
      client.post('reservation/make', { id, foreignID: 'x', delay: 0, numAssignments }, key);
    // 0.20 and a fee of 0.04 a person.
    expect((await make(real, 3)).status).toBe(200);
    const refused = await make(real, 2);
    expect([refused.status, refused.text]).toEqual([
      403,
      'this key may commit 1.00 US dollars a day, of which 0.28 US dollars are left until 00:00 UTC: 0.48 US dollars are too much',
    ]);
    expect((await make(play, 100)).status).toBe(200);
    expect((await make(real, 1)).status).toBe(200);
  });

  test('pays no more bonuses than the installation may spend a day, however many at once', async () => {
    const key = await keyWith();
    const [person] = await handIn(service, ['BONUS']);
    await service.core.db.query('update hits set sandbox = false');
    const grant = () =>
      clientOf(service.url).post('assignment/bonus', { id: person?.assignmentId, amount: '1.00', reason: 'x' }, key);
    const answers = await Promise.all(Array.from({ length: 10 }, grant));
    const granted = answers.filter(({ status }) => status === 200);
    // Each takes 1.20 of the 3.00 that are left of nothing else.
    expect(granted.length).toBeLessThanOrEqual(2);
    expect(answers.find(({ status }) => status === 403)?.text).toMatch(/this installation \(DAILY_BUDGET\) may commit/);
  });
});

describe('a key limited to a ProtoHIT', () => {
  test('that puts the id of an unnamed ProtoHIT as a name revises that one, and makes no other of its name', async () => {
    const client = clientOf(service.url);
    const key = await keyWith();
    const own = (await client.post('puttask', { json: protoHit() }, key)).text;
    const limited = await service.core.commands.issueApiKey(operator, {
      label: 'limited',
      protoHitId: (
        await service.core.db.query('select proto_hit_id as id from proto_hits where proto_hit_id = $1', [own])
      ).rows[0].id,
    });
    if (limited.type === 'refused') throw new Error(limited.refusal.message);
    const asLimited = { headers: { 'X-Api-Key': limited.value.key } };
    const again = await client.post('puttask', { json: protoHit({ hit_type_id: own, title: 'Revised' }) }, asLimited);
    expect([again.status, again.text]).toEqual([200, own]);
    expect(JSON.parse((await client.get('protohit/list', asLimited)).text)).toMatchObject([
      { id: own, title: 'Revised' },
    ]);
  });

  test.each(['01890000-0000-7000-8000-000000000000', '01890000-0000-7000-8000-00000000000A'])(
    'cannot take a name that reads as an id: %s',
    async (name) => {
      const { status, text } = await clientOf(service.url).post(
        'puttask',
        { json: protoHit({ hit_type_id: name }) },
        await keyWith(),
      );
      expect([status, text]).toEqual([400, expect.stringMatching(/a name must not read as a UUID/)]);
    },
  );
});
