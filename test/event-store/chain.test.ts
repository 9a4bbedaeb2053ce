import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { runner } from 'node-pg-migrate';
import pg from 'pg';
import pino from 'pino';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { NewEvent } from '../../src/domain/event.ts';
import type { Verification } from '../../src/event-store/audit.ts';
import type { EventStore } from '../../src/event-store/port.ts';
import { createPostgresStore } from '../../src/event-store/postgres/store.ts';
import { migrate } from '../../src/postgres/migrate.ts';
import { createPool } from '../../src/postgres/pool.ts';
import { freshStream, pinged, write } from '../contract/eventStore.ts';
import { freshDatabase, sharedPostgres, type TestDatabase } from '../support/database.ts';
import { histories } from '../support/histories.ts';

const log = pino({ level: 'silent' });
const verified = async (store: EventStore): Promise<Verification> => {
  if (store.audit === undefined) throw new Error('this log keeps no hashes');
  return store.audit.verify();
};
const misfit = (position: string, what: RegExp) => ({
  type: 'misfit',
  misfit: { position, what: expect.stringMatching(what) },
});
const at = (position: number): string => String(position).padStart(19, '0');

/** What somebody does who knows how the chain is made, and makes it anew after a change. */
const MAKE_ANEW = `
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
const copyTo = (position: number) =>
  `insert into event_store.events
   select ${position}, stream, 7, gen_random_uuid(), type, version, data, metadata, recorded_at, hash
   from event_store.events where position = 3`;

describe('who knows how the chain is made', () => {
  let database: TestDatabase;
  let store: EventStore;
  /** Positions 1, 2: pings; 3 to 5: an assignment, in two batches. */
  beforeEach(async () => {
    database = await freshDatabase();
    store = createPostgresStore({ url: database.url, pool: database.pool, log });
    const [presence, assignment] = [freshStream('presence'), freshStream('assignment')];
    await store.append([write(presence, 'any', pinged('A', 1_000), pinged('B', 2_000))]);
    await store.append([write(assignment, 'noStream', pinged('C', 1_000), pinged('D', 1_000))]);
    await store.append([write(assignment, 1, pinged('E', 9_000))]);
  });
  afterEach(async () => {
    await store.close();
    await database.drop();
  });
  const prune = () => store.prune({ category: 'presence', before: 5_000, limit: 10 });

  test.each([
    ['its hash', 'hash'],
    [
      'a digest of it',
      'event_store.digest_of(position, stream, revision, event_id, type, version, data, metadata, recorded_at)',
    ],
    ['nothing', `''::bytea`],
    ['all hashes of its batch', `(select string_agg(hash, '' order by position) from event_store.events)`],
  ])('cannot call an event pruned that retention never takes, leaving %s', async (_, digest) => {
    await prune();
    await store.append([write(freshStream(), 'any', pinged('F'))]);
    expect(await verified(store)).toMatchObject({ type: 'fits' });
    await database.pool.query(
      `with gone as (delete from event_store.events where position = 5 returning *)
       insert into event_store.pruned (position, digest, recorded_at) select position, ${digest}, recorded_at from gone`,
    );
    expect(await verified(store)).toMatchObject(misfit(at(5), /not what was written|not what retention leaves/));
  });

  test.each([
    ['when a pruned ping was recorded', 'update event_store.pruned set recorded_at = recorded_at + 1', 1],
    ['that it was', 'update event_store.pruned set recorded_at = null', 1],
    ['what is left of it', `update event_store.pruned set digest = sha256(digest) where position = 2`, 1],
    ['that there was one', 'delete from event_store.pruned where position = 2', 2],
  ])('cannot change %s', async (_, statement, position) => {
    await prune();
    await database.pool.query(statement);
    expect(await verified(store)).toMatchObject({ type: 'misfit', misfit: { position: at(position) } });
  });

  test('a ping that was changed before it was pruned does not fit after', async () => {
    await database.pool.query(`update event_store.events set data = data || '{"workerId":"EVE"}' where position = 2`);
    expect(await prune()).toBe(2);
    expect(await verified(store)).toMatchObject(misfit(at(1), /batch from 1 to 2/));
  });

  test.each([
    ['an event before the first position', copyTo(0), '', /before the first position, at 0/],
    ['one further before it', copyTo(-3), '', /before the first position, at -3/],
    ['a seal there', `insert into event_store.batches values (0, sha256(''))`, '', /before the first position/],
    ['an event far after the last', copyTo(90_000), at(6), /removed/],
    ['a seal after the last event', `insert into event_store.batches values (6, sha256(''))`, at(6), /removed/],
    ['a seal in a batch', `insert into event_store.batches values (3, sha256(''))`, at(3), /batch from 3 to 3/],
    ['a pruned event after the last', `insert into event_store.pruned values (6, sha256(''), 1)`, at(6), /no seal/],
    ['what is left of an event that is there', `insert into event_store.pruned values (3, '', 1)`, at(3), /pruned too/],
  ])('cannot put in %s', async (_, statement, position, what) => {
    await database.pool.query(statement);
    expect(await verified(store)).toMatchObject(misfit(position, what));
  });

  test.each([
    ['a gap', 'update event_store.events set revision = 9 where position = 5', 5, /revision 8 .* is missing/],
    ['no beginning', 'update event_store.events set revision = revision + 5', 3, /revision 4 .* is missing/],
    ['revisions below 0', 'update event_store.events set revision = revision - 3', 1, /no revision -3/],
    [
      'another order than the log',
      `update event_store.events set revision = revision + 10 where stream not like 'presence-%';
       update event_store.events set revision = case position when 3 then 1 when 4 then 0 else 2 end where position > 2`,
      3,
      /revision 0 .* comes later/,
    ],
  ])('cannot give a stream %s, even with the chain made anew', async (_, statement, position, what) => {
    await database.pool.query(`${statement};${MAKE_ANEW}`);
    expect(await verified(store)).toMatchObject(misfit(at(position), what));
  });

  test('an event that does not fit is named with its stream, its revision and its type', async () => {
    await database.pool.query(`update event_store.events set data = '{}' where position = 4`);
    const event = { stream: expect.stringMatching(/^assignment-/), revision: 1, type: 'WorkerPinged' };
    expect(await verified(store)).toMatchObject({ type: 'misfit', misfit: { position: at(4), event } });
  });
});

test('a stream of pings that was pruned whole, and begins again, fits', async () => {
  const database = await freshDatabase();
  const store = createPostgresStore({ url: database.url, pool: database.pool, log });
  const presence = freshStream('presence');
  await store.append([write(presence, 'any', pinged('A', 1_000), pinged('B', 2_000), pinged('C', 8_000))]);
  await store.append([write(freshStream(), 'any', pinged('D', 9_000))]);
  await store.prune({ category: 'presence', before: 5_000, limit: 10 });
  expect(await verified(store)).toMatchObject({ type: 'fits', seal: { events: 2, pruned: 2 } });
  await store.prune({ category: 'presence', before: 9_000, limit: 10 });
  await store.append([write(presence, 'any', pinged('E', 10_000))]);
  expect((await store.read(presence)).revision).toBe(0);
  expect(await verified(store)).toEqual({
    type: 'fits',
    seal: await store.audit?.seal(),
    pruned: { first: at(1), last: at(3), until: 8_000, unproven: 0 },
  });
  await store.close();
  await database.drop();
});

/** With texts that are longer in one encoding than in another. */
const strange: NewEvent = {
  ...pinged('C'),
  metadata: { actor: 'anyone', correlationId: 'naïve 漢字 𝒳', causationId: 'x' },
};

/** As an earlier version of the service left it: with so many migrations. */
async function databaseOfBefore(count: number): Promise<{ url: string; pool: pg.Pool; drop: () => Promise<void> }> {
  const name = `retainer_test_${randomBytes(6).toString('hex')}`;
  const { adminUrl } = await sharedPostgres();
  const admin = new pg.Client({ connectionString: adminUrl });
  await admin.connect();
  await admin.query(`create database ${name}`);
  const url = new URL(adminUrl);
  url.pathname = `/${name}`;
  await runner({
    databaseUrl: url.href,
    dir: 'src/postgres/migrations',
    direction: 'up',
    count,
    migrationsSchema: 'retainer',
    createMigrationsSchema: true,
    migrationsTable: 'migrations',
    log: () => {},
  });
  const pool = createPool(url.href, { max: 4, applicationName: 'retainer test', onError: () => {} });
  return {
    url: url.href,
    pool,
    drop: async () => {
      await pool.end();
      await admin.query(`drop database ${name} with (force)`);
      await admin.end();
    },
  };
}

test.each([
  ['without hashes', 3, ''],
  ['with the first form of hashes', 7, 'insert into event_store.pruned select position, hash, recorded_at from gone'],
])('a log %s is sealed when it is migrated, and stays so as it grows', async (_, count, leave) => {
  const database = await databaseOfBefore(count);
  const store = createPostgresStore({ url: database.url, pool: database.pool, log });
  const presence = freshStream('presence');
  await store.append([write(presence, 'any', pinged('A'), pinged('B'), strange)]);
  await Promise.all(Array.from({ length: 300 }, () => store.append([write(freshStream(), 'any', pinged('C'))])));
  await database.pool.query(
    `with gone as (delete from event_store.events where position < 3 returning *)
     ${leave === '' ? 'select from gone' : leave}`,
  );
  await migrate(database.url);
  const pruned = { first: at(1), last: at(2), until: null, unproven: 2 };
  expect(await verified(store)).toMatchObject({ type: 'fits', seal: { events: 301, pruned: 2 }, pruned });
  await store.append([write(presence, 'any', pinged('D'))]);
  expect(await verified(store)).toMatchObject({ type: 'fits', seal: { events: 302 } });
  await database.pool.query(`update event_store.events set data = '{}' where position = 200`);
  expect(await verified(store)).toMatchObject({ type: 'misfit', misfit: { position: at(200) } });
  await store.close();
  await database.drop();
});

/** Each makes one change at one of `n` positions; the position of the misfit, where it is always the same one. */
const CHANGES = {
  data: (p: number) => [`update event_store.events set data = data || '{"more":1}' where position = ${p}`, p],
  metadata: (p: number) => [`update event_store.events set metadata = '{}' where position = ${p}`, p],
  stream: (p: number) => [`update event_store.events set stream = stream || 'x' where position = ${p}`, p],
  type: (p: number) => [`update event_store.events set type = lower(type) where position = ${p}`, p],
  version: (p: number) => [`update event_store.events set version = version + 1 where position = ${p}`, p],
  id: (p: number) => [`update event_store.events set event_id = gen_random_uuid() where position = ${p}`, p],
  time: (p: number) => [`update event_store.events set recorded_at = recorded_at - 1 where position = ${p}`, p],
  revision: (p: number) => [`update event_store.events set revision = revision + 1000 where position = ${p}`, p],
  hash: (p: number) => [`update event_store.events set hash = sha256(hash) where position = ${p}`, p],
  removed: (p: number) => [`delete from event_store.events where position = ${p}`, p],
  exchanged: (p: number, n: number) => {
    const other = p === n ? 1 : p + 1;
    return [
      `update event_store.events set position = -position where position in (${p}, ${other});
       update event_store.events set position = case -position when ${p} then ${other} else ${p} end where position < 0`,
      Math.min(p, other),
    ];
  },
  'put in': (_: number, n: number) => [
    `insert into event_store.events select ${n + 1}, 'hit-x', 0, gen_random_uuid(), type, version, data, metadata,
       recorded_at, hash from event_store.events where position = 1`,
    n + 1,
  ],
  'event and hash': (p: number) => [
    `update event_store.events set recorded_at = recorded_at + 1 where position = ${p};
     update event_store.events set hash = event_store.hash_of(
       position, stream, revision, event_id, type, version, data, metadata, recorded_at) where position = ${p}`,
    null,
  ],
  seal: (p: number) => [
    `update event_store.batches set hash = sha256(hash)
     where position = (select min(position) from event_store.batches where position >= ${p})`,
    null,
  ],
  'seal removed': (p: number) => [
    `delete from event_store.batches
     where position = (select min(position) from event_store.batches where position >= ${p})`,
    null,
  ],
} as const satisfies Record<string, (position: number, n: number) => readonly [string, number | null]>;

test('any history fits, pruned or not, and with any one change it does not', async () => {
  const kinds = fc.constantFrom(...(Object.keys(CHANGES) as (keyof typeof CHANGES)[]));
  const changes = fc.array(fc.record({ kind: kinds, n: fc.nat() }), { minLength: 6, maxLength: 6 });
  await fc.assert(
    fc.asyncProperty(histories({ maxLength: 30 }), changes, fc.boolean(), async (history, tampering, isPruned) => {
      const database = await freshDatabase();
      const store = createPostgresStore({ url: database.url, pool: database.pool, log });
      const client = await database.pool.connect();
      try {
        for (const writes of history) await store.append(writes);
        const count = Number(await store.head());
        if (isPruned) await store.prune({ category: 'presence', before: Number.MAX_SAFE_INTEGER, limit: 1_000 });
        expect(await verified(store)).toMatchObject({ type: 'fits' });
        const { rows: held } = await client.query<{ position: string }>('select position from event_store.events');
        for (const { kind, n } of tampering) {
          const target = Number(held[n % held.length]?.position);
          const [statement, position] = CHANGES[kind](target, count);
          await client.query('create schema kept');
          for (const table of ['events', 'batches'])
            await client.query(`create table kept.${table} as table event_store.${table}`);
          await client.query(statement);
          const found = await verified(store);
          expect({ kind, found }).toMatchObject({ kind, found: { type: 'misfit' } });
          if (position !== null && found.type === 'misfit' && !isPruned)
            expect({ kind, position: found.misfit.position }).toEqual({ kind, position: at(position) });
          for (const table of ['events', 'batches'])
            await client.query(
              `delete from event_store.${table}; insert into event_store.${table} select * from kept.${table}`,
            );
          await client.query('drop schema kept cascade');
          expect(await verified(store)).toMatchObject({ type: 'fits' });
        }
      } finally {
        client.release();
        await store.close();
        await database.drop();
      }
    }),
    { numRuns: 10 },
  );
});
