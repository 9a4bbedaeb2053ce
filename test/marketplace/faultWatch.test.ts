import pino from 'pino';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type CallOfSide, createFaultWatch } from '../../src/marketplace/faultWatch.ts';
import { faultsInWords, forgetFault, lastingFaults, noteFault } from '../../src/postgres/marketplaceFaults.ts';
import { freshDatabase, type TestDatabase } from '../support/database.ts';

const MINUTE = 60_000;
const NOON = Date.UTC(2026, 10, 30, 12);

let database: TestDatabase;
let now: number;
let lines: { level: number; msg: string; code?: string }[];
let watch: (call: CallOfSide) => void;
let written: Promise<unknown>[];
beforeAll(async () => {
  database = await freshDatabase();
});
beforeEach(async () => {
  await database.pool.query('delete from retainer.marketplace_faults');
  now = NOON;
  lines = [];
  watch = newWatch();
});
afterAll(() => database.drop());

function newWatch() {
  const log = pino({ level: 'info' }, { write: (line: string) => lines.push(JSON.parse(line)) });
  written = [];
  const kept =
    <Given>(write: (given: Given) => Promise<void>) =>
    (given: Given) => {
      const done = write(given);
      written.push(done);
      return done;
    };
  return createFaultWatch({
    note: kept((fault) => noteFault(database.pool, fault)),
    forget: kept((call) => forgetFault(database.pool, call)),
    clock: () => now,
    log,
  });
}

const failed = (fault: string, call = 'approve'): CallOfSide => ({
  ...{ side: 'live', call, outcome: 'passing', seconds: 1, fault, message: 'the token is expired' },
});
const done = (call = 'approve'): CallOfSide => ({ side: 'live', call, outcome: 'done', seconds: 1 });
/** What is known when everything that was said is written. */
async function known() {
  let settled = -1;
  while (settled < written.length) {
    settled = written.length;
    await Promise.all(written);
    await new Promise(setImmediate);
  }
  return lastingFaults(database.pool, { now });
}

describe('a marketplace that does not do what it is asked for', () => {
  test('is named with the code and since when, and warned of once a change of the code', async () => {
    for (let minutes = 0; minutes < 60; minutes++) {
      watch(failed('ExpiredTokenException'));
      now += MINUTE;
    }
    expect(await known()).toMatchObject([
      { side: 'live', call: 'approve', code: 'ExpiredTokenException', since: NOON, lastAt: now - MINUTE },
    ]);
    watch(failed('InvalidSignatureException'));
    watch(failed('InvalidSignatureException'));
    expect(await known()).toMatchObject([{ code: 'InvalidSignatureException', since: now }]);
    expect(lines.map(({ level, code }) => [level, code])).toEqual([
      [40, 'ExpiredTokenException'],
      [40, 'InvalidSignatureException'],
    ]);
  });

  test('is well again when that call is answered, whatever the answer; another call proves nothing', async () => {
    watch(failed('AccessDeniedException', 'bonus'));
    watch(done('listHits'));
    expect(await known()).toHaveLength(1);
    watch({ ...done('bonus'), outcome: 'final', fault: 'InsufficientFunds' });
    expect(await known()).toEqual([]);
    expect(lines.at(-1)).toMatchObject({ level: 30, code: 'AccessDeniedException' });
  });

  test('is known after the node that saw it has gone, until the next one is answered', async () => {
    watch(failed('ECONNREFUSED'));
    await known();
    watch = newWatch();
    watch(failed('ECONNREFUSED', 'listHits'));
    expect(await known()).toHaveLength(2);
    watch(done());
    watch(done('listHits'));
    expect(await known()).toEqual([]);
  });

  test('is forgotten when nobody has asked it for ten minutes', async () => {
    watch(failed('ECONNREFUSED', 'expireHit'));
    await known();
    now += 9 * MINUTE;
    expect(await known()).toHaveLength(1);
    now += 2 * MINUTE;
    expect(await known()).toEqual([]);
  });

  test('is told of in a sentence', async () => {
    expect(faultsInWords(await known())).toBeNull();
    watch(failed('ExpiredTokenException'));
    watch(failed('ExpiredTokenException', 'bonus'));
    expect(faultsInWords(await known())).toBe(
      'the live side does not carry out approve, bonus since 2026-11-30T12:00:00.000Z: ExpiredTokenException ' +
        '(the token is expired). Nothing is given up: it is tried again until it succeeds',
    );
  });
});
