import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { describeSettings, readSettings, withEnvFile } from '../src/config.ts';

const settings = (variables: Record<string, string>) => {
  const result = readSettings(variables);
  if (result.type === 'invalid') throw new Error(result.problems.join('\n'));
  return result.settings;
};
const problems = (variables: Record<string, string>) => {
  const result = readSettings(variables);
  return result.type === 'invalid' ? result.problems : [];
};

test('nothing needs to be set', () => {
  expect(settings({})).toMatchObject({
    host: '127.0.0.1',
    port: 8080,
    publicUrl: 'http://127.0.0.1:8080',
    dataDir: './data',
    mturk: 'simulated',
    pingTimeoutSeconds: 10,
    reservationTimeoutMinutes: 30,
    schedulerIntervalSeconds: 60,
    presenceRetentionDays: 30,
    openApi: false,
    logPersonalData: false,
  });
});

test('an empty value is no value', () => {
  expect(settings({ DATABASE_URL: '', PORT: ' ' })).toMatchObject({ port: 8080 });
  expect(settings({ DATABASE_URL: '' }).databaseUrl).toBeUndefined();
});

describe('a wrong setting is refused by name, with what would be right', () => {
  test.each([
    ['PORT', 'eighty', /PORT must be a whole number from 0 to 65535, got "eighty"/],
    ['PORT', '70000', /PORT must be a whole number from 0 to 65535/],
    ['MTURK', 'amazon', /MTURK must be simulated or aws, got "amazon"/],
    ['MTURK_ENDPOINT', 'localhost:1', /MTURK_ENDPOINT must be a URL that begins with http:\/\/ or https:\/\//],
    ['PING_TIMEOUT_SECONDS', '-5', /PING_TIMEOUT_SECONDS must be a number from 3 to 3600/],
    ['OPEN_API', 'perhaps', /OPEN_API must be true or false/],
    ['LOG_LEVEL', 'loud', /LOG_LEVEL must be debug or info or warn or error or silent/],
  ])('%s=%s', (variable, value, message) => {
    expect(problems({ [variable]: value })).toEqual([expect.stringMatching(message)]);
  });

  test('all of them together', () => expect(problems({ PORT: 'x', MTURK: 'y', OPEN_API: 'z' })).toHaveLength(3));

  test('without showing a secret', () => {
    const [problem] = problems({ DATABASE_URL: 'mysql://me:hunter2@db/x' });
    expect(problem).toMatch(/DATABASE_URL must be a URL that begins with postgres:\/\//);
    expect(problem).not.toMatch(/hunter2/);
  });
});

test('the environment wins over the file .env', async () => {
  const file = join(await mkdtemp(join(tmpdir(), 'retainer-env-')), '.env');
  await writeFile(file, 'PORT=1000\nHITS_PER_TICK=7\n');
  expect(settings({ ...withEnvFile({ PORT: '2000' }, file) } as Record<string, string>)).toMatchObject({
    port: 2000,
    hitsPerTick: 7,
  });
  expect(withEnvFile({ A: 'b' }, `${file}.none`)).toEqual({ A: 'b' });
});

test('a description shows every setting, its origin, and no secret', () => {
  const text = describeSettings({ PORT: '9000', DATABASE_URL: 'postgres://me:hunter2@db/x' });
  expect(text).toMatch(/\(set\)\nPORT=9000/);
  expect(text).toMatch(/\(default\)\nHITS_PER_TICK=3/);
  expect(text).toMatch(/DATABASE_URL=postgres:\/\/me:hidden@db\/x/);
  expect(text).not.toMatch(/hunter2/);
});
