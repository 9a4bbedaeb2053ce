import { afterEach, beforeEach, expect, test } from 'vitest';
import { createPostgresStore } from '../../src/event-store/postgres/store.ts';
import { createPool } from '../../src/postgres/pool.ts';
import { showStory } from '../../src/story/format.ts';
import { type Bystanders, gather } from '../../src/story/gather.ts';
import { findStream, stepsOf } from '../../src/story/replay.ts';
import { storyOf } from '../../src/story/story.ts';
import { ids } from '../support/events.ts';
import { happened, on, plainly } from '../support/happenings.ts';
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

/** Reservation 1 for two, invoked at 60 s, its last call at 62 s; who waited otherwise came by HITs of reservation 2. */
async function sharedPool(): Promise<void> {
  const others = ids.reservation(2);
  await house.append(on.reservation(1), happened.reservationMade(1, { numAssignments: 2 }), happened.invoked(60_000));
  for (const n of [1, 2, 3, 4, 5])
    await house.append(
      on.hit(n),
      happened.postRequested(n, { recruitedFor: n === 1 ? reservationId : others, at: 0 }),
      happened.posted(n, 1_000),
    );
  const came = { 1: 5_000, 2: 6_000, 3: 7_000, 4: 61_000, 5: 70_000 };
  for (const [n, at] of Object.entries(came).map(([n, at]) => [Number(n), at] as const))
    await house.append(
      on.assignment(n),
      happened.arrived(n, { at, recruitedFor: n === 1 ? reservationId : others, hitId: ids.hit(n) }),
    );
  await house.append(on.reservation(1), happened.dispatched(1, 60_001), happened.dispatched(2, 62_000));
  for (const n of [1, 2])
    await house.append(
      on.assignment(n),
      ...[happened.taskAssigned(1, 60_001), plainly('AssignmentSubmitted', 80_000)],
      plainly('AssignmentApproved', 90_000),
    );
  await shown(10);
}

test('only who waited between the invoke and the last call stood by, and not who came when every call had been made', async () => {
  await sharedPool();
  const gathered = await gather({ store: house.store, db: house.db }, reservationId);
  const story = gathered && storyOf(gathered);
  expect(story?.people.map(({ workerId, touched }) => [workerId, touched])).toEqual([
    [ids.worker(1), true],
    [ids.worker(2), true],
    [ids.worker(3), false],
    [ids.worker(4), false],
  ]);
  expect(story).toMatchObject({ bystanders: 2, peopleLeftOut: false });
});

test('the amount is said of everybody who was paid, whomever their HIT was posted for', async () => {
  await sharedPool();
  const gathered = await gather({ store: house.store, db: house.db }, reservationId, { bystanders: 'counted' });
  const story = gathered && storyOf(gathered);
  expect(story?.people.map(({ paid }) => paid)).toEqual([
    expect.stringMatching(/^Paid 0\.12 USD: approved/),
    expect.stringMatching(/^Paid 0\.12 USD: approved/),
  ]);
  expect(story).toMatchObject({ bystanders: 2, peopleLeftOut: true });
});

test('told in text, a reservation of 3 among 200 others is as short as one among nobody; who asks gets all', async () => {
  await house.append(on.reservation(1), happened.reservationMade(1, { numAssignments: 3 }));
  await Promise.all(
    numbers(1, 260).map((n) => house.append(on.assignment(n), happened.arrived(n, { at: n, hitId: ids.hit(n) }))),
  );
  await house.append(
    on.reservation(1),
    ...[happened.invoked(60_000), ...numbers(1, 3).map((n) => happened.dispatched(n, 60_000))],
  );
  for (const n of numbers(1, 3)) await house.append(on.assignment(n), happened.taskAssigned(1, 60_000));
  await shown(260);
  const told = async (bystanders: Bystanders, all: boolean) => {
    const gathered = await gather({ store: house.store, db: house.db }, reservationId, { bystanders });
    const story = gathered && storyOf(gathered);
    return story === null ? '' : showStory(story, 'text', { raw: false, all });
  };
  const short = await told('counted', false);
  expect(short.match(/^ {2}Worker /gm)).toHaveLength(3);
  expect(short).toContain('257 others waited at the time (--all, or all=true, names them)');
  const whole = await told('all', true);
  expect(whole.match(/^ {2}Worker /gm)).toHaveLength(260);
  expect(whole).not.toContain('others waited at the time (');
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
