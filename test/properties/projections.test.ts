import fc from 'fast-check';
import pino from 'pino';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { assignments, hits, load, reservations } from '../../src/commands/aggregates.ts';
import type { Assignment } from '../../src/domain/assignment.ts';
import { streamOf } from '../../src/domain/event.ts';
import type { Hit } from '../../src/domain/hit.ts';
import type { Reservation } from '../../src/domain/reservation.ts';
import type { EventStore, RecordedEvent } from '../../src/event-store/port.ts';
import { projections } from '../../src/projections/all.ts';
import { check } from '../../src/projections/check.ts';
import { runningCheckpoints } from '../../src/projections/checkpoints.ts';
import { hitsByIds } from '../../src/projections/hits.ts';
import { stillToDispatch } from '../../src/projections/houseNow.ts';
import { marketNow } from '../../src/projections/marketPlaces.ts';
import { stepsOf } from '../../src/projections/plots.ts';
import { project } from '../../src/projections/projector.ts';
import { rebuild } from '../../src/projections/rebuild.ts';
import { findReservation } from '../../src/projections/reservations.ts';
import { setUpReadModels } from '../../src/projections/setUp.ts';
import { tasksOf } from '../../src/projections/tasks.ts';
import { freshDatabase, type TestDatabase } from '../support/database.ts';
import { ids } from '../support/events.ts';
import { histories } from '../support/histories.ts';
import { createMemoryStore } from '../support/memoryStore.ts';
import { allRows, forgetReadModels } from '../support/readModels.ts';

const log = pino({ level: 'silent' });
let database: TestDatabase;

beforeAll(async () => {
  database = await freshDatabase();
  await setUpReadModels({ db: database.pool, projections });
});
afterAll(() => database.drop());

/** Batches of the given sizes, over and over. */
function* cut(events: readonly RecordedEvent[], sizes: readonly number[]): Generator<readonly RecordedEvent[]> {
  for (let from = 0, batch = 0; from < events.length; batch++) {
    const size = sizes[batch % sizes.length] ?? 1;
    yield events.slice(from, from + size);
    from += size;
  }
}

async function live(events: readonly RecordedEvent[], sizes: readonly number[], { twice }: { twice: boolean }) {
  const db = database.pool;
  await forgetReadModels(db);
  let checkpoints = await runningCheckpoints(db, projections);
  for (const batch of cut(events, sizes)) {
    const before = checkpoints;
    checkpoints = (await project({ db, projections }, before, batch)) ?? before;
    if (twice) expect(await project({ db, projections }, before, batch)).toBeNull();
  }
  return allRows(db);
}

async function rebuilt(store: EventStore, batchSize: number) {
  const db = database.pool;
  const names = projections.map(({ name }) => name);
  await rebuild({ store, db, projections, names, log, batchSize });
  return allRows(db);
}

const sizes = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 5 });

test('however a history is cut into batches, and rebuilt, the read models are the same', async () => {
  await fc.assert(
    fc.asyncProperty(
      histories({ maxLength: 150 }),
      sizes,
      fc.integer({ min: 1, max: 60 }),
      async (history, cuts, size) => {
        const store = createMemoryStore();
        for (const writes of history) await store.append(writes);
        const oneByOne = await live(store.events, [1], { twice: false });
        expect(await live(store.events, cuts, { twice: false })).toEqual(oneByOne);
        expect(await rebuilt(store, size)).toEqual(oneByOne);
      },
    ),
    { numRuns: 40 },
  );
});

test('a check finds no difference after any history, and finds every row that was changed behind its back', async () => {
  await fc.assert(
    fc.asyncProperty(histories({ maxLength: 80 }), sizes, fc.nat(), async (history, cuts, n) => {
      const store = createMemoryStore();
      for (const writes of history) await store.append(writes);
      const rows = await live(store.events, cuts, { twice: false });
      const db = database.pool;
      const checked = () => check({ store, db, projections, names: projections.map(({ name }) => name), log });
      expect(await checked()).toMatchObject({ differing: {} });
      const tables = Object.keys(rows).filter((table) => (rows[table]?.length ?? 0) > 0);
      const table = tables[n % Math.max(1, tables.length)];
      if (table === undefined) return;
      await db.query(`delete from ${table} where ctid = (select ctid from ${table} limit 1)`);
      expect(await checked()).toMatchObject({ differing: { [table]: 1 } });
    }),
    { numRuns: 8 },
  );
});

