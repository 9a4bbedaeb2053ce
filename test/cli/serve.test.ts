import { once } from 'node:events';
import { createServer } from 'node:net';
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

test('on a port that is taken it says so and ends: nothing goes on in the background', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  const address = other.address();
  const port = address !== null && typeof address === 'object' ? address.port : 0;
  await expect(startServiceProcess({ DATABASE_URL: database.url, PORT: String(port) })).rejects.toThrow(
    new RegExp(`did not start \\(1\\): [^]*port ${port} of 127\\.0\\.0\\.1 is taken`),
  );
  other.close();
});
