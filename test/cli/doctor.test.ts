import { createServer } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Finding } from '../../src/event-store/finding.ts';
import { forgetFault, noteFault } from '../../src/postgres/marketplaceFaults.ts';
import { killLeftOvers, runRetainer, startServiceProcess } from '../faults/serviceProcess.ts';
import { startMarket } from '../marketplace/market.ts';
import { freshDatabase, type TestDatabase } from '../support/database.ts';
import { startKurrentNode } from '../support/kurrentdb/server.ts';
import { until } from '../support/service.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await freshDatabase();
  await runRetainer(['key', 'issue'], { DATABASE_URL: database.url });
});
afterAll(async () => {
  await killLeftOvers();
  await database.drop();
});

const doctor = async (environment: Record<string, string> = {}) => {
  const { code, stdout } = await runRetainer(['doctor', '--json'], {
    DATABASE_URL: database.url,
    PUBLIC_URL: 'http://127.0.0.1:1',
    ...environment,
  });
  const findings: Finding[] = JSON.parse(stdout);
  return {
    code,
    checks: findings.map(({ check }) => check),
    of: (check: string) => findings.find((finding) => finding.check === check),
  };
};

/** Looked at whatever else can be. */
const ALWAYS = ['service: PUBLIC_URL', 'service: address', 'marketplace'];

