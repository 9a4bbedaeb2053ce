import pino from 'pino';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { streamOf } from '../../src/domain/event.ts';
import type { StreamWrite } from '../../src/event-store/port.ts';
import { createPostgresStore } from '../../src/event-store/postgres/store.ts';
import { projections } from '../../src/projections/all.ts';
import { killLeftOvers, runRetainer, startRetainer, startServiceProcess } from '../faults/serviceProcess.ts';
import { freshDatabase, type TestDatabase } from '../support/database.ts';
import { fields, ids, newEvent, STARTED_AT } from '../support/events.ts';
import { allRows } from '../support/readModels.ts';
import { until } from '../support/service.ts';

const PROTO_HITS = 60_000;
let database: TestDatabase;
beforeAll(async () => {
  database = await freshDatabase();
  const store = createPostgresStore({ url: database.url, pool: database.pool, log: pino({ level: 'silent' }) });
  const numbers = Array.from({ length: PROTO_HITS }, (_, n) => n);
  for (let from = 0; from < PROTO_HITS; from += 1_000)
    await store.append(numbers.slice(from, from + 1_000).map(defined));
  await store.close();
  // The first command opens the log: what it writes there is counted.
  expect(await retainer('projections')).toMatchObject({ code: 0 });
});
afterAll(async () => {
  await killLeftOvers();
  await database.drop();
});

/** A node that starts writes to the log too. */
const eventsInLog = async (): Promise<number> => {
  const { rows } = await database.pool.query<{ events: number }>(
    'select max(position)::int as events from event_store.events',
  );
  return rows[0]?.events ?? 0;
};

const defined = (n: number): StreamWrite => ({
  stream: streamOf.protoHit(ids.protoHit(n)),
  expectedRevision: 'noStream',
  events: [
    newEvent(
      {
        type: 'ProtoHitDefined',
        data: {
          protoHitId: ids.protoHit(n),
          fields: fields({ hitTypeId: `type ${n}` }),
          sandbox: true,
          at: STARTED_AT + n,
        },
      },
      n,
      STARTED_AT + n,
    ),
  ],
});

const retainer = (...args: readonly string[]) => runRetainer(args, { DATABASE_URL: database.url });

test('a node whose read models are behind says how far they are, and then that it is ready', async () => {
  const service = await startServiceProcess({ DATABASE_URL: database.url, SCHEDULER_INTERVAL_SECONDS: '0' });
  const answers: string[] = [];
  for (;;) {
    const answer = await fetch(`${service.url}/readyz`);
    answers.push(await answer.text());
    if (answer.status === 200) break;
  }
  expect(answers.at(-1)).toBe('OK');
  for (const answer of answers.slice(0, -1))
    expect(answer).toMatch(
      /readModels: more than 2 s behind the log: \d+ of \d+ events are still to come \(\d+ % done\)/,
    );
  await service.terminate();
});

test('projections lists each read model', async () => {
  const { code, stdout } = await retainer('projections');
  expect(code).toBe(0);
  const events = await eventsInLog();
  for (const { name, version } of projections)
    expect(stdout).toMatch(new RegExp(`^${name} +${version} +running +${events} +0 +0\\.0 `, 'm'));
  const report: unknown = JSON.parse((await retainer('projections', '--json')).stdout);
  expect(report).toHaveLength(projections.length);
  expect(report).toContainEqual(expect.objectContaining({ name: 'proto_hits', lagEvents: 0, stop: null, skipped: [] }));
});

test('check says that all is as the log says, and exits with 1 and the differences if not', async () => {
  expect(await retainer('check')).toMatchObject({
    code: 0,
    stdout: '',
    stderr: expect.stringContaining(`proto_hits: ${PROTO_HITS} rows, as the log says`),
  });
  await database.pool.query(`update proto_hits set hit_type_id = 'spoilt' where hit_type_id = 'type 5'`);
  const { code, stdout, stderr } = await retainer('check', 'proto_hits');
  expect(code).toBe(1);
  expect(JSON.parse(stdout)).toMatchObject({ table: 'proto_hits', inUse: { hit_type_id: 'spoilt' } });
  expect(stderr).toContain('1 differ');
});

test('check takes one that stands still for no success, though all rows are as the log says up to there', async () => {
  await database.pool.query(
    `update retainer.checkpoints set stopped_at = now(), stopped_position = '1', stopped_type = 'X', stopped_error = 'no'
     where projection = 'tasks'`,
  );
  const { code, stderr } = await retainer('check', 'tasks');
  await database.pool.query('update retainer.checkpoints set stopped_at = null, stopped_position = null');
  expect(stderr).toContain('tasks stands still before X at position 1, and was compared up to there');
  expect(code).toBe(1);
});

test('a rebuild that is killed changes nothing in use, and the next one goes on from there', async () => {
  const before = await allRows(database.pool);
  const killed = startRetainer(['rebuild'], { DATABASE_URL: database.url });
  await until(async () => (await leftOver()) !== null);
  await killed.kill();
  const place = await leftOver();
  expect(await allRows(database.pool)).toEqual(before);
  const { code, stdout, stderr } = await retainer('rebuild');
  expect(code, stderr).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({
    events: (await eventsInLog()) - Number(place),
    rows: { proto_hits: PROTO_HITS },
  });
  expect(place).not.toBeNull();
  expect(stderr).toContain('going on where the last one was interrupted');
  expect((await retainer('check')).code).toBe(0);
});

/** How far an unfinished rebuild has come; null before its first batch. */
async function leftOver(): Promise<string | null> {
  const { rows } = await database.pool.query<{ position: string }>(
    `select min(position) as position from retainer.rebuilds where position <> ''`,
  );
  return rows[0]?.position ?? null;
}

test('what is unknown is refused with what there is', async () => {
  for (const command of ['rebuild', 'check'])
    expect(await retainer(command, 'people')).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/there is no projection "people"; there are proto_hits, /),
    });
  expect(await retainer('projections', 'skip')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('skip NAME'),
  });
  expect(await retainer('projections', 'retry', 'people')).toMatchObject({ code: 2 });
  expect(await retainer('projections', 'retry')).toMatchObject({ code: 0, stdout: 'none stands still\n' });
  expect(await retainer('projections', 'skip', 'tasks')).toMatchObject({ code: 1 });
  expect(await retainer('projections', 'unskip', 'tasks')).toMatchObject({ code: 2 });
  expect(await retainer('projections', 'unskip', 'tasks', '7')).toMatchObject({
    code: 1,
    stdout: 'tasks passes over no event at position 7\n',
  });
});
