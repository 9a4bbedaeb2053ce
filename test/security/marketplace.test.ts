import { ListHITsCommand, MTurkClient } from '@aws-sdk/client-mturk';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isSignedWith } from '../../src/marketplace/simulated/signature.ts';
import { marketplaceKey, OWN_REQUESTER } from '../../src/postgres/sharedSecret.ts';
import { signedIn } from '../http/admin/operator.ts';
import { startTestService, type TestService } from '../support/service.ts';

const ask = (url: string, accessKeyId: string, secretAccessKey: string) =>
  new MTurkClient({
    region: 'us-east-1',
    endpoint: `${url}/marketplace/api/sandbox`,
    credentials: { accessKeyId, secretAccessKey },
    maxAttempts: 1,
  })
    .send(new ListHITsCommand({}))
    .then(
      () => 'let in',
      (error: Error) => error.name,
    );

describe('on this machine alone', () => {
  let service: TestService;
  beforeAll(async () => {
    service = await startTestService({ FAULT_INJECTION: 'true' });
  });
  afterAll(() => service.end());

  test('an attacker asks the requester API in the name of the service: only its own signature is taken', async () => {
    const key = await marketplaceKey(service.core.db);
    expect(await ask(service.url, OWN_REQUESTER, key)).toBe('let in');
    expect(await ask(service.url, OWN_REQUESTER, `${key}x`)).toBe('InvalidSignatureException');
    expect(await ask(service.url, 'ANOTHER', 'any')).toBe('let in');
    const forged = await fetch(`${service.url}/marketplace/api/sandbox`, {
      method: 'POST',
      headers: {
        'X-Amz-Target': 'MTurkRequesterServiceV20170117.ListHITs',
        Authorization: `AWS4-HMAC-SHA256 Credential=${OWN_REQUESTER}/x, SignedHeaders=host, Signature=00`,
      },
      body: '{}',
    });
    expect([forged.status, ((await forged.json()) as { __type: string }).__type]).toEqual([
      403,
      'InvalidSignatureException',
    ]);
  });

  test.each([
    ['POST', 'clock', '{"advanceSeconds":1}'],
    ['POST', 'reset', ''],
    ['PUT', 'faults', '[]'],
  ])('a page of another site drives the marketplace by %s %s: it is refused', async (method, path, body) => {
    const response = await fetch(`${service.url}/marketplace/control/${path}`, {
      method,
      headers: { Origin: 'https://evil.example', 'Sec-Fetch-Site': 'cross-site', 'Content-Type': 'text/plain' },
      body,
    });
    expect(response.status).toBe(403);
  });

  test('whoever is not signed in drives nothing once there are operators', async () => {
    const ann = await signedIn(service);
    const reset = () => fetch(`${service.url}/marketplace/control/accounts`);
    expect((await reset()).status).toBe(401);
    expect((await ann.get('/marketplace/control/accounts')).status).toBe(200);
  });
});

describe('where others reach it', () => {
  let service: TestService;
  beforeAll(async () => {
    service = await startTestService({ PUBLIC_URL: 'https://retainer.example.org', OPEN_API: 'true' });
    await signedIn(service, 'first');
  });
  afterAll(() => service.end());
  const asked = (path: string) => fetch(`${service.url}${path}`, { redirect: 'manual' });

  test('strangers neither work nor look around, nor ask as requesters; operators rehearse', async () => {
    for (const path of ['/marketplace', '/marketplace/earnings?workerId=AREAL', '/marketplace/hits/x?workerId=A'])
      expect([path, (await asked(path)).status]).toEqual([path, 401]);
    expect(await ask(service.url, 'ANOTHER', 'any')).toBe('InvalidSignatureException');
    expect(await ask(service.url, OWN_REQUESTER, await marketplaceKey(service.core.db))).toBe('let in');
    const ann = await signedIn(service);
    expect((await ann.get('/marketplace')).status).toBe(200);
  });

  test('faults are not injected there at all', async () => {
    await expect(
      startTestService({ PUBLIC_URL: 'https://retainer.example.org', OPEN_API: 'true', FAULT_INJECTION: 'true' }),
    ).rejects.toThrow(/FAULT_INJECTION=true .* others reach it by https:\/\/retainer\.example\.org \(PUBLIC_URL\)/);
  });
});

describe('a signature', () => {
  // Signed by the SDK's own algorithm; the moment is that of the request.
  const headers: Readonly<Record<string, string>> = {
    host: 'localhost',
    'x-amz-date': '20261130T120000Z',
    'x-amz-target': 'MTurkRequesterServiceV20170117.ListHITs',
  };
  const request = (changes: Readonly<Record<string, string>> = {}, body = '{}') => ({
    method: 'POST',
    path: '/marketplace/api/live',
    header: (name: string) => ({ ...headers, ...changes })[name],
    body,
  });
  const NOON = Date.parse('2026-11-30T12:00:00Z');

  test.each([
    ['no header', {}],
    ['nothing that is one', { authorization: 'Bearer x' }],
    [
      'one that leaves out the host',
      {
        authorization: `AWS4-HMAC-SHA256 Credential=A/20261130/us-east-1/mturk-requester/aws4_request, SignedHeaders=x-amz-date, Signature=${'0'.repeat(64)}`,
      },
    ],
    [
      'a made-up one',
      {
        authorization: `AWS4-HMAC-SHA256 Credential=A/20261130/us-east-1/mturk-requester/aws4_request, SignedHeaders=host;x-amz-date;x-amz-target, Signature=${'0'.repeat(64)}`,
      },
    ],
  ])('is not right: %s', (_, changes) => expect(isSignedWith('key', request(changes), NOON)).toBe(false));
});
