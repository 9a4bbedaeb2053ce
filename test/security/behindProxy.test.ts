import pino from 'pino';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readSettings } from '../../src/config/read.ts';
import { startService } from '../../src/service.ts';
import { freshDatabase, type TestDatabase } from '../support/database.ts';
import { startTestService, type TestService } from '../support/service.ts';
import { attack } from './attacker.ts';

describe('a service that nobody has a key for, and that others reach', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await freshDatabase();
  });
  afterAll(() => database?.drop());

  const start = async (environment: Readonly<Record<string, string>>) => {
    const read = readSettings({
      DATABASE_URL: database.url,
      PORT: '0',
      SCHEDULER_INTERVAL_SECONDS: '0',
      LOG_LEVEL: 'silent',
      ...environment,
    });
    if (read.type === 'invalid') throw new Error(read.problems.join('\n'));
    const service = await startService(read.settings, pino({ level: 'silent' }));
    await service.stop();
  };

  test.each([
    ['because it listens for them', { HOST: '0.0.0.0' }, '0.0.0.0 (HOST)'],
    [
      'because a proxy on this machine passes them on',
      { PUBLIC_URL: 'https://retainer.example.org' },
      'https://retainer.example.org (PUBLIC_URL)',
    ],
    ['because a proxy is trusted', { TRUSTED_PROXIES: '127.0.0.1' }, '127.0.0.1 (TRUSTED_PROXIES)'],
  ])('does not start %s', async (_, environment, named) => {
    await expect(start(environment)).rejects.toThrow(`no API key was ever issued, so whoever reaches ${named}`);
    await start({ ...environment, OPEN_API: 'true' });
  });

  test('starts as soon as there is a key', async () => {
    const service = await startService(settingsOf(database), pino({ level: 'silent' }));
    await service.core.commands.issueApiKey({ actor: 'operator:test', requestId: 'test' }, { label: 'test' });
    await service.stop();
    await start({ PUBLIC_URL: 'https://retainer.example.org', TRUSTED_PROXIES: '127.0.0.1' });
  });
});

const settingsOf = ({ url }: TestDatabase) => {
  const read = readSettings({ DATABASE_URL: url, PORT: '0', SCHEDULER_INTERVAL_SECONDS: '0', LOG_LEVEL: 'silent' });
  if (read.type === 'invalid') throw new Error(read.problems.join('\n'));
  return read.settings;
};

describe('somebody on the internet, behind a proxy that the settings say nothing of', () => {
  let service: TestService;
  beforeAll(async () => {
    service = await startTestService({ ALLOWED_HOSTS: 'retainer.example.org' });
  });
  afterAll(() => service?.end());

  test.each([
    ['X-Forwarded-For', { 'X-Forwarded-For': '203.0.113.7' }],
    ['Forwarded', { Forwarded: 'for=203.0.113.7' }],
    ['a public Host', { Host: 'retainer.example.org' }],
  ])('is denied the open API and its pages: %s', async (_, headers) => {
    for (const [method, path] of [
      ['GET', 'reservation/list'],
      ['POST', 'protohit/sandbox/set'],
      ['GET', 'events'],
    ] as const) {
      const seen = await attack(`${service.url}/${path}`, { method, headers });
      expect([path, seen.status]).toEqual([path, 401]);
      expect(seen.text).toContain('retainer key issue');
      expect(seen.headers['www-authenticate']).toMatch(/^Bearer/);
    }
    expect((await attack(`${service.url}/status`, { headers })).headers['location']).toMatch(/^\/admin\/sign-in/);
    expect((await attack(`${service.url}/tour/round`, { method: 'POST', headers })).status).toBe(401);
    expect((await attack(`${service.url}/`, { headers })).text).not.toContain('puttask');
  });

  test('while programs on the machine itself go on', async () => {
    expect((await attack(`${service.url}/reservation/list`)).status).toBe(200);
    expect((await attack(`${service.url}/`)).text).toContain('Open to whoever reaches it on this machine');
  });
});

test('who says OPEN_API is open to whoever reaches it, and the home page says so', async () => {
  const service = await startTestService({ OPEN_API: 'true', TRUSTED_PROXIES: '127.0.0.1' });
  try {
    const headers = { 'X-Forwarded-For': '203.0.113.7' };
    expect((await attack(`${service.url}/reservation/list`, { headers })).status).toBe(200);
    expect((await attack(`${service.url}/`, { headers })).text).toContain('Open to whoever reaches it.');
  } finally {
    await service.end();
  }
});
