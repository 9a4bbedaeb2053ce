import { expect, test } from 'vitest';
import { signedIn } from '../http/admin/operator.ts';
import { clientOf } from '../http/client.ts';
import { openHouse } from '../http/house.ts';
import { protoHit } from '../http/wire.ts';
import { startTestService } from '../support/service.ts';

const context = { actor: 'operator:test', requestId: 'test' } as const;

test('a stream of the log ends with the key that opened it', async () => {
  const house = await openHouse({ recheckMs: 20 });
  try {
    const issued = await house.commands.issueApiKey(context, { label: 'auditor', scopes: ['audit'] });
    if (issued.type === 'refused') throw new Error(issued.refusal.message);
    const headers = { Accept: 'text/event-stream', 'X-Api-Key': issued.value.key };
    const stream = await fetch(`${house.url}/events`, { headers });
    expect(stream.status).toBe(200);
    await house.commands.revokeApiKey(context, issued.value);
    // It ends, so that its text has an end.
    expect(await stream.text()).toContain('retry:');
  } finally {
    await house.close();
  }
});

test.each(['/answers?wait=60', '?wait_for=answers:1&wait=60'])(
  'a held request for reservation/ID%s ends with the key that asked',
  async (what) => {
    const house = await openHouse({ recheckMs: 20 });
    try {
      const issue = async (label: string) => {
        const issued = await house.commands.issueApiKey(context, { label, scopes: ['commands', 'read'] });
        if (issued.type === 'refused') throw new Error(issued.refusal.message);
        return { ...issued.value, headers: { 'X-Api-Key': issued.value.key } };
      };
      const client = clientOf(house.url);
      const { headers } = await issue('application');
      const id = (await client.post('puttask', { json: protoHit() }, { headers })).text;
      const made = { id, foreignID: '1', delay: 3_600, numAssignments: 1 };
      const reservation = (await client.post('reservation/make', made, { headers })).text;
      const path = `reservation/${reservation}`;
      // A key that is revoked before the request is read is denied at once: then it is revoked later.
      for (let later = 1; ; later++) {
        const reader = await issue('reader');
        const held = client.get(path + what, { headers: reader.headers });
        for (let n = 0; n < later; n++) await client.get(path, { headers });
        await house.commands.revokeApiKey(context, reader);
        const { status, text } = await held;
        expect(status).toBe(401);
        if (text.startsWith('whoever asked')) break;
      }
    } finally {
      await house.close();
    }
  },
);

test('a live page ends with the session that opened it, and a look at its head opens none', async () => {
  const service = await startTestService({}, { patience: { recheckMs: 20 } });
  try {
    const { cookie, post } = await signedIn(service);
    const head = await fetch(`${service.url}/status/feed`, { method: 'HEAD', headers: { cookie } });
    expect([head.status, await head.text()]).toEqual([200, '']);
    const feed = await fetch(`${service.url}/status/feed`, { headers: { cookie } });
    expect(feed.status).toBe(200);
    expect((await post('/admin/sign-out')).status).toBe(303);
    expect(await feed.text()).toContain('event: clock');
  } finally {
    await service.end();
  }
});
