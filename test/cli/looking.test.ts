import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { killLeftOvers, runRetainer } from '../faults/serviceProcess.ts';
import { sharedPostgres } from '../support/database.ts';

let admin: pg.Client;
let url: string;
beforeEach(async () => {
  const { adminUrl } = await sharedPostgres();
  admin = new pg.Client({ connectionString: adminUrl });
  await admin.connect();
  const name = `retainer_bare_${randomBytes(6).toString('hex')}`;
  await admin.query(`create database ${name}`);
  const address = new URL(adminUrl);
  address.pathname = `/${name}`;
  url = address.href;
});
afterEach(async () => {
  await killLeftOvers();
  await admin.query(`drop database ${new URL(url).pathname.slice(1)} with (force)`);
  await admin.end();
});

async function schemas(): Promise<readonly string[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const { rows } = await client.query<{ name: string }>(
    `select nspname as name from pg_namespace where nspname not like 'pg\\_%' and nspname <> 'information_schema'`,
  );
  await client.end();
  return rows.map(({ name }) => name);
}

const RESERVATION = '01890000-0000-7000-8000-000000000001';

test.each([
  { words: ['verify'], ends: 3 },
  { words: ['export'] },
  { words: ['history', RESERVATION] },
  { words: ['projections'] },
  { words: ['check'], ends: 3 },
  { words: ['doctor'] },
  { words: ['key', 'list'] },
  { words: ['key', 'revoke', RESERVATION] },
  { words: ['operator', 'remove', 'ann'] },
  { words: ['rebuild'] },
  { words: ['tick'] },
])('$words sets up nothing in a database that holds no log, and says so', async ({ words, ends = 1 }) => {
  const { code, stdout, stderr } = await runRetainer(words, { DATABASE_URL: url });
  expect(code).toBe(ends);
  expect(stdout + stderr).toMatch(/the database \S+ holds no log of this service: .*'retainer migrate'/);
  expect(await schemas()).toEqual(['public']);
});

test('a database that another application uses under one of our names is refused, and left as it was', async () => {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query('create schema event_store');
  await client.end();
  const { code, stderr } = await runRetainer(['migrate'], { DATABASE_URL: url });
  expect(code).toBe(1);
  expect(stderr).toMatch(
    /^retainer: the database \S+ has a schema event_store that this service did not make: .*\(DATABASE_URL\)\n$/,
  );
  expect((await schemas()).toSorted()).toEqual(['event_store', 'public']);
});

test.each(['verify', 'serve'])('%s takes no word that it would ignore', async (command) => {
  const { code, stderr } = await runRetainer([command, 'kept.json'], { DATABASE_URL: url });
  expect({ code, stderr }).toMatchObject({ code: 2, stderr: expect.stringContaining('what is "kept.json" for?') });
});
