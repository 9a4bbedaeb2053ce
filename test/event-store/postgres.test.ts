import { setTimeout as sleep } from 'node:timers/promises';
import pino from 'pino';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { AssignmentId, type WorkerId } from '../../src/domain/ids.ts';
import { UnreadableEvent } from '../../src/event-store/codec.ts';
import { BEGINNING, type EventStore, StoreUnavailable } from '../../src/event-store/port.ts';
import { createPostgresStore } from '../../src/event-store/postgres/store.ts';
import { createPool } from '../../src/postgres/pool.ts';
import { collect, eventStoreContract, freshStream, pinged, write } from '../contract/eventStore.ts';
import { freshDatabase, type TestDatabase } from '../support/database.ts';

const log = pino({ level: 'silent' });
type Queries = (...asked: readonly unknown[]) => Promise<unknown>;
const open = (database: TestDatabase): EventStore =>
  createPostgresStore({ url: database.url, pool: database.pool, log });

eventStoreContract('the log in Postgres', async () => {
  const database = await freshDatabase();
  const store = open(database);
  return {
    store,
    close: async () => {
      await store.close();
      await database.drop();
    },
  };
});

describe('the log in Postgres', () => {
  let database: TestDatabase;
  let store: EventStore;
  beforeEach(async () => {
    database = await freshDatabase();
    store = open(database);
  });
  afterEach(async () => {
    await store.close();
    await database.drop();
  });

  const audit = async () => {
    const { rows } = await database.pool.query<{ whole: boolean }>(
      `select count(*) + (select pruned from event_store.retention) = coalesce(max(position), 0) as whole
       from event_store.events`,
    );
    return rows[0]?.whole;
  };

  test('has no holes after conflicts, repetitions and failures', async () => {
    const stream = freshStream();
    const once = [write(stream, 'noStream', pinged('A'))];
    await store.append(once);
    await Promise.all(Array.from({ length: 50 }, (_, n) => store.append([write(stream, 'noStream', pinged(`W${n}`))])));
    await store.append(once);
    await expect(store.append([write(freshStream(), 'any', bad())])).rejects.toThrow();
    await store.append([write(stream, 0, pinged('B'))]);
    expect(await audit()).toBe(true);
    expect(Number(await store.head())).toBe(2);
  });

  test('a slow transaction is not overtaken by a fast one: no reader sees a position before every smaller one', async () => {
    const slow = await database.pool.connect();
    await slow.query('begin');
    await slow.query(
      `select event_store.append(array[0], array[$1], array[-1], array[1], array[$1], array[1],
         array[gen_random_uuid()], array['WorkerPinged'], array[1::smallint],
         jsonb_build_array($2::jsonb), '[{}]', array[1::bigint])`,
      [freshStream(), JSON.stringify(pinged('slow').data)],
    );
    const fast = store.append([write(freshStream(), 'noStream', pinged('fast'))]);
    await sleep(300);
    const { rows } = await database.pool.query('select position from event_store.events');
    expect(rows).toEqual([]);
    await slow.query('commit');
    slow.release();
    expect(await fast).toMatchObject({ type: 'appended', position: expect.stringMatching(/2$/) });
    const events = await collect(store, BEGINNING, (all) => all.length >= 2);
    expect(events.map((event) => (event.type === 'WorkerPinged' ? event.data.workerId : ''))).toEqual(['slow', 'fast']);
  });

  test('refuses to append under an isolation level that would number from an old snapshot', async () => {
    const client = await database.pool.connect();
    await client.query('begin isolation level repeatable read');
    await expect(
      client.query(`select event_store.append('{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '[]', '[]', '{}')`),
    ).rejects.toThrow(/read committed/);
    await client.query('rollback');
    client.release();
  });

  test('an event that Postgres refuses fails alone, not with the batch it was in', async () => {
    const good = Array.from({ length: 10 }, () => freshStream());
    const results = await Promise.allSettled([
      store.append([write(freshStream(), 'any', bad())]),
      ...good.map((stream) => store.append([write(stream, 'noStream', pinged('A'))])),
    ]);
    expect(results.map(({ status }) => status)).toEqual(['rejected', ...good.map(() => 'fulfilled')]);
  });

  test('two nodes that append at once share one order without holes', async () => {
    const otherPool = createPool(database.url, { max: 4, applicationName: 'other node', onError: () => {} });
    const other = createPostgresStore({ url: database.url, pool: otherPool, log });
    const total = 400;
    await Promise.all(
      [store, other].flatMap((node) =>
        Array.from({ length: total / 2 }, () => node.append([write(freshStream(), 'noStream', pinged('A'))])),
      ),
    );
    expect(await audit()).toBe(true);
    expect(await collect(other, BEGINNING, (events) => events.length >= total)).toHaveLength(total);
    await other.close();
    await otherPool.end();
  });

  test('a stream is read from an index, also by a connection whose plans were made while the log was small', async () => {
    const pool = createPool(database.url, { max: 1, applicationName: 'x', onlyGrows: true, onError: () => {} });
    const young = createPostgresStore({ url: database.url, pool, log });
    await young.append([write(freshStream(), 'noStream', pinged('A'))]);
    await pool.query('analyze event_store.events');
    await young.read(freshStream());
    // What Postgres settles for by and by: the plan that it keeps.
    await pool.query('set plan_cache_mode = force_generic_plan');
    const { rows } = await pool.query(`explain execute "event_store.read" (array['presence-A', 'presence-B'])`);
    const plan = rows.map((row) => row['QUERY PLAN']).join('\n');
    expect(plan).toContain('$1');
    expect(plan).toContain('Index');
    expect(plan).not.toContain('Seq Scan');
    await young.close();
    await pool.end();
  });

  test('a subscription goes on after all connections were killed', async () => {
    await store.append([write(freshStream(), 'noStream', pinged('A'))]);
    const following = collect(store, BEGINNING, (events) => events.length >= 3);
    await sleep(200);
    await database.kill();
    for (const mark of ['B', 'C']) await retry(() => store.append([write(freshStream(), 'noStream', pinged(mark))]));
    expect(await following).toHaveLength(3);
  });

  test('an append whose connection is killed under way is stored once', async () => {
    const stream = freshStream();
    const appends = Array.from({ length: 200 }, (_, n) => store.append([write(stream, 'any', pinged(`N${n}`))]));
    await database.kill();
    const results = await Promise.allSettled(appends);
    const acknowledged = results.filter(({ status }) => status === 'fulfilled').length;
    const failures = results.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []));
    expect(failures.every((reason) => reason instanceof StoreUnavailable)).toBe(true);
    const { events } = await store.read(stream);
    expect(events.length).toBeGreaterThanOrEqual(acknowledged);
    expect(new Set(events.map(({ id }) => id)).size).toBe(events.length);
    expect(await audit()).toBe(true);
  });

  test('an append that was committed although its connection broke answers as if nothing had happened', async () => {
    let breaks = 1;
    const query = async (...asked: Parameters<Queries>): Promise<unknown> => {
      const answer = await (database.pool.query as Queries)(...asked);
      if (breaks-- > 0) throw new Error('Connection terminated unexpectedly');
      return answer;
    };
    const pool = Object.assign(Object.create(database.pool), { query });
    const breaking = createPostgresStore({ url: database.url, pool, log });
    for (const expected of ['noStream', 'any'] as const) {
      breaks = 1;
      const streams = Array.from({ length: 5 }, () => freshStream());
      const results = await Promise.all(
        streams.map((stream) => breaking.append([write(stream, expected, pinged('A'))])),
      );
      expect(results.every(({ type }) => type === 'appended')).toBe(true);
      for (const stream of streams) expect((await store.read(stream)).revision).toBe(0);
    }
    await breaking.close();
    expect(await audit()).toBe(true);
  });

  test('an append that cannot get its turn in the order of commits fails as unavailable, and the next ones work', async () => {
    const holder = await database.pool.connect();
    await holder.query('begin');
    await holder.query(
      `select event_store.append('{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '[]', '[]', '{}')`,
    );
    await expect(store.append([write(freshStream(), 'any', pinged('A'))])).rejects.toThrow(StoreUnavailable);
    await holder.query('rollback');
    holder.release();
    expect((await store.append([write(freshStream(), 'any', pinged('B'))])).type).toBe('appended');
  });

  test('finishes the appends in flight when it is closed, and takes no more', async () => {
    const appends = Array.from({ length: 50 }, () => store.append([write(freshStream(), 'any', pinged('A'))]));
    const closing = store.close();
    await expect(store.append([write(freshStream(), 'any', pinged('B'))])).rejects.toThrow(StoreUnavailable);
    await closing;
    expect((await Promise.all(appends)).every(({ type }) => type === 'appended')).toBe(true);
  });

  test('a subscription that begins after the end is over at once, and leaves no connection behind', async () => {
    await store.close();
    const signal = new AbortController().signal;
    for await (const batch of store.subscribe({ after: BEGINNING, signal })) expect(batch).toBeUndefined();
    const { rows } = await database.pool.query(
      `select from pg_stat_activity where application_name = 'retainer listen' and datname = current_database()`,
    );
    expect(rows).toEqual([]);
  });

  test('a stream that cannot be understood fails its own reader alone, who is told all before it', async () => {
    const [broken, sound] = [freshStream(), freshStream()];
    await store.append([write(broken, 'any', pinged('A'), pinged('B'), pinged('C')), write(sound, 'any', pinged('A'))]);
    await database.pool.query(
      `update event_store.events set data = data - 'workerId' where stream = $1 and revision = 1`,
      [broken],
    );
    const [failed, whole] = await Promise.allSettled([store.read(broken), store.read(sound)]);
    expect(whole).toMatchObject({ status: 'fulfilled', value: { events: [{ revision: 0 }] } });
    for (const error of [
      failed.status === 'rejected' ? failed.reason : null,
      await store.read(broken, { upToTime: 9e15 }).catch((thrown: unknown) => thrown),
    ]) {
      if (!(error instanceof UnreadableEvent)) throw error;
      expect(error.stored.revision).toBe(1);
      expect(error.preceding.map(({ revision }) => revision)).toEqual([0]);
    }
    expect((await store.read(broken, { fromRevision: 2 })).events).toHaveLength(1);
  });

  test('says that it is unavailable when there is no server, instead of queueing', async () => {
    const nowhere = createPool('postgres://nobody@127.0.0.1:1/none', {
      max: 2,
      applicationName: 'x',
      onError: () => {},
    });
    const away = createPostgresStore({ url: database.url, pool: nowhere, log });
    await expect(away.append([write(freshStream(), 'any', pinged('A'))])).rejects.toThrow(StoreUnavailable);
    await expect(away.read(freshStream())).rejects.toThrow(StoreUnavailable);
    await expect(away.head()).rejects.toThrow(StoreUnavailable);
    await away.close();
    await nowhere.end();
  });

  test('refuses more appends than it can queue, and takes them again later', async () => {
    const results = await Promise.allSettled(
      Array.from({ length: 21_000 }, () => store.append([write(freshStream(), 'any', pinged('A'))])),
    );
    const refused = results.filter((result) => result.status === 'rejected');
    expect(refused.length).toBeGreaterThan(0);
    expect(refused.every(({ reason }) => reason instanceof StoreUnavailable)).toBe(true);
    expect((await store.append([write(freshStream(), 'any', pinged('B'))])).type).toBe('appended');
  });

  test('pruning takes old presence away, keeps all else, and the audit still holds', async () => {
    const [kept, presence] = [freshStream(), freshStream('presence')];
    await store.append([write(kept, 'any', pinged('A', 1_000)), write(presence, 'any', pinged('B', 1_000))]);
    await store.append([write(presence, 'any', pinged('C', 1_000))]);
    await store.append([write(presence, 'any', pinged('D', 9_000))]);
    expect(await store.prune({ category: 'presence', before: 5_000, limit: 1_000 })).toBe(2);
    expect(await store.prune({ category: 'presence', before: 5_000, limit: 1_000 })).toBe(0);
    expect((await store.read(presence)).events).toHaveLength(1);
    expect((await store.read(kept)).events).toHaveLength(1);
    expect(await audit()).toBe(true);
  });

  test('pruning leaves the last event of the log, because the next position follows from it', async () => {
    await store.append([write(freshStream('presence'), 'any', pinged('A', 1_000), pinged('B', 1_000))]);
    await store.prune({ category: 'presence', before: 5_000, limit: 1_000 });
    const before = await store.head();
    await store.append([write(freshStream(), 'any', pinged('C'))]);
    expect((await store.head()) > before).toBe(true);
    expect(await audit()).toBe(true);
  });

  test('a subscription delivers all before an event it cannot understand, names that, and can be taken up after it', async () => {
    const after = await store.head();
    await store.append([write(freshStream(), 'any', pinged('A'), pinged('B'), pinged('C'))]);
    const { rows } = await database.pool.query<{ position: string }>(
      `update event_store.events set data = data - 'workerId' where data ->> 'workerId' = 'B' and position > $1 returning position`,
      [after === '' ? 0 : after],
    );
    const seen: string[] = [];
    const reading = (async () => {
      for await (const { events } of store.subscribe({ after, signal: AbortSignal.timeout(20_000) }))
        seen.push(...events.map(({ data }) => ('workerId' in data ? data.workerId : '')));
    })();
    const error = await reading.catch((thrown: unknown) => thrown);
    expect(seen).toEqual(['A']);
    if (!(error instanceof UnreadableEvent)) throw error;
    expect(Number(error.stored.position)).toBe(Number(rows[0]?.position));
    expect(error.message).toContain('workerId');
    const rest = await collect(store, error.stored.position, ({ length }) => length === 1);
    expect(rest.map(({ data }) => ('workerId' in data ? data.workerId : ''))).toEqual(['C']);
  });

  test('how many events lie after a position', async () => {
    const after = await store.head();
    await store.append([write(freshStream(), 'any', pinged('A'), pinged('B'))]);
    expect(await store.count(after)).toBe(2);
    expect(await store.count(await store.head())).toBe(0);
    expect(await store.count()).toBeGreaterThan(1);
  });

  test('the queries of the hot path use an index', async () => {
    await Promise.all(Array.from({ length: 3_000 }, () => store.append([write(freshStream(), 'any', pinged('A'))])));
    await database.pool.query('analyze event_store.events');
    const plans = await Promise.all(
      [
        `select * from event_store.events e where e.stream = any(array['a-1', 'b-2']) order by e.stream, e.revision`,
        'select * from event_store.events e where e.position > 5 order by e.position limit 1000',
        `select revision from event_store.events e where e.stream = 'a-1' order by e.revision desc limit 1`,
        `select * from unnest(array[gen_random_uuid()]) as w (id)
         join lateral (select e.position from event_store.events e where e.event_id = w.id limit 1) k on true`,
      ].map(async (query) => {
        const { rows } = await database.pool.query<{ 'QUERY PLAN': string }>(`explain ${query}`);
        return rows.map((row) => row['QUERY PLAN']).join('\n');
      }),
    );
    for (const plan of plans) {
      expect(plan).toMatch(/Index/);
      expect(plan).not.toMatch(/Seq Scan on events/);
    }
  });
});

/** Postgres keeps no NUL in JSON; the API refuses such text long before. */
const bad = () => {
  const event = pinged('A');
  const data = {
    assignmentId: AssignmentId.parse('A'),
    workerId: 'NUL\u0000' as WorkerId,
    pingType: 'waiting' as const,
    at: 1,
  };
  return { ...event, type: 'WorkerPinged' as const, data };
};

async function retry<T>(work: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await work();
    } catch (error) {
      if (tries === 20) throw error;
      await sleep(100);
    }
  }
}
