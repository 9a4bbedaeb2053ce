import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pino from 'pino';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createPostgresStore } from '../../src/event-store/postgres/store.ts';
import { createPool } from '../../src/postgres/pool.ts';
import { freshStream, pinged, write } from '../contract/eventStore.ts';
import { killLeftOvers, runRetainer, startServiceProcess } from '../faults/serviceProcess.ts';
import { freshDatabase, type TestDatabase } from '../support/database.ts';
import { until } from '../support/service.ts';

let database: TestDatabase;
let folder: string;
beforeAll(async () => {
  database = await freshDatabase();
  folder = await mkdtemp(join(tmpdir(), 'retainer-verify-'));
  for (const label of ['first', 'second']) await retainer('key', 'issue', '--label', label);
});
afterAll(async () => {
  await killLeftOvers();
  await database.drop();
  await rm(folder, { recursive: true });
});

const retainer = (...args: readonly string[]) => runRetainer(args, { DATABASE_URL: database.url, DATA_DIR: folder });

test('a checkpoint is kept, the log grows, and verify proves that it only grew', async () => {
  const printed = await retainer('checkpoint');
  expect(printed).toMatchObject({ code: 0, stderr: expect.stringContaining('made a signing key') });
  expect((await stat(join(folder, 'checkpoint-key.pem'))).mode & 0o777).toBe(0o600);
  const file = join(folder, 'kept.json');
  await writeFile(file, printed.stdout);
  await retainer('key', 'issue', '--label', 'third');

  expect((await retainer('verify')).stdout).toContain('are missing at its end, only --against a checkpoint can tell');
  const { code, stdout } = await retainer('verify', '--against', file);
  expect({ code, stdout }).toEqual({
    code: 0,
    stdout: expect.stringMatching(/^the log is as it was written: \d+ events/),
  });
  expect(stdout).toMatch(/since the checkpoint of \d{4}-\S+Z at position \d+ it only grew/);
  expect(JSON.parse(printed.stdout).publicKey).toBe(JSON.parse((await retainer('checkpoint')).stdout).publicKey);
});

test('a changed event is named, with exit code 1', async () => {
  const { rows } = await database.pool.query<{ position: string; data: unknown }>(
    `select position, data from event_store.events where data ->> 'label' = 'second'`,
  );
  const [row] = rows;
  await database.pool.query(`update event_store.events set data = data || '{"label":"changed"}' where position = $1`, [
    row?.position,
  ]);
  const { code, stdout } = await retainer('verify');
  expect(code).toBe(1);
  expect(stdout).toMatch(
    new RegExp(
      `^misfit at position 0*${row?.position} \\(ApiKeyIssued, revision 0 of apiKey-.*\\): what this event says`,
    ),
  );
  await database.pool.query('update event_store.events set data = $2 where position = $1', [row?.position, row?.data]);
  expect((await retainer('verify')).code).toBe(0);
});

test('a log whose very marker was changed is verified all the same, and named', async () => {
  const change = (from: string, to: string) =>
    database.pool.query(
      `update event_store.events set data = replace(data::text, $1, $2)::jsonb where type = 'LogOpened'`,
      [from, to],
    );
  await change('"retainer"', '"another"');
  expect(await retainer('projections')).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('the log does not say whose it is'),
  });
  expect(await retainer('verify')).toMatchObject({
    code: 1,
    stdout: expect.stringMatching(
      /^misfit at position \d+ \(LogOpened, revision 0 of log-retainer\): what this event says/,
    ),
  });
  await change('"another"', '"retainer"');
  expect((await retainer('verify')).code).toBe(0);
});

test('what is no checkpoint is refused, with the reason', async () => {
  const file = join(folder, 'forged.json');
  const checkpoint = JSON.parse((await retainer('checkpoint')).stdout);
  await writeFile(file, JSON.stringify({ ...checkpoint, events: checkpoint.events - 1 }));
  expect(await retainer('verify', '--against', file)).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('its signature does not fit'),
  });
  expect(await retainer('verify', '--against', join(folder, 'nothing'))).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('ENOENT'),
  });
});

describe('a log of its own', () => {
  let own: TestDatabase;
  let dataDir: string;
  let environment: Record<string, string>;
  beforeEach(async () => {
    own = await freshDatabase();
    dataDir = await mkdtemp(join(tmpdir(), 'retainer-kept-'));
    environment = { DATABASE_URL: own.url, DATA_DIR: dataDir };
  });
  afterEach(async () => {
    await killLeftOvers();
    await own.drop();
    await rm(dataDir, { recursive: true });
  });

  test('has a checkpoint by its service from the first start on, which verify misses events by', async () => {
    await runRetainer(['key', 'issue'], environment);
    const service = await startServiceProcess({ ...environment, SCHEDULER_INTERVAL_SECONDS: '0' });
    const kept = async () => readdir(join(dataDir, 'checkpoints'), { recursive: true }).catch(() => []);
    await until(async () => (await kept()).some((name) => name.endsWith('.json')));
    await service.terminate();
    expect((await runRetainer(['verify'], environment)).stdout).toMatch(
      /since the service's own checkpoint of \d{4}-\S+Z at position \d+ it only grew/,
    );
    await own.pool.query(
      'delete from event_store.events where position > 1; delete from event_store.batches where position > 1',
    );
    const cut = await runRetainer(['verify'], environment);
    expect({ code: cut.code, stdout: cut.stdout }).toEqual({
      code: 1,
      stdout: expect.stringContaining('events at its end were removed'),
    });
  });

  test('from which pings went before their time is told from one that retention shortened', async () => {
    const pool = createPool(own.url, { max: 1, applicationName: 'test', onError: () => {} });
    const store = createPostgresStore({ url: own.url, pool, log: pino({ level: 'silent' }) });
    await store.append([write(freshStream('presence'), 'noStream', pinged('A', Date.now() - 3 * 86_400_000))]);
    await store.append([write(freshStream('presence'), 'noStream', pinged('B'))]);
    await store.prune({ category: 'presence', before: Date.now() - 2 * 86_400_000, limit: 10 });
    await store.close();
    await pool.end();
    const verify = (days: string) => runRetainer(['verify'], { ...environment, PRESENCE_RETENTION_DAYS: days });
    expect(await verify('2')).toMatchObject({ code: 0 });
    expect(await verify('30')).toMatchObject({
      code: 1,
      stdout: expect.stringMatching(
        /^misfit: pings recorded until \S+Z are gone, although pings are kept for 30 days/m,
      ),
    });
  });
});
