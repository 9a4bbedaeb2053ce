import { afterEach, beforeEach, expect, test } from 'vitest';
import { createNextNumber } from '../../src/commands/numbers.ts';
import { StoreUnavailable } from '../../src/event-store/port.ts';
import { numbersOf } from '../../src/projections/numbers.ts';
import { ids } from '../support/events.ts';
import { happened, on } from '../support/happenings.ts';
import { freshReadModels, type ReadModels } from '../support/readModels.ts';

let models: ReadModels;
beforeEach(async () => {
  models = await freshReadModels();
});
afterEach(() => models.database.drop());

/** A node that sees all of the log, or does not. */
const newNode = ({ isCaughtUp = true } = {}) =>
  createNextNumber({
    db: models.db,
    store: { head: async () => '1' } as unknown as Parameters<typeof createNextNumber>[0]['store'],
    caughtUp: { until: async () => isCaughtUp },
  });

test('numbers are counted from 1, each kind for itself', async () => {
  const next = newNode();
  expect([await next('reservation'), await next('reservation'), await next('protoHit')]).toEqual([1, 2, 1]);
  expect(await next('workRequest')).toBe(1);
});

test('nodes that ask at once never get one number twice, and leave no gap', async () => {
  const nodes = [newNode(), newNode(), newNode()];
  const asked = Array.from(
    { length: 300 },
    (_, n) => nodes[n % 3]?.('reservation') ?? Promise.reject(new Error('none')),
  );
  const given = await Promise.all(asked);
  expect([...given].sort((a, b) => a - b)).toEqual(Array.from({ length: 300 }, (_, n) => n + 1));
});

test('what was made before there were numbers is counted in the order of the log, and new numbers begin far beyond', async () => {
  await models.given(on.reservation(3), happened.reservationMade(3));
  await models.given(on.reservation(1), happened.reservationMade(1));
  await models.given(on.protoHit(1), happened.protoHitDefined(1));
  const counted = await numbersOf(models.db, [1, 3].map(ids.reservation));
  expect([counted.get(ids.reservation(3)), counted.get(ids.reservation(1))]).toEqual([1, 2]);
  const next = newNode();
  expect(await next('reservation')).toBe(100_003);
  // A node of an older version runs beside this one for a while.
  await models.given(on.reservation(2), happened.reservationMade(2));
  expect((await numbersOf(models.db, [ids.reservation(2)])).get(ids.reservation(2))).toBe(3);
  expect(await next('workRequest')).toBe(1);
});

test('beside a log that outlived its database, numbers begin after those that the log has', async () => {
  await models.given(on.reservation(1), happened.reservationMade(1, { number: 41 }));
  expect(await newNode()('reservation')).toBe(42);
  expect(await newNode()('reservation')).toBe(43);
});

test('while it cannot be seen which numbers are taken, none is given out; later they are', async () => {
  await expect(newNode({ isCaughtUp: false })('reservation')).rejects.toThrow(StoreUnavailable);
  let isCaughtUp = false;
  const next = createNextNumber({
    db: models.db,
    store: { head: async () => '1' } as unknown as Parameters<typeof createNextNumber>[0]['store'],
    caughtUp: { until: async () => isCaughtUp },
  });
  await expect(next('reservation')).rejects.toThrow(StoreUnavailable);
  isCaughtUp = true;
  expect(await next('reservation')).toBe(1);
});
