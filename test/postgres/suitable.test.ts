import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { expectMigrated, migrate } from '../../src/postgres/migrate.ts';
import { encodingOf, sharesSessions } from '../../src/postgres/suitable.ts';
import { freshDatabase, type TestDatabase } from '../support/database.ts';
import { startTransactionPooler } from '../support/transactionPooler.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await freshDatabase();
});
afterAll(() => database.drop());

test('a PostgreSQL in UTF-8, reached itself, will do', async () => {
  expect(await sharesSessions(database.url)).toBe(false);
  expect(await encodingOf(database.url)).toBe('UTF8');
  expect(await migrate(database.url)).toEqual([]);
});

describe('a database that would lose what it is given is refused before anything is done to it', () => {
  test('through a pooler in transaction mode', async () => {
    const pooler = await startTransactionPooler(database.url);
    const refused =
      /^the database 127\.0\.0\.1:\d+\/\S+ is reached through a pooler in transaction mode, .*session mode, or PostgreSQL/;
    await expect(migrate(pooler.url)).rejects.toThrow(refused);
    await expect(expectMigrated(pooler.url)).rejects.toThrow(refused);
    await pooler.close();
  });

  test('in another encoding', async () => {
    const name = `retainer_latin_${process.pid}`;
    await database.pool.query(
      `create database ${name} template template0 encoding 'LATIN1' lc_collate 'C' lc_ctype 'C'`,
    );
    const url = new URL(database.url);
    url.pathname = `/${name}`;
    await expect(migrate(url.href)).rejects.toThrow(
      /^the database \S+ is encoded in LATIN1, .*: make one with create database retainer encoding 'UTF8' template template0$/,
    );
    await database.pool.query(`drop database ${name} with (force)`);
  });
});