test('a sound installation passes every check', async () => {
  const { code, of } = await doctor();
  expect(code).toBe(0);
  expect(of('database: version')).toMatchObject({ state: 'ok', says: expect.stringMatching(/^PostgreSQL \d+/) });
  expect(of('log: a write and a read')).toMatchObject({
    state: 'ok',
    says: expect.stringMatching(/^an event was stored, read back and taken back in \d+ ms; a conflict was refused$/),
  });
  expect(of('log: size')?.says).toMatch(/^about \d+ events, the last at position/);
  expect(of('database: sessions')?.state).toBe('ok');
  expect(of('database: encoding')).toMatchObject({ state: 'ok', says: 'UTF8' });
  expect(of('API keys')).toMatchObject({ state: 'ok', says: 'the API answers to keys alone' });
  // Nothing runs there yet, and nobody may sign in.
  expect(of('service: address')).toMatchObject({
    state: 'warning',
    says: expect.stringContaining('nothing answers at'),
  });
  expect(of('scheduler')).toMatchObject({ state: 'warning', says: expect.stringContaining('no node holds its lease') });
  expect(of('operators')).toMatchObject({ state: 'warning', says: expect.stringContaining('retainer operator add') });
  expect(of('database: clock')?.says).toMatch(/^the database's clock is \d+ ms/);
  const left = await database.pool.query(`select from event_store.events where stream like '%DOCTOR%'`);
  expect(left.rows).toEqual([]);
});

test('a marketplace that does not do what it is asked for is named, with the code and since when', async () => {
  const fault = { side: 'live', call: 'bonus', code: 'ExpiredTokenException', message: 'it has expired' } as const;
  await noteFault(database.pool, { ...fault, lastAt: Date.now() });
  const { of } = await doctor();
  expect(of('marketplace: calls')).toMatchObject({
    state: 'warning',
    says: expect.stringMatching(/^the live side does not carry out bonus since .*ExpiredTokenException/),
  });
  await forgetFault(database.pool, fault);
  expect((await doctor()).of('marketplace: calls')).toMatchObject({ state: 'ok' });
});

test('a marketplace that answers is asked whether it lets us in', async () => {
  const market = await startMarket();
  const aws = { MTURK: 'aws', MTURK_ENDPOINT: market.endpoint('live') };
  const key = { AWS_ACCESS_KEY_ID: 'REQUESTER', AWS_SECRET_ACCESS_KEY: 'any' };
  expect((await doctor({ ...aws, ...key })).of('marketplace')).toMatchObject({
    state: 'ok',
    says: expect.stringMatching(/answers, and lets us in$/),
  });
  await market.faults([{ operation: '*', kind: 'lapsed' }]);
  expect((await doctor({ ...aws, ...key })).of('marketplace')).toMatchObject({
    state: 'failed',
    says: expect.stringContaining('does not let us in: ExpiredTokenException'),
  });
  await market.stop();
});

test('a log that cannot be written to is said to be so', async () => {
  await database.pool.query('alter table event_store.events add constraint full_disk check (false) not valid');
  const { code, of } = await doctor();
  await database.pool.query('alter table event_store.events drop constraint full_disk');
  expect(code).toBe(1);
  expect(of('log: a write and a read')).toMatchObject({
    state: 'failed',
    says: expect.stringContaining('violates check constraint "full_disk"'),
  });
});

test('a read model that stands still fails, with what to look at', async () => {
  await database.pool.query(
    `update retainer.checkpoints set stopped_at = now(), stopped_position = '1', stopped_type = 'X', stopped_error = 'no'
     where projection = 'tasks'`,
  );
  const { code, of } = await doctor();
  expect(code).toBe(1);
  expect(of('read models')).toEqual({
    check: 'read models',
    state: 'failed',
    says: "tasks (no) stands still: see 'retainer projections'",
  });
  await database.pool.query('update retainer.checkpoints set stopped_at = null, stopped_position = null');
});

test('what is away is named once, and keeps no other check from its turn', async () => {
  const { code, checks, of } = await doctor({
    DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none',
    MTURK: 'aws',
    MTURK_ENDPOINT: 'http://127.0.0.1:1',
  });
  expect(of('service: PUBLIC_URL')).toMatchObject({ state: 'failed', says: expect.stringContaining('set PUBLIC_URL') });
  expect(code).toBe(1);
  expect(of('opening')?.says).toContain('cannot connect to the database 127.0.0.1:1/none');
  expect(checks).toEqual(['opening', 'database: connection', ...ALWAYS]);
  expect(of('database: connection')).toMatchObject({
    state: 'failed',
    says: expect.stringMatching(
      /^nothing that speaks PostgreSQL answers at 127\.0\.0\.1:1: is it running, is the address right\? \(.*ECONNREFUSED/,
    ),
  });
  expect(of('marketplace')).toMatchObject({
    state: 'failed',
    says: expect.stringContaining('http://127.0.0.1:1 cannot be reached'),
  });
});

test('a log in KurrentDB is looked at too', async () => {
  const node = await startKurrentNode();
  const other = await freshDatabase();
  const { code, of } = await doctor({ DATABASE_URL: other.url, EVENT_STORE_URL: node.url });
  expect(code).toBe(0);
  expect(of('log: version')?.says).toBe(
    `KurrentDB 25.1.0 at 127.0.0.1:${node.port}, appends to several streams as one`,
  );
  expect(of('log: permissions')).toMatchObject({ state: 'ok', says: 'may read $all, and write' });
  expect(of('log: a write and a read')?.says).toMatch(/^an event was stored and read back in \d+ ms$/);
  expect(of('log: clock')).toMatchObject({
    state: 'ok',
    says: expect.stringMatching(/^KurrentDB's clock agrees with this machine's, as far as \d+ ms can tell$/),
  });
  node.log.pass(60_000);
  expect((await doctor({ DATABASE_URL: other.url, EVENT_STORE_URL: node.url })).of('log: clock')).toMatchObject({
    state: 'warning',
    says: expect.stringMatching(/^KurrentDB's clock is 5\d{4} ms ahead of this machine's: run NTP on both$/),
  });
  await Promise.all([node.stop(), other.drop()]);
});

test('a KurrentDB that is too old, and a user who may not read $all, are told what to do; the database is looked at all the same', async () => {
  const [old, closed] = [await startKurrentNode({ version: '24.10.0' }), await startKurrentNode({ mayReadAll: false })];
  const other = await freshDatabase();
  const refused = await doctor({ DATABASE_URL: other.url, EVENT_STORE_URL: old.url });
  expect(refused.code).toBe(1);
  expect(refused.of('opening')?.says).toContain('too old');
  expect(refused.of('database: version')?.state).toBe('ok');
  const kept = await doctor({ DATABASE_URL: other.url, EVENT_STORE_URL: closed.url });
  expect(kept.code).toBe(1);
  expect(kept.of('opening')?.says).toContain('may not read $all');
  await Promise.all([old.stop(), closed.stop(), other.drop()]);
});

test('of a KurrentDB at which nothing answers, and of a Postgres that hangs up, is said where they were sought', async () => {
  const rude = createServer((socket) => socket.destroy());
  await new Promise<void>((resolve) => rude.listen(0, '127.0.0.1', resolve));
  const address = rude.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  const hungUp = await doctor({ DATABASE_URL: `postgres://nobody@127.0.0.1:${port}/none` });
  expect(hungUp.checks).toEqual(['opening', 'database: connection', ...ALWAYS]);
  expect(hungUp.of('database: connection')?.says).toContain(`answers at 127.0.0.1:${port}: is it running`);
  rude.close();
  const away = await doctor({ EVENT_STORE_URL: 'kurrentdb://127.0.0.1:1?tls=false' });
  expect(away.of('opening')?.says).toMatch(/KurrentDB at 127\.0\.0\.1:1: nothing answers there; is it running/);
  expect(away.of('database: version')?.state).toBe('ok');
  const refused = await doctor({ DATABASE_URL: database.url.replace(/[^/]*$/, 'no_such_database') });
  expect(refused.checks).toEqual(['opening', 'database: connection', ...ALWAYS]);
  expect(refused.of('database: connection')?.says).toContain('the database does not let us in: database');
});

test('before the first start every part that can be reached is looked at, and it is said what is missing where', async () => {
  const name = `retainer_unborn_${process.pid}`;
  await database.pool.query(`create database ${name}`);
  const node = await startKurrentNode();
  const url = database.url.replace(/[^/]*$/, name);
  const elsewhere = await doctor({ DATABASE_URL: url, EVENT_STORE_URL: node.url });
  expect(elsewhere.of('opening')?.says).toContain('holds no read models of this service');
  expect(elsewhere.of('database: version')?.state).toBe('ok');
  expect(elsewhere.of('log: version')?.says).toMatch(/^KurrentDB 25\.1\.0 at/);
  expect(elsewhere.of('log: size')).toMatchObject({ state: 'ok', says: 'empty' });
  expect((await doctor({ DATABASE_URL: url })).of('opening')?.says).toContain('holds no log of this service');
  await node.stop();
  await database.pool.query(`drop database ${name} with (force)`);
});

test('beside a running service it finds it, its scheduler, and what others can reach', async () => {
  const service = await startServiceProcess({ DATABASE_URL: database.url });
  await until(async () => (await doctor({ PUBLIC_URL: service.url })).of('scheduler')?.state === 'ok');
  const { of } = await doctor({ PUBLIC_URL: service.url });
  expect(of('service: address')).toMatchObject({ state: 'ok', says: `${service.url} answers, and is ready` });
  expect(of('service: PUBLIC_URL')).toMatchObject({ state: 'ok', says: expect.stringContaining('this machine alone') });
  await service.terminate();
});