test('the read models say what the streams add up to', async () => {
  await fc.assert(
    fc.asyncProperty(histories({ maxLength: 150 }), async (history) => {
      const store = createMemoryStore();
      for (const writes of history) await store.append(writes);
      await live(store.events, [25], { twice: false });
      const numbers = [0, 1, 2, 3, 4, 5];
      const expected = await Promise.all(
        numbers.map(async (n) => ({
          reservation: shownReservation(
            (await load(store, reservations, streamOf.reservation(ids.reservation(n)))).state,
          ),
          assignment: shownAssignment((await load(store, assignments, streamOf.assignment(ids.assignment(n)))).state),
          hit: shownHit((await load(store, hits, streamOf.hit(ids.hit(n)))).state),
        })),
      );
      expect(await shown(numbers)).toEqual(expected);
    }),
    { numRuns: 40 },
  );
});

const shownReservation = (state: Reservation) =>
  state.phase === 'none'
    ? null
    : [state.phase, state.foreignId, state.invokedAt, state.patientSince, state.dispatched.size];
const shownAssignment = (state: Assignment) => {
  if (state.phase === 'none') return null;
  const inPool = state.phase === 'waiting' || state.phase === 'called' ? state.phase : 'not in the pool';
  return [state.phase, state.task?.reservationId ?? null, state.task?.foreignId ?? null, state.waitingSince, inPool];
};
const shownHit = (state: Hit) =>
  state.phase === 'none' ? null : [state.phase, state.recruitedFor, state.marketplaceHitId, state.expireWhenPosted];

async function shown(numbers: readonly number[]) {
  const db = database.pool;
  const [tasks, hitRows] = await Promise.all([
    tasksOf(db, numbers.map(ids.assignment)),
    hitsByIds(db, numbers.map(ids.hit)),
  ]);
  const pool = await db.query<{ id: string; state: string }>(
    `select assignment_id as id, state from waiting_pool where state <> 'away'`,
  );
  const came = await db.query<{ id: string; waitingSince: number }>(
    `select assignment_id as id, waiting_since as "waitingSince" from tasks`,
  );
  return Promise.all(
    numbers.map(async (n) => {
      const reservation = await findReservation(db, ids.reservation(n));
      const task = tasks.get(ids.assignment(n));
      const hit = hitRows.get(ids.hit(n));
      const waitingSince = came.rows.find(({ id }) => id === ids.assignment(n))?.waitingSince;
      const inPool = pool.rows.find(({ id }) => id === ids.assignment(n))?.state ?? 'not in the pool';
      return {
        reservation: reservation
          ? [
              reservation.phase,
              reservation.foreignId,
              reservation.invokedAt,
              reservation.patientSince,
              reservation.dispatched,
            ]
          : null,
        assignment: task ? [task.phase, task.reservationId, task.foreignId, waitingSince, inPool] : null,
        hit: hit ? [hit.phase, hit.recruitedFor, hit.marketplaceHitId, hit.expireWhenPosted] : null,
      };
    }),
  );
}

test('what plots end with is what the pages say there is now: one meaning a word', async () => {
  await fc.assert(
    fc.asyncProperty(histories({ maxLength: 150 }), async (history) => {
      const store = createMemoryStore();
      for (const writes of history) await store.append(writes);
      await live(store.events, [25], { twice: false });
      const now = Math.max(0, ...store.events.map(({ data }) => data.at));
      const last = (await stepsOf(database.pool, { now, minutes: 1_000_000, steps: 3 })).at(-1);
      const { missing, missingNow } = await stillToDispatch(database.pool);
      const { placesOpen } = await marketNow(database.pool, { now });
      expect(last).toMatchObject({ missing, missingNow, placesOpen });
    }),
    { numRuns: 60 },
  );
});

test('a batch that comes twice changes nothing', async () => {
  await fc.assert(
    fc.asyncProperty(histories({ maxLength: 80 }), sizes, async (history, cuts) => {
      const store = createMemoryStore();
      for (const writes of history) await store.append(writes);
      const once = await live(store.events, cuts, { twice: false });
      expect(await live(store.events, cuts, { twice: true })).toEqual(once);
    }),
    { numRuns: 10 },
  );
});

test('histories are what they are meant to be: every kind of event happens', () => {
  const types = new Set<string>();
  for (const history of fc.sample(histories({ maxLength: 150 }), { numRuns: 300, seed: 1 }))
    for (const writes of history) for (const { events } of writes) for (const { type } of events) types.add(type);
  expect([...types].sort()).toEqual([...new Set(projections.flatMap(({ events }) => events))].sort());
});
