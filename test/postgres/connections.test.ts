import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type pg from 'pg';
import pino from 'pino';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { holdLease, holdLeases } from '../../src/postgres/lease.ts';
import { listen } from '../../src/postgres/listen.ts';
import { migrate } from '../../src/postgres/migrate.ts';
import { pipelined } from '../../src/postgres/pipelined.ts';
import { createPool, inTransaction, isUnavailable } from '../../src/postgres/pool.ts';
import { flakyWay } from '../http/flakyDatabase.ts';
import { freshDatabase, type TestDatabase } from '../support/database.ts';
import { until } from '../support/service.ts';

const log = pino({ level: 'silent' });
let database: TestDatabase;
beforeAll(async () => {
  database = await freshDatabase();
});
afterAll(async () => {
  await database.drop();
});

describe('a listener', () => {
  test('hears, says that it may have missed something after its connection was cut, and hears again', async () => {
    const heard: string[] = [];
    let gaps = 0;
    const listener = listen({
      url: database.url,
      channels: ['news'],
      onNotify: (channel, payload) => heard.push(`${channel} ${payload}`),
      onGap: () => gaps++,
    });
    await listener.ready;
    await database.pool.query(`notify news, 'one'`);
    await until(() => heard.length === 1);
    await database.kill();
    await until(() => gaps === 2);
    await until(async () => {
      await database.pool.query(`notify news, 'two'`).catch(() => {});
      return heard.includes('news two');
    });
    await listener.close();
  });

  test('closes while its server is away', async () => {
    let failed = 0;
    const noting = pino({ level: 'warn' }, { write: () => failed++ });
    const listener = listen({
      url: 'postgres://nobody@127.0.0.1:1/x',
      log: noting,
      channels: ['x'],
      onNotify: () => {},
      onGap: () => {},
    });
    await until(() => failed > 0);
    await listener.close();
  });
});

