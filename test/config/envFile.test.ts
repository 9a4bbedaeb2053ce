import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { lendToLibraries, readEnvFile } from '../../src/config/env.ts';
import { envDoubts } from '../../src/config/envDoubts.ts';
import { SETTINGS } from '../../src/config/settings.ts';

let folder: string;
let file: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'retainer-env-'));
  file = join(folder, '.env');
});
afterEach(() => rm(folder, { recursive: true }));

const utf16 = (text: string, mark: string): Buffer => Buffer.from(mark + text, 'utf16le');

describe('a file .env is read as it was written', () => {
  test.each([
    ['as such files are', Buffer.from('# a comment\nPORT=1000\nNODE_NAME="two words" # why\n')],
    ['with a byte order mark, as Windows editors do', Buffer.from('\uFEFFPORT=1000\nNODE_NAME="two words"\n')],
    ['with carriage returns and blanks', Buffer.from('export PORT = 1000\r\nNODE_NAME=two words')],
  ])('%s', async (_, bytes) => {
    await writeFile(file, bytes);
    expect(readEnvFile(file)).toEqual({ PORT: '1000', NODE_NAME: 'two words' });
  });

  test('a line that sets nothing does not swallow the next', async () => {
    await writeFile(file, 'foo\nPORT=1000\nHOST: a\n= b\nNODE_NAME="two\nwords"');
    expect(readEnvFile(file)).toEqual({ PORT: '1000', NODE_NAME: 'two\nwords' });
  });

  test('or may be missing', () => expect(readEnvFile('/nowhere/.env')).toEqual({}));
});

describe('a file .env that would set nothing without a word is refused by its name', () => {
  test.each([
    ['UTF-16 with a mark', utf16('PORT=1000\n', '\uFEFF')],
    ['UTF-16 without one', utf16('PORT=1000\n', '')],
    ['Latin-1', Buffer.from('NODE_NAME=caf\xe9\n', 'latin1')],
  ])('%s', async (_, bytes) => {
    await writeFile(file, bytes);
    expect(() => readEnvFile(file)).toThrow(`${file} is not UTF-8 text: save it as UTF-8`);
  });

  test('a folder', async () => {
    await mkdir(file);
    expect(() => readEnvFile(file)).toThrow(`${file} is a folder: settings are lines of a text file of that name`);
  });

  test('one that this user may not read', async () => {
    await writeFile(file, 'PORT=1000\n', { mode: 0 });
    const isRoot = process.geteuid?.() === 0;
    if (isRoot) process.seteuid?.(65_534);
    try {
      expect(() => readEnvFile(file)).toThrow(`${file} cannot be read (EACCES)`);
    } finally {
      if (isRoot) process.seteuid?.(0);
    }
  });
});

describe('what is probably a mistake in it is said', () => {
  test.each([
    ['PROT=18390', ['.env sets PROT, which is no setting; did you mean PORT?']],
    ['HITS_PER_TIK=1', ['.env sets HITS_PER_TIK, which is no setting; did you mean HITS_PER_TICK?']],
    ['port=1', ['.env sets port, which is no setting; did you mean PORT?']],
    ['NODE_NAMES=a', ['.env sets NODE_NAMES, which is no setting; did you mean NODE_NAME?']],
    ['WHATEVER_ELSE=1', ['.env sets WHATEVER_ELSE, which is no setting.']],
    ['PORT: 18390', ['line 1 of .env sets nothing: "PORT: 18390"; write NAME=value']],
    [
      '# why\n\nfoo\n= bar',
      [3, 4].map((n) => `line ${n} of .env sets nothing: "${n === 3 ? 'foo' : '= bar'}"; write NAME=value`),
    ],
  ])('%s', (text, doubts) => expect(envDoubts(text)).toEqual(doubts));

  test('not of what others read from the same file, nor of lines within a value', () => {
    const text = [
      'AWS_PROFILE=a',
      'OTEL_SERVICE_NAME=b',
      'NODE_OPTIONS=--inspect',
      'PGPASSWORD=c',
      'npm_config_loglevel=silent',
      'POSTGRES_PASSWORD=for docker compose',
      'NODE_NAME="two',
      'lines"',
      "PUBLIC_URL='http://a",
    ].join('\n');
    expect(envDoubts(text)).toEqual([]);
  });

  test('nor of any setting', () => {
    const all = Object.values(SETTINGS).map(({ variable }) => `${variable}=1`);
    expect(envDoubts(all.join('\n'))).toEqual([]);
  });
});

test('libraries, which look into the environment alone, get what the file sets for them; the environment goes first', () => {
  const environment = { AWS_REGION: 'mine' };
  lendToLibraries({ AWS_REGION: 'other', AWS_PROFILE: 'a', OTEL_SERVICE_NAME: 'b', PORT: '1' }, environment);
  expect(environment).toEqual({ AWS_REGION: 'mine', AWS_PROFILE: 'a', OTEL_SERVICE_NAME: 'b' });
});
