import { afterEach, beforeEach, expect, test } from 'vitest';
import { createPostgresStore } from '../../src/event-store/postgres/store.ts';
import { createPool } from '../../src/postgres/pool.ts';
import { gather } from '../../src/story/gather.ts';
import { findStream, stepsOf } from '../../src/story/replay.ts';
import { storyOf } from '../../src/story/story.ts';
import { ids } from '../support/events.ts';
import { happened, on } from '../support/happenings.ts';
import { type House, openHouse } from '../support/runningProjector.ts';

let house: House;
beforeEach(async () => {
  house = await openHouse();
});
afterEach(() => house.close());

const reservationId = ids.reservation(1);
const numbers = (from: number, count: number) => Array.from({ length: count }, (_, n) => from + n);

/** The read models show everything that is in the log. */
async function shown(streams: number): Promise<void> {
  house.project();
  await expect
    .poll(async () => (await house.db.query('select count(*)::int as n from story_streams')).rows[0].n)
    .toBe(streams);
}

test('a crowd is read in a handful of queries; of those passed over the first are named, and that there were more', async () => {
  await house.append(on.reservation(1), happened.reservationMade(1, { numAssignments: 300 }), happened.invoked(60_000));
  await Promise.all([
    ...numbers(1, 300).map((n) =>
      house.append(on.assignment(n), happened.arrived(n, { at: n, recruitedFor: reservationId })),
    ),
    ...numbers(1_001, 250).map((n) => house.append(on.assignment(n), happened.arrived(n, { at: n }))),
  ]);
  await house.append(on.reservation(1), ...numbers(1, 300).map((n) => happened.dispatched(n, 60_001)));
  await shown(550);

  const pool = createPool(house.database.url, { max: 2, applicationName: 'story', onError: () => {} });
  let asked = 0;
  const counted = new Proxy(pool, {
    get: (target, name) => {
      if (name === 'query') asked++;
      return Reflect.get(target, name);
    },
  });
  const store = createPostgresStore({ url: house.database.url, pool: counted, log: house.log });
  const gathered = await gather({ store, db: house.db }, reservationId);
  await store.close();
  await pool.end();
  // Its own stream, those it touched, those it did not.
  expect(asked).toBe(3);
  const story = gathered && storyOf(gathered);
  expect(story?.people.filter(({ touched }) => touched)).toHaveLength(300);
  expect(story?.people.filter(({ touched }) => !touched).map(({ workerId }) => workerId)).toEqual(
    numbers(1_001, 200).map(ids.worker),
  );
  expect(story?.peopleLeftOut).toBe(true);
});

test('an unknown reservation has no story', async () => {
  expect(await gather({ store: house.store, db: house.db }, reservationId)).toBeNull();
});

test('a replay goes on past an event that cannot be understood, which changes nothing', async () => {
  await house.append(on.reservation(1), happened.reservationMade(1), happened.invoked(5), happened.dispatched(1, 6));
  await house.db.query(`update event_store.events set data = '{}' where type = 'ReservationInvoked'`);
  const found = await findStream(house.store, reservationId);
  const steps = stepsOf(found?.entries ?? []);
  expect(steps.map(({ line, state }) => [line.type, line.unreadable, state['phase']])).toEqual([
    ['ReservationMade', false, 'made'],
    ['ReservationInvoked', true, 'made'],
    ['WorkerDispatched', false, 'made'],
  ]);
  expect(steps[1]?.changes).toEqual([]);
  expect(steps[2]?.state['dispatched']).toEqual({ [ids.assignment(1)]: ids.worker(1) });
});
