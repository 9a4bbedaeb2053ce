import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { AssignmentId } from '../../src/domain/ids.ts';
import { createBuckets, createPlaces } from '../../src/http/access/buckets.ts';
import { createRepeats } from '../../src/http/worker/repeats.ts';
import { openWork, startTestService, type TestService, until } from '../support/service.ts';
import { attack, FORM } from './attacker.ts';

describe('what one key may take', () => {
  test('is a burst, and after that no more than comes back; others are not touched', () => {
    let now = 0;
    const isTooMany = createBuckets({ capacity: 3, perSecond: 2, now: () => now });
    expect([1, 2, 3, 4].map(() => isTooMany('a'))).toEqual([false, false, false, true]);
    expect(isTooMany('b')).toBe(false);
    now = 1_000;
    expect([1, 2, 3].map(() => isTooMany('a'))).toEqual([false, false, true]);
    now = 60_000;
    expect([isTooMany('a', 3), isTooMany('a', 1)]).toEqual([false, true]);
  });

  test('takes no memory for keys that somebody makes up: the oldest is forgotten', () => {
    const isTooMany = createBuckets({ capacity: 1, perSecond: 0, mostKeys: 2, now: () => 0 });
    expect(['a', 'b', 'a', 'c', 'a', 'b'].map((key) => isTooMany(key))).toEqual([
      false,
      false,
      true,
      false,
      true,
      false,
    ]);
  });

  test('is a number of places, each given back once', () => {
    const take = createPlaces(1);
    const giveBack = take('a');
    expect([take('a'), take('b')]).toEqual([null, expect.any(Function)]);
    giveBack?.();
    const again = take('a');
    giveBack?.();
    expect([again, take('a')]).toEqual([expect.any(Function), null]);
  });
});

test('what a page says again within a second is not stored, and of what it says anew two a second', () => {
  let now = 0;
  const repeats = createRepeats(() => now);
  const id = AssignmentId.parse('A1');
  expect(repeats.isRepeated(id, 'waiting')).toBe(false);
  repeats.stored(id, 'waiting');
  now = 999;
  expect([repeats.isRepeated(id, 'waiting'), repeats.isRepeated(id, 'working')]).toEqual([true, false]);
  now = 1_000;
  expect(repeats.isRepeated(id, 'waiting')).toBe(false);
  expect(Array.from({ length: 7 }, () => repeats.isTooMuch(id))).toEqual([...Array(6).fill(false), true]);
});

describe('an attacker on one address, behind a proxy of ours', () => {
  let service: TestService;
  beforeAll(async () => {
    service = await startTestService(
      {
        TRUSTED_PROXIES: '127.0.0.1',
        OPEN_API: 'true',
        REQUESTS_PER_SECOND: '1',
        LISTENERS_PER_ADDRESS: '2',
      },
      // Of the polls for assignments that nobody has heard of none waits for a ping.
      { patience: { firstPingMs: 0 } },
    );
  });
  afterAll(() => service?.end());

  let hosts = 0;
  const somewhere = (): string => `198.51.100.${++hosts}`;
  const from = (address: string, path: string) =>
    attack(`${service.url}/${path}`, { headers: { 'X-Forwarded-For': address } });

  test.each([
    'reservation/list',
    'metrics',
    'readyz',
    'admin/first?token=x',
    'gettask/assignment/A1?wait=0',
    'nowhere',
  ])('is turned away when they flood %s, and nobody else is', async (path) => {
    const address = somewhere();
    const seen = await Promise.all(Array.from({ length: 60 }, () => from(address, 'healthz')));
    const refused = seen.filter(({ status }) => status === 429);
    expect(refused.length).toBeGreaterThan(0);
    expect(refused[0]?.headers['retry-after']).toBe('1');
    await until(async () => (await from(address, path)).status === 429);
    expect((await from(somewhere(), path)).status).not.toBe(429);
  });

  test('is one, however many addresses of their own network they take', async () => {
    const seen = await Promise.all(Array.from({ length: 60 }, (_, n) => from(`2001:db8:1:2::${n + 1}`, 'healthz')));
    expect(seen.some(({ status }) => status === 429)).toBe(true);
    expect((await from('2001:db8:1:3::1', 'healthz')).status).toBe(200);
  });

  test('holds no more streams than their share', async () => {
    const { hit } = await openWork(service);
    for (const n of [1, 2, 3, 4])
      await attack(`${service.url}/ping/worker/W${n}/assignment/S${n}/hit/${hit}/event/waiting`, { method: 'POST' });
    await until(async () => (await from(somewhere(), 'gettask/assignment/S4')).status === 200);
    const address = somewhere();
    const ending = new AbortController();
    const open = (n: number, who: string) =>
      fetch(`${service.url}/wait/assignment/S${n}`, { headers: { 'X-Forwarded-For': who }, signal: ending.signal });
    const statuses = [];
    for (const n of [1, 2, 3]) statuses.push((await open(n, address)).status);
    statuses.push((await open(4, somewhere())).status);
    ending.abort();
    expect(statuses).toEqual([200, 200, 503, 200]);
  });
});

