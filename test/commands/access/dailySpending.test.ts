import { afterAll, beforeAll, expect, test } from 'vitest';
import { commitSpending, committedByCommands, EVERYBODY } from '../../../src/commands/access/dailySpending.ts';
import { freshDatabase, type TestDatabase } from '../../support/database.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await freshDatabase();
});
afterAll(() => database.drop());

const NOON = Date.parse('2026-11-30T12:00:00Z');
const commit = (entry: string, cents: number, mostCents: number, { at = NOON, subject = 'key:one' } = {}) =>
  commitSpending(database.pool, { at, entry, cents, ceilings: [{ subject, mostCents, who: 'this key' }] });

test('money is committed up to the ceiling and no cent beyond, and the refusal says how much is left', async () => {
  expect(await commit('a', 300, 500)).toBeNull();
  expect(await commit('b', 201, 500)).toEqual({
    type: 'refused',
    refusal: {
      kind: 'forbidden',
      message:
        'this key may commit 5.00 US dollars a day, of which 2.00 US dollars are left until 00:00 UTC: 2.01 US dollars are too much',
    },
  });
  expect(await commit('b', 200, 500)).toBeNull();
});

test('the same entry counts once, and the next day begins again', async () => {
  const subject = 'key:again';
  for (let n = 0; n < 3; n++) expect(await commit('same', 400, 500, { subject })).toBeNull();
  expect(await commit('other', 400, 500, { subject })).toMatchObject({ type: 'refused' });
  expect(await commit('other', 400, 500, { subject, at: NOON + 12 * 3_600_000 })).toBeNull();
});

test('of a hundred commands at once as many are let through as the ceiling holds', async () => {
  const subject = 'key:crowd';
  const results = await Promise.all(
    Array.from({ length: 100 }, (_, n) => commit(`bonus ${n}`, 100, 1_000, { subject })),
  );
  expect(results.filter((result) => result === null)).toHaveLength(10);
});

test('all ceilings hold or nothing is committed', async () => {
  const ceilings = [
    { subject: 'key:rich', mostCents: 10_000, who: 'this key' },
    { subject: EVERYBODY, mostCents: 50, who: 'this installation' },
  ];
  const refused = await commitSpending(database.pool, { at: NOON, entry: 'x', cents: 100, ceilings });
  expect(refused?.refusal.message).toMatch(/^this installation may commit 0\.50 US dollars/);
  expect(await committedByCommands(database.pool, NOON)).toBe(0);
  expect(await commit('y', 10_000, 10_000, { subject: 'key:rich' })).toBeNull();
});
