import { Hono } from 'hono';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createAddressOf } from '../../src/http/addressOf.ts';
import { startTestService, type TestService } from '../support/service.ts';
import { signedIn } from './admin/operator.ts';

/** Whom a request is from that came over a socket from `socket`. */
async function seen(trusted: readonly string[], socket: string, forwardedFor?: string) {
  const addressOf = createAddressOf(trusted);
  const app = new Hono().get('/', (c) => c.text(addressOf(c) ?? 'nobody'));
  const headers = forwardedFor === undefined ? {} : { 'X-Forwarded-For': forwardedFor };
  const incoming = { socket: { remoteAddress: socket, remotePort: 1, remoteFamily: 'IPv4' } };
  return (await app.request('/', { headers }, { incoming })).text();
}

test.each([
  ['nobody is believed unless said', [], '10.0.0.1', '192.0.2.7', '10.0.0.1'],
  ['who is no proxy of ours is not believed', ['10.0.0.1'], '10.0.0.2', '192.0.2.7', '10.0.0.2'],
  ['a proxy is', ['10.0.0.1'], '10.0.0.1', '192.0.2.7', '192.0.2.7'],
  ['only what our proxy added is, not what was there', ['10.0.0.1'], '10.0.0.1', '203.0.113.1, 192.0.2.7', '192.0.2.7'],
  ['proxies behind each other', ['10.0.0.0/8'], '10.0.0.1', '203.0.113.1, 192.0.2.7,10.9.9.9', '192.0.2.7'],
  ['a proxy that says nothing is asked itself', ['10.0.0.1'], '10.0.0.1', undefined, '10.0.0.1'],
  ['what is no address ends it', ['10.0.0.0/8'], '10.0.0.1', '192.0.2.7, <b>, 10.0.0.2', '10.0.0.2'],
  ['addresses of both kinds', ['::1', 'fd00::/8'], '::1', '2001:db8::7, fd00::3', '2001:db8::7'],
  ['an IPv4 address as IPv6 sockets write it', ['10.0.0.0/8'], '::ffff:10.0.0.1', '192.0.2.7', '192.0.2.7'],
])('%s', async (_, trusted, socket, forwardedFor, from) => {
  expect(await seen(trusted, socket, forwardedFor)).toBe(from);
});

describe('behind a proxy of ours', () => {
  let service: TestService;
  beforeAll(async () => {
    service = await startTestService({ TRUSTED_PROXIES: '127.0.0.0/8,::1' });
  });
  afterAll(() => service.end());

  const trySignIn = (name: string, from: string) =>
    fetch(`${service.url}/admin/sign-in`, {
      method: 'POST',
      redirect: 'manual',
      headers: { 'X-Forwarded-For': from },
      body: new URLSearchParams({ name, password: 'not this one' }),
    });

  test('one address that guesses locks out itself, and nobody else', async () => {
    const ann = await signedIn(service);
    for (let n = 0; n < 10; n++) expect((await trySignIn(`guess-${n}`, '192.0.2.7')).status).toBe(401);
    expect((await trySignIn('ann', '192.0.2.7')).status).toBe(429);
    expect((await trySignIn('ann', '192.0.2.8')).status).toBe(401);
    const page = await (await ann.get('/admin/sign-ins')).text();
    expect(page).toContain('192.0.2.8');
  });
});
