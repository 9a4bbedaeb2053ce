import { describe, expect, test } from 'vitest';
import { recruitingWords } from '../../src/browser/pages/live/recruiting.ts';
import { type Stakes, stakesOf } from '../../src/browser/pages/live/stakes.ts';

const one = (changes: Partial<Stakes> = {}): Stakes => ({
  ...{ phase: 'made', name: 'job', invokedAt: null, asked: 3, dispatched: 0, responded: 0, waiting: 0 },
  ...{ sandbox: false, eachCents: 12, ...changes },
});

describe('before it is done, an action says what it comes to', () => {
  test.each([
    ['invoke', {}, 'Nobody waits for it: 3 people are called as soon as they come'],
    ['invoke', { waiting: 1 }, '1 person is called at once, 2 more as soon as they come'],
    ['invoke', { waiting: 3 }, '3 people who wait are called at once'],
    ['invoke', {}, 'Each costs $0.12 with the marketplace’s fee: $0.36 for 3 people'],
    ['invoke', { sandbox: true }, '$0.12 with the marketplace’s fee, in play money'],
    ['finish', {}, 'Nobody was called for it, and nobody will be. HITs that nobody else needs leave the market.'],
    [
      'finish',
      { phase: 'invoked', dispatched: 2, responded: 1 },
      '2 of 3 people were dispatched, 1 seen at work; nobody else will be called. 1 person who has not started will hear',
    ],
    ['cancel', { phase: 'invoked' }, 'None of 3 people was dispatched yet; nobody will be called. Its HITs leave'],
    ['unfinish', { phase: 'finished' }, 'Recruiting for 3 people begins again; nobody is called before'],
    [
      'unfinish',
      { phase: 'finished', invokedAt: 1, dispatched: 2, waiting: 1 },
      '1 person who waits is called at once',
    ],
    ['unfinish', { phase: 'finished', invokedAt: 1, dispatched: 3 }, 'Everybody it asked for was dispatched.'],
  ] as const)('%s of %o', (action, changes, words) => expect(stakesOf(action, one(changes))).toContain(words));
});

test.each([
  [{ missing: 1, market: { open: 3, awaited: 0 } }, '3 on the market for 1 missing'],
  [{ missing: 1, market: { open: 0, awaited: 2 } }, '0 on the market for 1 missing · 2 taken, nobody came yet'],
  [{ missing: 0, market: { open: 3, awaited: 0 } }, '3 on the market, nobody is missing'],
  [{ missing: 0, market: { open: 0, awaited: 0 } }, ''],
])('recruiting %o is said as "%s"', (recruited, words) => expect(recruitingWords(recruited)).toBe(words));
