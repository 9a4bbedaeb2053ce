import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Finding } from '../../src/cli/doctor/checks.ts';
import { killLeftOvers, runRetainer } from '../faults/serviceProcess.ts';
import { freshDatabase, type TestDatabase } from '../support/database.ts';
import { startKurrentNode } from '../support/kurrentdb/server.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await freshDatabase();
});
afterAll(async () => {
  await killLeftOvers();
  await database.drop();
});

const doctor = async (environment: Record<string, string> = {}) => {
  const { code, stdout } = await runRetainer(['doctor', '--json'], { DATABASE_URL: database.url, ...environment });
  const findings: Finding[] = JSON.parse(stdout);
  return { code, of: (check: string) => findings.find((finding) => finding.check === check) };
};

test('a sound installation passes every check', async () => {
  const { code, of } = await doctor();
  expect(code).toBe(0);
  expect(of('database: version')).toMatchObject({ state: 'ok', says: expect.stringMatching(/^PostgreSQL \d+/) });
  expect(of('log')).toMatchObject({ state: 'ok', says: expect.stringContaining('conflicts are refused') });
  expect(of('clock')?.says).toMatch(/^the database's clock is \d+ ms/);
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

test('what is away is named, and keeps no other check from its turn', async () => {
  const { code, of } = await doctor({
    DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none',
    MTURK: 'aws',
    MTURK_ENDPOINT: 'http://127.0.0.1:1',
  });
  expect(code).toBe(1);
  expect(of('opening')?.says).toContain('cannot connect to the database 127.0.0.1:1/none');
  expect(of('marketplace')).toMatchObject({
    state: 'failed',
    says: expect.stringContaining('http://127.0.0.1:1 cannot be reached'),
  });
});

test('a log in KurrentDB is looked at too; one that is too old is refused', async () => {
  const [node, old] = [await startKurrentNode(), await startKurrentNode({ version: '24.10.0' })];
  const other = await freshDatabase();
  const sound = await doctor({ DATABASE_URL: other.url, EVENT_STORE_URL: node.url });
  expect(sound.code).toBe(0);
  expect(sound.of('log')?.says).toContain('conflicts are refused');
  const refused = await doctor({ DATABASE_URL: other.url, EVENT_STORE_URL: old.url });
  expect(refused.of('opening')?.says).toContain('too old');
  await Promise.all([node.stop(), old.stop(), other.drop()]);
});
