import { generateKeyPairSync } from 'node:crypto';
import pino from 'pino';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readCheckpoint, signCheckpoint } from '../../src/cli/checkpoint/document.ts';
import type { Audit, Seal } from '../../src/event-store/audit.ts';
import type { EventStore } from '../../src/event-store/port.ts';
import { createPostgresStore } from '../../src/event-store/postgres/store.ts';
import { freshStream, pinged, write } from '../contract/eventStore.ts';
import { freshDatabase, type TestDatabase } from '../support/database.ts';

const log = pino({ level: 'silent' });
let database: TestDatabase;
let store: EventStore;
beforeEach(async () => {
  database = await freshDatabase();
  store = createPostgresStore({ url: database.url, pool: database.pool, log });
});
afterEach(async () => {
  await store.close();
  await database.drop();
});

const audit = (): Audit => {
  if (store.audit === undefined) throw new Error('this log keeps no hashes');
  return store.audit;
};
const sql = (statement: string) => database.pool.query(statement);
const sealed = async (): Promise<Seal> => {
  const seal = await audit().seal();
  if (seal === null) throw new Error('nothing to seal');
  return seal;
};

/** With texts that are longer in one encoding than in another. */
const strange = () => ({
  ...pinged('B'),
  metadata: { actor: 'anyone', correlationId: 'naïve 漢字 𝒳\n"', causationId: 'x' } as const,
});

/** Appends in batches of one, of several events, of several streams, and of many callers at once. */
async function written(): Promise<void> {
  const first = freshStream();
  await store.append([write(first, 'noStream', pinged('A'))]);
  await store.append([write(first, 0, strange(), pinged('C'))]);
  await store.append([write(freshStream(), 'any', pinged('D')), write(freshStream(), 'any', pinged('E'), pinged('F'))]);
  await Promise.all(['G', 'H', 'I', 'J'].map((mark) => store.append([write(freshStream(), 'any', pinged(mark))])));
}

test('a log that nobody touched fits, and ends in the seal that it has', async () => {
  expect(await audit().verify()).toMatchObject({ type: 'fits', seal: { position: '', events: 0 } });
  expect(await audit().seal()).toBeNull();
  await written();
  const progress: unknown[] = [];
  expect(await audit().verify({ onProgress: (one) => progress.push(one) })).toEqual({
    type: 'fits',
    seal: await sealed(),
    pruned: null,
  });
  expect(await sealed()).toMatchObject({ position: await store.head(), events: 10, pruned: 0 });
  expect(progress).toEqual([{ done: 10, total: 10 }]);
});

const CHANGED = /what this event says is not what was written/;
test.each([
  [
    'its data',
    `update event_store.events set data = jsonb_set(data, '{workerId}', '"B"') where position = 5`,
    5,
    CHANGED,
  ],
  [
    'its metadata',
    `update event_store.events set metadata = metadata || '{"actor":"operator:eve"}' where position = 5`,
    5,
    CHANGED,
  ],
  ['its time', 'update event_store.events set recorded_at = recorded_at + 1 where position = 5', 5, CHANGED],
  ['its type', `update event_store.events set type = 'WorkerLost' where position = 5`, 5, CHANGED],
  ['its version', 'update event_store.events set version = 2 where position = 5', 5, CHANGED],
  ['its stream', `update event_store.events set stream = 'presence-other' where position = 5`, 5, CHANGED],
  ['its id', 'update event_store.events set event_id = gen_random_uuid() where position = 5', 5, CHANGED],
  ['its revision', 'update event_store.events set revision = 99 where position = 5', 5, CHANGED],
  ['an event in the middle, removed', 'delete from event_store.events where position = 5', 5, /removed/],
  ['the last event, removed', 'delete from event_store.events where position = 10', 10, /removed/],
  ['a seal, removed', 'delete from event_store.batches where position = 3', 2, /batch from \d to 6/],
  [
    'the last seal, removed',
    'delete from event_store.batches where position = (select max(position) from event_store.batches)',
    null,
    /have no seal/,
  ],
  ['a seal, changed', `update event_store.batches set hash = sha256('x') where position = 3`, 2, /batch from 2 to 3/],
  [
    'an event with its hash',
    `update event_store.events set data = '{}', hash = event_store.hash_of(position, stream, revision, event_id, type, version, '{}', metadata, recorded_at) where position = 5`,
    4,
    /batch from \d to 6/,
  ],
  [
    'two events, exchanged',
    `update event_store.events set position = case position when 4 then -5 else -4 end where position in (4, 5);
     update event_store.events set position = -position where position < 0`,
    4,
    CHANGED,
  ],
  [
    'an event, put in at the end',
    `insert into event_store.events select 11, 'presence-new', 0, gen_random_uuid(), type, version, data, metadata, recorded_at, hash from event_store.events where position = 5`,
    11,
    CHANGED,
  ],
])('who changes %s is found out, at the place', async (_, statement, position, what) => {
  await written();
  await sql(statement);
  const verified = await audit().verify();
  expect(verified).toMatchObject({ type: 'misfit', misfit: { what: expect.stringMatching(what) } });
  if (verified.type === 'misfit' && position !== null) {
    expect(Number(verified.misfit.position)).toBe(position);
    if (what === CHANGED)
      expect(verified.misfit.event).toMatchObject({ stream: expect.any(String), type: expect.any(String) });
  }
});

