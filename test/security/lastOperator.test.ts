import { afterEach, beforeEach, expect, test } from 'vitest';
import { OperatorName } from '../../src/domain/operator.ts';
import { startTestService, type TestService } from '../support/service.ts';
import { attack } from './attacker.ts';

const context = { actor: 'operator:test', requestId: 'test' } as const;
const ann = { operator: OperatorName.parse('ann'), password: 'correct horse' };

let service: TestService;
beforeEach(async () => {
  service = await startTestService();
});
afterEach(() => service.end());

/** What somebody without a key or a session is answered. */
const answers = async () => ({
  api: (await attack(`${service.url}/reservation/list`)).status,
  status: (await attack(`${service.url}/status`)).status,
  rehearsal: (await attack(`${service.url}/marketplace/rehearsal/crowd/away`, { method: 'POST' })).status,
});
const CLOSED = { api: 401, status: 302, rehearsal: 401 };

test('the first operator closes the API together with the pages, and removing the last opens neither', async () => {
  expect(await answers()).toEqual({ api: 200, status: 200, rehearsal: 303 });
  await service.core.commands.addOperator(context, ann);
  expect(await answers()).toEqual(CLOSED);
  await service.core.commands.removeOperator(context, ann);
  expect(await answers()).toEqual(CLOSED);
});

test('another node that knew the service as open learns of the first operator with the next request', async () => {
  const { database, core } = service;
  const { startService } = await import('../../src/service.ts');
  const { readSettings } = await import('../../src/config/read.ts');
  const { default: pino } = await import('pino');
  const read = readSettings({ DATABASE_URL: database.url, PORT: '0', SCHEDULER_INTERVAL_SECONDS: '0' });
  if (read.type === 'invalid') throw new Error(read.problems.join('\n'));
  const other = await startService(read.settings, pino({ level: 'silent' }));
  try {
    expect((await attack(`${other.url}/reservation/list`)).status).toBe(200);
    await core.commands.addOperator(context, ann);
    expect((await attack(`${other.url}/reservation/list`)).status).toBe(401);
  } finally {
    await other.stop();
  }
});

test('revoking the last key opens nothing', async () => {
  const issued = await service.core.commands.issueApiKey(context, { label: 'test' });
  if (issued.type === 'refused') throw new Error(issued.refusal.message);
  await service.core.commands.revokeApiKey(context, issued.value);
  expect(await answers()).toEqual(CLOSED);
});

test('nor does a log that is brought back without its table of keys', async () => {
  const issued = await service.core.commands.issueApiKey(context, { label: 'test' });
  if (issued.type === 'refused') throw new Error(issued.refusal.message);
  await service.database.pool.query('delete from retainer.api_key_secrets');
  expect(await answers()).toEqual(CLOSED);
});