describe('a lease', () => {
  /** Beside whoever holds a lease somebody else has asked for it, and then again. */
  const othersTried = async (): Promise<void> => {
    const tries = new Set<string>();
    await until(async () => {
      const { rows } = await database.pool.query<{ tried: string }>(
        `select pid || ' ' || query_start as tried from pg_stat_activity
         where datname = current_database() and query like '%pg_try_advisory_lock%' and state = 'idle'
           and pid <> pg_backend_pid()`,
      );
      for (const { tried } of rows) tries.add(tried);
      return tries.size >= 4;
    });
  };
  const compete = (name: string, held: (node: string) => void, node: string, leaseSeconds?: number) => {
    const ending = new AbortController();
    const wanted = { url: database.url, name, leaseSeconds, signal: ending.signal, log };
    const done = holdLease(wanted, async ({ signal }) => {
      held(node);
      await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
    });
    return {
      leave: async () => {
        ending.abort();
        await done;
      },
    };
  };

  test('is held by one at a time, and taken over when its holder leaves', async () => {
    const holders: string[] = [];
    const a = compete('once', (node) => holders.push(node), 'a');
    await until(() => holders.length === 1);
    const b = compete('once', (node) => holders.push(node), 'b');
    await othersTried();
    expect(holders).toEqual(['a']);
    await a.leave();
    await until(() => holders.length === 2);
    expect(holders).toEqual(['a', 'b']);
    await b.leave();
  });

  test('of a node that hangs is taken over, as soon as it was agreed', async () => {
    const agreed = { soon: 2, late: 60 };
    const holding = async ([name, seconds]: [string, number]) => {
      const args = ['test/postgres/lease.child.ts', database.url, name, String(seconds)];
      const child = spawn(process.execPath, ['--import', 'tsx', ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
      await once(child.stdout, 'data');
      return child;
    };
    const children = await Promise.all(Object.entries(agreed).map(holding));
    const taken: string[] = [];
    const others = Object.entries(agreed).map(([name, seconds]) => compete(name, () => taken.push(name), 'b', seconds));
    for (const child of children) child.kill('SIGSTOP');
    await until(() => taken.length > 0);
    expect(taken).toEqual(['soon']);
    await Promise.all(others.map((other) => other.leave()));
    for (const child of children) child.kill('SIGKILL');
  });

  test('is not said to be held once it is lost, however long the work under it takes to end', async () => {
    const ending = new AbortController();
    const leases = new Set<string>();
    const lease = { url: database.url, name: 'slow', leases, signal: ending.signal, log };
    let endWork = (): void => {};
    const done = holdLease(
      lease,
      () =>
        new Promise((resolve) => {
          endWork = resolve;
        }),
    );
    await until(() => leases.has('slow'));
    await database.kill();
    await until(() => !leases.has('slow'));
    ending.abort();
    endWork();
    await done;
  });

  test('may be one of several: who wins another works on with all of them, and nobody holds one twice', async () => {
    const working = new Map<string, readonly string[]>();
    const node = (name: string, names: readonly string[]) => {
      const ending = new AbortController();
      const done = holdLeases({ url: database.url, names, signal: ending.signal, log }, async ({ names, signal }) => {
        working.set(name, names);
        await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
        working.delete(name);
      });
      return {
        leave: async () => {
          ending.abort();
          await done;
        },
      };
    };
    const old = node('old', ['tasks v1', 'hits v1']);
    await until(() => working.get('old')?.length === 2);
    const renewed = node('new', ['tasks v1', 'hits v2']);
    await until(() => working.has('new'));
    await othersTried();
    expect([...working]).toEqual([
      ['old', ['tasks v1', 'hits v1']],
      ['new', ['hits v2']],
    ]);
    await old.leave();
    await until(() => working.get('new')?.length === 2);
    expect(working.get('new')?.toSorted()).toEqual(['hits v2', 'tasks v1']);
    await renewed.leave();
    expect(working.size).toBe(0);
  });

  test('is competed for again after its connection was cut', async () => {
    let held = 0;
    const node = compete('cut', () => held++, 'a');
    await until(() => held === 1);
    await database.kill();
    await until(() => held === 2);
    await node.leave();
  });
});

test('a listener and a lease whose server falls silent give it up, and are back when it speaks again', async () => {
  const way = await flakyWay();
  const url = way.via(database.url);
  let gaps = 0;
  let held = 0;
  let lost = 0;
  const listener = listen({ url, channels: ['news'], onNotify: () => {}, onGap: () => gaps++ });
  const ending = new AbortController();
  const leasing = holdLease({ url, name: 'silent', signal: ending.signal, log }, async ({ signal }) => {
    held++;
    await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
    lost++;
  });
  await until(() => gaps === 1 && held === 1);
  way.freeze();
  await until(async () => {
    const { rowCount } = await database.pool.query(
      `select from pg_stat_activity
       where datname = current_database() and application_name in ('retainer listen', 'retainer lease silent')`,
    );
    return lost === 1 && rowCount === 0;
  });
  await way.mend();
  await until(() => gaps === 2 && held === 2);
  ending.abort();
  await Promise.all([leasing, listener.close()]);
  await way.close();
});

describe('a transaction', () => {
  test('is rolled back when its work fails', async () => {
    await database.pool.query('create table public.ledger (n int)');
    await expect(
      inTransaction(database.pool, async (tx) => {
        await tx.query('insert into public.ledger values (1)');
        throw new Error('no');
      }),
    ).rejects.toThrow('no');
    expect((await database.pool.query('select * from public.ledger')).rowCount).toBe(0);
  });

  test('in which nothing is said for too long is ended, and its locks with it', async () => {
    await database.pool.query('create table public.locked as select 1 as n');
    const impatient = createPool(database.url, { max: 1, applicationName: 'x', onError: () => {}, silenceMs: 300 });
    const hung = inTransaction(impatient, async (tx) => {
      await tx.query('update public.locked set n = 2');
      await until(async () => {
        const { rowCount } = await database.pool.query(
          `select from pg_stat_activity where datname = current_database() and application_name = 'x'`,
        );
        return rowCount === 0;
      });
      await tx.query('select 1');
    });
    await expect(hung).rejects.toSatisfy(isUnavailable);
    expect((await database.pool.query('update public.locked set n = 3 where n = 1')).rowCount).toBe(1);
    await impatient.end();
  });

  test('sends statements without waiting for one another, and throws what failed first', async () => {
    await database.pool.query('create table public.pipe (n int primary key)');
    const insert = (tx: pg.PoolClient, n: number) => tx.query('insert into public.pipe values ($1)', [n]);
    const ended: string[] = [];
    const note = (what: string) => () => ended.push(what);
    await inTransaction(database.pool, async (tx, commit) => {
      const writes = [1, 2, 3].map((n) => insert(tx, n));
      const committed = commit();
      ended.push('all are sent');
      await pipelined([...writes.map((write) => write.then(note('written'))), committed.then(note('committed'))]);
    });
    expect(ended).toEqual(['all are sent', 'written', 'written', 'written', 'committed']);

    const failing = inTransaction(database.pool, (tx, commit) =>
      pipelined([insert(tx, 4), insert(tx, 1), tx.query('select 1'), commit()]),
    );
    await expect(failing).rejects.toThrow('duplicate key');
    const { rows } = await database.pool.query('select n from public.pipe order by n');
    expect(rows).toEqual([{ n: 1 }, { n: 2 }, { n: 3 }]);
  });

  test('whose connection is lost fails without taking the process with it', async () => {
    const lost = inTransaction(database.pool, async (tx) => {
      await tx.query('select 1');
      const gone = new Promise((resolve) => tx.once('end', resolve));
      await database.kill();
      await gone;
      await tx.query('select 1');
    });
    await expect(lost).rejects.toSatisfy(isUnavailable);
  });
});

test.each([
  ['a server that is not there', 'postgres://nobody@127.0.0.1:1/x', true],
  ['a database that is not there', '', false],
])('%s is told apart from a mistake', async (_, url, unavailable) => {
  const other = new URL(database.url);
  other.pathname = '/no_such_database';
  const pool = createPool(url || other.href, { max: 1, applicationName: 'x', onError: () => {} });
  const error: unknown = await pool.query('select 1').catch((cause: unknown) => cause);
  expect(isUnavailable(error)).toBe(unavailable);
  await pool.end();
});

test('a statement that is wrong is not unavailability', async () => {
  const error: unknown = await database.pool.query('selec 1').catch((cause: unknown) => cause);
  expect(isUnavailable(error)).toBe(false);
});

test('many nodes that migrate at once wait for the first', async () => {
  const admin = new URL(database.url);
  const name = `${admin.pathname.slice(1)}_bare`;
  await database.pool.query(`create database ${name}`);
  admin.pathname = `/${name}`;
  const applied = await Promise.all(Array.from({ length: 4 }, () => migrate(admin.href)));
  expect(applied.filter((names) => names.length > 0)).toHaveLength(1);
  expect(await migrate(admin.href)).toEqual([]);
  await database.pool.query(`drop database ${name} with (force)`);
});

test('a database that cannot be migrated because it is away is named, without its password', async () => {
  const error: unknown = await migrate('postgres://me:hunter2@localhost:1/x').catch((cause: unknown) => cause);
  expect(String(error)).toMatch(/cannot connect to the database localhost:1\/x: .*ECONNREFUSED/);
  expect(String(error)).not.toMatch(/hunter2/);
});
