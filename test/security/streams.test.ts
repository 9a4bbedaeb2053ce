import { expect, test } from 'vitest';
import { signedIn } from '../http/admin/operator.ts';
import { openHouse } from '../http/house.ts';
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
