import { parseEnv } from 'node:util';
import { describe, expect, test } from 'vitest';
import { readSettings } from '../../src/config/read.ts';
import { describeSettings } from '../../src/config/shown.ts';

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
    dailyBudget: 100,
    marketplacePublic: false,
    invokedTimeoutMinutes: 30,
    ids: 'uuids',
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
    [
      'EVENT_STORE_URL',
      'http://db:2113',
      /EVENT_STORE_URL must be a URL that begins with postgres:\/\/ or kurrentdb:\/\//,
    ],
    [
      'TRUSTED_PROXIES',
      '10.0.0.1, proxy',
      /TRUSTED_PROXIES must be addresses or networks as 10.0.0.0\/8, .*got "10.0.0.1, proxy"/,
    ],
    ['TRUSTED_PROXIES', '10.0.0.0/33', /TRUSTED_PROXIES must be/],
    ['TRUSTED_PROXIES', '::/129', /TRUSTED_PROXIES must be/],
    [
      'PUBLIC_URL',
      'https://example.org/crowd',
      /PUBLIC_URL must be .* has no path .*, got "https:\/\/example.org\/crowd"/,
    ],
    ['PUBLIC_URL', 'https://example.org?x=1', /PUBLIC_URL must be .* has no path/],
    ['PUBLIC_URL', 'ftp://example.org', /PUBLIC_URL must be a URL that begins with http:\/\/ or https:\/\//],
    ['ALLOWED_HOSTS', 'example.org, a b', /ALLOWED_HOSTS must be host names or addresses without a port/],
    ['ALLOWED_HOSTS', 'example.org:8080', /ALLOWED_HOSTS must be/],
    ['ALLOWED_HOSTS', '*', /ALLOWED_HOSTS must be/],
    ['ALLOWED_ORIGINS', 'status.example.org', /ALLOWED_ORIGINS must be origins as https:\/\/status.example.org/],
    ['ALLOWED_ORIGINS', 'https://status.example.org/', /ALLOWED_ORIGINS must be/],
    ['ALLOWED_ORIGINS', 'https://a.example, null', /ALLOWED_ORIGINS must be/],
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

test('an endpoint that would not be used is refused', () => {
  expect(problems({ MTURK_ENDPOINT: 'http://localhost:9/' })).toEqual([
    expect.stringMatching(/MTURK_ENDPOINT .* set MTURK=aws, or leave it out/),
  ]);
  expect(problems({ MTURK_ENDPOINT: 'http://localhost:9/', MTURK: 'aws' })).toEqual([]);
});

describe('a description of the settings', () => {
  const describing = (environment: Record<string, string>, file: Record<string, string> = {}) =>
    describeSettings(settings({ ...file, ...environment }), { environment, file });

  test('shows each value in effect and where it comes from', () => {
    const text = describing({ PORT: '9000' }, { PORT: '1000', HITS_PER_TICK: '7' });
    expect(text).toMatch(/\(from the environment\)\nPORT=9000/);
    expect(text).toMatch(/\(from \.env\)\nHITS_PER_TICK=7/);
    expect(text).toMatch(/\(default\)\nPING_TIMEOUT_SECONDS=10/);
    expect(text).toMatch(/\(default\)\nPUBLIC_URL=http:\/\/127\.0\.0\.1:9000/);
    expect(text).toMatch(/\(not set\)\nDATABASE_URL=\n/);
  });

  test.each(['postgres://me:hunter2@db/x', 'postgres://me@db/x?password=hunter2'])('hides the secret of %s', (url) => {
    const text = describing({ DATABASE_URL: url });
    expect(text).toMatch(/DATABASE_URL=postgres:\/\/me.*hidden/);
    expect(text).not.toMatch(/hunter2/);
  });

  test('of a cluster’s URL, which is none to others, it hides the password alone', () => {
    const url = 'kurrentdb://admin:hunter2@db1:2113,db2:2113?tls=true';
    expect(describing({ EVENT_STORE_URL: url })).toContain(`EVENT_STORE_URL=${url.replace('hunter2', 'hidden')}\n`);
  });

  test.each([
    'kurrentdb://db:2113',
    'esdb://db1,db2,db3:2113?tls=false',
    'kdb://admin:secret@db',
    'kurrentdb+discover://db.example:2113',
    'postgresql://db/log',
  ])('%s is where a log may be', (url) => expect(settings({ EVENT_STORE_URL: url }).eventStoreUrl).toBe(url));

  test('is itself a settings file with the same meaning', () => {
    const environment = { PORT: '9000', MTURK: 'aws', OPEN_API: 'yes', NODE_NAME: 'a' };
    expect(settings({ ...parseEnv(describing(environment)) } as Record<string, string>)).toEqual(settings(environment));
  });
});
