import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { killLeftOvers, startServiceProcess } from '../faults/serviceProcess.ts';
import { freshDatabase, type TestDatabase } from '../support/database.ts';

let database: TestDatabase;
beforeEach(async () => {
  database = await freshDatabase();
});
afterEach(async () => {
  await killLeftOvers();
  await database.drop();
});

test('on a port that is taken it says so and ends, and the link of the service that runs there stays good', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'retainer-serve-'));
  const first = await startServiceProcess({ DATABASE_URL: database.url, DATA_DIR: dataDir });
  const link = async (): Promise<string> => (await readFile(join(dataDir, 'first-operator-link.txt'), 'utf8')).trim();
  const printed = await link();
  const { port: taken } = new URL(first.url);
  await expect(startServiceProcess({ DATABASE_URL: database.url, DATA_DIR: dataDir, PORT: taken })).rejects.toThrow(
    /is taken/,
  );
  expect(await link()).toBe(printed);
  expect((await fetch(printed)).status).toBe(200);
  await first.terminate();
  await rm(dataDir, { recursive: true });
});

test('on a port that is taken nothing goes on in the background', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  const address = other.address();
  const port = address !== null && typeof address === 'object' ? address.port : 0;
  await expect(startServiceProcess({ DATABASE_URL: database.url, PORT: String(port) })).rejects.toThrow(
    new RegExp(`did not start \\(1\\): [^]*port ${port} of 127\\.0\\.0\\.1 is taken`),
  );
  other.close();
});