test('of the streams of one assignment three stay: the oldest goes', async () => {
  const service = await startTestService();
  try {
    const { hit } = await openWork(service);
    await attack(`${service.url}/ping/worker/W1/assignment/T1/hit/${hit}/event/waiting`, { method: 'POST' });
    await until(async () => (await attack(`${service.url}/gettask/assignment/T1`)).status === 200);
    const open = () => fetch(`${service.url}/wait/assignment/T1`);
    const first = await open();
    for (const _ of [2, 3, 4]) expect((await open()).status).toBe(200);
    // It ends, so that its text has an end.
    expect(await first.text()).toContain('retry:');
  } finally {
    await service.end();
  }
});

test('a request with two hosts is nobody’s', async () => {
  const service = await startTestService();
  try {
    const socket = connect(Number(new URL(service.url).port), '127.0.0.1');
    socket.write('GET /healthz HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\nConnection: close\r\n\r\n');
    expect(await text(socket)).toMatch(/^HTTP\/1\.1 400 /);
  } finally {
    await service.end();
  }
});

test('where METRICS=key, figures are for keys that may read', async () => {
  const service = await startTestService({ METRICS: 'key' });
  try {
    const issued = await service.core.commands.issueApiKey(
      { actor: 'operator:test', requestId: 'test' },
      { label: 'prometheus', scopes: ['read'] },
    );
    if (issued.type === 'refused') throw new Error(issued.refusal.message);
    const status = async (headers: Readonly<Record<string, string>>) =>
      (await attack(`${service.url}/metrics`, { headers })).status;
    expect(await status({})).toBe(401);
    expect(await status({ Authorization: 'Bearer rk_guess' })).toBe(401);
    expect(await status({ Authorization: `Bearer ${issued.value.key}` })).toBe(200);
  } finally {
    await service.end();
  }
});

test('a stranger’s request id stands nowhere; a caller’s does', async () => {
  const service = await startTestService();
  try {
    const issued = await service.core.commands.issueApiKey(
      { actor: 'operator:test', requestId: 'test' },
      { label: 'application' },
    );
    if (issued.type === 'refused') throw new Error(issued.refusal.message);
    const ask = (headers: Readonly<Record<string, string>>, query = '') =>
      attack(`${service.url}/reservation/list${query}`, { headers: { ...FORM, 'X-Request-Id': 'mine', ...headers } });
    expect((await ask({})).headers['x-request-id']).not.toBe('mine');
    expect((await ask({ 'X-Api-Key': issued.value.key })).headers).toMatchObject({ 'x-request-id': 'mine' });
    // And a key in an address is said to be on its way out.
    expect((await ask({ 'X-Api-Key': issued.value.key })).headers['deprecation']).toBeUndefined();
    expect((await ask({}, `?apiKey=${issued.value.key}`)).headers['deprecation']).toMatch(/^@\d+$/);
  } finally {
    await service.end();
  }
});
