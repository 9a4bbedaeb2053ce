import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type SignedInOperator, signedIn } from '../http/admin/operator.ts';
import { startTestService, type TestService } from '../support/service.ts';
import { attack, FORM } from './attacker.ts';

const ATTACKER = '198.51.100.7';
let service: TestService;
let ann: SignedInOperator;
let lines: string[];

const opened = async (environment: Readonly<Record<string, string>> = {}): Promise<void> => {
  lines = [];
  service = await startTestService(
    { TRUSTED_PROXIES: '127.0.0.1', OPEN_API: 'true', ...environment },
    { logged: (line) => void lines.push(line) },
  );
  ann = await signedIn(service);
};

const guess = (path: string, fields: Readonly<Record<string, string>>) =>
  attack(service.url + path, {
    method: 'POST',
    headers: { ...FORM, 'X-Forwarded-For': ATTACKER, 'Sec-Fetch-Site': 'same-origin' },
    body: new URLSearchParams(fields).toString(),
  });
const warnings = () =>
  lines.map((line) => JSON.parse(line)).filter(({ level, msg }) => level === 40 && msg === 'a sign-in was refused');
const count = async (outcome: string): Promise<number> => {
  const text = await (await fetch(`${service.url}/metrics`)).text();
  return Number(new RegExp(`^retainer_sign_ins_total\\{outcome="${outcome}"\\} (\\d+)$`, 'm').exec(text)?.[1]);
};

describe('an attacker who guesses leaves a trace', () => {
  beforeAll(() => opened());
  afterAll(() => service.end());
  beforeEach(() => void lines.splice(0));

  test.each([
    ['a password of an operator', '/admin/sign-in', { name: 'ann', password: 'a guess' }],
    ['a name that nobody has', '/admin/sign-in', { name: 'nobody', password: 'a guess' }],
    ['a name that is none', '/admin/sign-in', { name: 'my password, in the wrong field', password: '' }],
    [
      'the one-time link',
      '/admin/first',
      { token: 'a guess', name: 'eve', password: 'correct horse', again: 'correct horse' },
    ],
  ])('at %s', async (_, path, fields) => {
    const before = await count('refused');
    const refused = await guess(path, fields);
    expect(await count('refused')).toBe(before + 1);
    expect(warnings()).toEqual([
      expect.objectContaining({ outcome: 'refused', requestId: refused.headers['x-request-id'] }),
    ]);
    const log = lines.join('');
    for (const personal of [ATTACKER, 'a guess', 'wrong field', 'correct horse']) expect(log).not.toContain(personal);
  });

  test('at the password of who left their session open', async () => {
    const before = await count('refused');
    await ann.post('/admin/account/password', { current: 'a guess', password: 'another one', again: 'another one' });
    expect([await count('refused'), warnings().length]).toEqual([before + 1, 1]);
  });

  test('and so does who signs in', async () => {
    const before = await count('done');
    await signedIn(service, 'ben');
    expect([await count('done'), warnings().length]).toEqual([before + 1, 0]);
  });
});

test('an attacker who guesses on and on is counted as throttled, from the address that an operator asked to log', async () => {
  await opened({ LOG_PERSONAL_DATA: 'true' });
  try {
    expect(await count('throttled')).toBe(0);
    for (let n = 0; n < 11; n++) await guess('/admin/sign-in', { name: `nobody${n}`, password: 'a guess' });
    expect(await count('throttled')).toBe(1);
    expect(warnings().map(({ outcome, ip }) => [outcome, ip])).toEqual([
      ...Array(10).fill(['refused', ATTACKER]),
      ['throttled', ATTACKER],
    ]);
  } finally {
    await service.end();
  }
});
