import { Hono } from 'hono';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createAddressOf } from '../../src/http/addressOf.ts';
import { startTestService, type TestService, until } from '../support/service.ts';
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
  ['a proxy that says nothing stands for nobody', ['10.0.0.1'], '10.0.0.1', undefined, 'nobody'],
  ['what is no address ends it: nobody is known', ['10.0.0.0/8'], '10.0.0.1', '192.0.2.7, <b>, 10.0.0.2', 'nobody'],
  ['a port does not count', ['10.0.0.1'], '10.0.0.1', '192.0.2.7:51234', '192.0.2.7'],
  ['nor one of an IPv6 address', ['10.0.0.1'], '10.0.0.1', '[2001:db8::7]:443', '2001:db8::7'],
  ['nor brackets', ['10.0.0.1'], '10.0.0.1', '[2001:db8::7]', '2001:db8::7'],
  ['a proxy behind a port is one of ours', ['10.0.0.0/8'], '10.0.0.1', '192.0.2.7:1, 10.0.0.2:4000', '192.0.2.7'],
  ['an IPv4 address written as IPv6', ['10.0.0.1'], '10.0.0.1', '::ffff:192.0.2.7', '192.0.2.7'],
  ['and in its hexadecimal form', ['10.0.0.1'], '10.0.0.1', '::FFFF:c000:207', '192.0.2.7'],
  ['one address, however it is written', ['10.0.0.1'], '10.0.0.1', '2001:0DB8:0:0::7', '2001:db8::7'],
  ['the name of an interface does not count', ['10.0.0.1'], '10.0.0.1', `fe80::1%${'a'.repeat(80)}`, 'fe80::1'],
  ['what only looks like an address', ['10.0.0.1'], '10.0.0.1', '192.0.2:80', 'nobody'],
  ['addresses of both kinds', ['::1', 'fd00::/8'], '::1', '2001:db8::7, fd00::3', '2001:db8::7'],
  ['an IPv4 address as IPv6 sockets write it', ['10.0.0.0/8'], '::ffff:10.0.0.1', '192.0.2.7', '192.0.2.7'],
  ['the same without a proxy', [], '::ffff:192.0.2.7', undefined, '192.0.2.7'],
])('%s', async (_, trusted, socket, forwardedFor, from) => {
  expect(await seen(trusted, socket, forwardedFor)).toBe(from);
});

test('what a proxy says that cannot be read is told of, and who said it', async () => {
  const told: string[] = [];
  const addressOf = createAddressOf(['10.0.0.0/8'], (...said) => told.push(said.join(' from ')));
  const app = new Hono().get('/', (c) => c.text(addressOf(c) ?? 'nobody'));
  const incoming = { socket: { remoteAddress: '10.0.0.1', remotePort: 1, remoteFamily: 'IPv4' } };
  for (const headers of [{}, { 'X-Forwarded-For': 'unknown' }]) await app.request('/', { headers }, { incoming });
  expect(told).toEqual(['unknown from 10.0.0.1']);
});

describe('behind a proxy of ours', () => {
  let service: TestService;
  beforeAll(async () => {
    service = await startTestService({ TRUSTED_PROXIES: '127.0.0.0/8,::1', OPEN_API: 'true' });
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
    await until(async () => (await (await ann.get('/admin/sign-ins')).text()).includes('192.0.2.8'));
  });

  test('nor does one whose proxy adds ports, or says nothing that can be read', async () => {
    for (const n of Array(10).keys()) {
      await trySignIn(`port-${n}`, `203.0.113.7:${51_234 + n}`);
      await trySignIn(`unread-${n}`, '???');
    }
    expect((await trySignIn('somebody', '203.0.113.7:1')).status).toBe(429);
    expect((await trySignIn('somebody', '198.51.100.9:40000')).status).toBe(401);
    expect((await trySignIn('somebody', '[2001:db8::1]:443')).status).toBe(401);
    expect((await trySignIn('somebody', '???')).status).toBe(401);
  });
});
