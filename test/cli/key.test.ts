import { afterEach, beforeEach, expect, test } from 'vitest';
import { hashOfKey } from '../../src/commands/apiKeys.ts';
import { runRetainer } from '../faults/serviceProcess.ts';
import { freshDatabase, type TestDatabase } from '../support/database.ts';

let database: TestDatabase;
beforeEach(async () => {
  database = await freshDatabase();
});
afterEach(() => database.drop());

const key = (...args: string[]) => runRetainer(['key', ...args], { DATABASE_URL: database.url });

test('a key is issued with what it is called, listed, and revoked', async () => {
  const issued = await key('issue', '--label', 'captions', '--scope', 'read');
  const id = /^id {3}(\S+)$/m.exec(issued.stdout)?.[1] ?? '';
  expect(issued.code).toBe(0);
  expect((await key('list')).stdout).toMatch(new RegExp(`^${id} .* live {2}read {2}captions$`, 'm'));
  expect(await key('revoke', id)).toMatchObject({ code: 0, stdout: 'revoked\n' });
  expect((await key('list')).stdout).toMatch(new RegExp(`^${id} .* revoked `, 'm'));
});

test('a label that the log could not hold, and a word that would be ignored, are refused before anything is done', async () => {
  const long = await key('issue', '--label', 'y'.repeat(256));
  expect(long).toMatchObject({ code: 2, stderr: expect.stringContaining('--label must be a text of at most 255') });
  expect(await key('issue', 'captions')).toMatchObject({ code: 2, stderr: expect.stringContaining('"captions"') });
  const { rows } = await database.pool.query('select from event_store.events');
  expect(rows).toEqual([]);
});

test('a key that clients have already is taken from standard input, opens the API, and is shown to nobody', async () => {
  const issued = await runRetainer(
    ['key', 'issue', '--label', 'old clients', '--key-from-stdin'],
    { DATABASE_URL: database.url },
    'an old shared key\n'.replaceAll(' ', '-'),
  );
  expect(issued).toMatchObject({ code: 0, stdout: expect.stringMatching(/^id {3}\S+\nOnly its hash is stored/) });
  const { rows } = await database.pool.query('select hash from retainer.api_key_secrets');
  expect(rows).toEqual([{ hash: hashOfKey('an-old-shared-key') }]);
});

test.each(['too short', 'x'.repeat(15), 'one key with blanks in it', ''])(
  '%j is no key to bring along',
  async (brought) => {
    const refused = await runRetainer(['key', 'issue', '--key-from-stdin'], { DATABASE_URL: database.url }, brought);
    expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining('must be 16 to 255 printable ASCII') });
  },
);