const REWRITE = `
  update event_store.events set data = jsonb_set(data, '{workerId}', '"EVE"') where position = 2;
  update event_store.events
  set hash = event_store.hash_of(position, stream, revision, event_id, type, version, data, metadata, recorded_at);
  do $$ declare b record; last bytea := ''; start bigint := 0; begin
    for b in select position from event_store.batches order by position loop
      select sha256(last || string_agg(hash, '' order by position)) into last
      from event_store.events where position > start and position <= b.position;
      update event_store.batches set hash = last where position = b.position;
      start := b.position;
    end loop;
  end $$;`;

test('who rewrites the whole chain is found out by a seal that somebody kept', async () => {
  await written();
  const kept = await sealed();
  await written();
  expect(await audit().verify({ against: kept })).toMatchObject({ type: 'fits', seal: { events: 20 } });
  await sql(REWRITE);
  expect(await audit().verify()).toMatchObject({ type: 'fits' });
  expect(await audit().verify({ against: kept })).toMatchObject({
    type: 'misfit',
    misfit: { position: kept.position, what: expect.stringContaining('another one than was sealed then') },
  });
});

test('who cuts off the end with its seals is found out by a seal that somebody kept', async () => {
  await written();
  const kept = await sealed();
  await sql('delete from event_store.events where position > 6; delete from event_store.batches where position > 6');
  expect(await audit().verify()).toMatchObject({ type: 'fits' });
  expect(await audit().verify({ against: kept })).toMatchObject({
    type: 'misfit',
    misfit: { what: expect.stringContaining('the log ends at 6, before it') },
  });
});

test('retention leaves hashes behind: the chain still fits, says what was pruned, and lets nobody change the rest', async () => {
  const presence = freshStream('presence');
  const kept = freshStream('assignment');
  await store.append([
    write(presence, 'any', pinged('A', 1_000), pinged('B', 2_000)),
    write(kept, 'any', pinged('C', 2_500)),
  ]);
  await store.append([write(presence, 'any', pinged('D', 9_000))]);
  const before = await sealed();
  await store.prune({ category: 'presence', before: 5_000, limit: 1_000 });
  expect(await audit().verify({ against: before })).toEqual({
    type: 'fits',
    seal: { position: before.position, hash: before.hash, events: 2, pruned: 2 },
    pruned: {
      first: before.position.replace(/4$/, '1'),
      last: before.position.replace(/4$/, '2'),
      until: 2_000,
      unproven: 0,
    },
  });
  expect(await sealed()).toMatchObject({ events: 2, pruned: 2 });
  await sql(`update event_store.pruned set digest = sha256('x') where position = 1`);
  expect(await audit().verify()).toMatchObject({ type: 'misfit', misfit: { what: expect.stringContaining('batch') } });
  await sql('delete from event_store.pruned where position = 1');
  expect(await audit().verify()).toMatchObject({
    type: 'misfit',
    misfit: { what: expect.stringContaining('removed') },
  });
});

test('a log that goes on growing is verified as far as it was', async () => {
  await written();
  let isOver = false;
  const growing = (async () => {
    while (!isOver) await written();
  })();
  for (let n = 0; n < 5; n++) expect(await audit().verify()).toMatchObject({ type: 'fits' });
  isOver = true;
  await growing;
});

test('a checkpoint is a seal that its owner signed: nobody else can say another thing with it', () => {
  const key = () => generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  const seal = { position: '0000000000000000007' as Seal['position'], hash: 'ab'.repeat(32), events: 7, pruned: 0 };
  const checkpoint = signCheckpoint(seal, new Date(1_800_000_000_000), key());
  expect(readCheckpoint(JSON.stringify(checkpoint))).toEqual({ type: 'checkpoint', checkpoint });
  for (const change of [
    { hash: 'cd'.repeat(32) },
    { position: '0000000000000000006' },
    { events: 6 },
    { at: '2027-01-15T08:00:01.000Z' },
    { publicKey: signCheckpoint(seal, new Date(), key()).publicKey },
    { signature: signCheckpoint(seal, new Date(), key()).signature },
  ])
    expect(readCheckpoint(JSON.stringify({ ...checkpoint, ...change }))).toMatchObject({
      type: 'bad',
      reason: expect.stringContaining('signature'),
    });
  expect(readCheckpoint('{')).toMatchObject({ reason: 'it is not JSON' });
  expect(readCheckpoint('{"log":"retainer"}')).toMatchObject({ reason: expect.stringContaining('position') });
});
