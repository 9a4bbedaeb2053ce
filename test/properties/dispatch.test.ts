import fc from 'fast-check';
import pino from 'pino';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { assignments, load, reservations } from '../../src/commands/aggregates.ts';
import { type Commands, createCommands } from '../../src/commands/commands.ts';
import { createDispatch } from '../../src/commands/dispatch.ts';
import { streamOf } from '../../src/domain/event.ts';
import {
  AssignmentId,
  HitId,
  type Instant,
  MarketplaceHitId,
  type ProtoHitId,
  type ReservationId,
  WorkerId,
} from '../../src/domain/ids.ts';
import { evolveReservation, noReservation, openSlots } from '../../src/domain/reservation.ts';
import type { EventStore } from '../../src/event-store/port.ts';
import { createPostgresStore } from '../../src/event-store/postgres/store.ts';
import { createPool } from '../../src/postgres/pool.ts';
import { projections } from '../../src/projections/all.ts';
import { type CaughtUp, createCaughtUp } from '../../src/projections/caughtUp.ts';
import { searchPathOf } from '../../src/projections/projection.ts';
import { rebuild } from '../../src/projections/rebuild.ts';
import { findReservation } from '../../src/projections/reservations.ts';
import { setUpReadModels } from '../../src/projections/setUp.ts';
import { tasksOf } from '../../src/projections/tasks.ts';
import { fields, ids, STARTED_AT } from '../support/events.ts';
import { allRows } from '../support/readModels.ts';
import { type House, openHouse } from '../support/runningProjector.ts';
import { PATIENCE_MS } from '../support/until.ts';

const log = pino({ level: 'silent' });
const context = { actor: 'scheduler', requestId: 'a test' } as const;
const settings = {
  pingTimeoutSeconds: 3_600,
  reservationTimeoutMinutes: 30,
  invokedTimeoutMinutes: 30,
  dailyBudget: 100,
  unsignedWorkers: 'accept',
} as const;

/** Every look at the clock is a later moment, on both nodes. */
let ticks = 0;
const clock = (): Instant => STARTED_AT + ticks++;

type Node = {
  readonly commands: Commands;
  readonly store: EventStore;
  readonly caughtUp: CaughtUp;
  readonly close: () => Promise<void>;
};

let house: House;
let nodes: readonly [Node, Node];
beforeAll(async () => {
  house = await openHouse();
  await setUpReadModels({ db: house.db, projections });
  house.project();
  nodes = [newNode(), newNode()];
});
afterAll(async () => {
  await Promise.all(nodes.map(({ close }) => close()));
  await house.close();
});

/** Shares nothing with another node but the database. */
function newNode(): Node {
  const { url } = house.database;
  const onError = (): void => {};
  const db = createPool(url, { max: 6, applicationName: 'node', searchPath: searchPathOf(projections), onError });
  const logPool = createPool(url, { max: 3, applicationName: 'node log', onError });
  const store = createPostgresStore({ url, pool: logPool, log });
  const caughtUp = createCaughtUp({ db, url, projections, log });
  return {
    commands: createCommands({ store, db, clock, caughtUp, log, settings }),
    store,
    caughtUp,
    close: async () => {
      await store.close();
      await caughtUp.close();
      await Promise.all([db.end(), logPool.end()]);
    },
  };
}

const WORKERS = 7;
const HITS = 2;
const RESERVATIONS = 3;

/** What happens; `hit` and `worker` together name an assignment, so that a person may hold two. */
type Act = { readonly node: 0 | 1 } & (
  | { readonly type: 'ping'; readonly worker: number; readonly hit: number; readonly as: 'waiting' | 'working' }
  | { readonly type: 'invoke' | 'finish' | 'cancel' | 'unfinish'; readonly reservation: number }
  | {
      readonly type: 'reopen';
      readonly reservation: number;
      readonly worker: number;
      readonly hit: number;
      readonly reason: 'lost' | 'neverResponded' | 'returned' | 'abandoned';
    }
  | { readonly type: 'lose' | 'release' | 'returned' | 'submitted'; readonly worker: number; readonly hit: number }
  | { readonly type: 'dispatch' }
);

const node = fc.constantFrom<(0 | 1)[]>(0, 1);
const worker = fc.nat({ max: WORKERS - 1 });
const hit = fc.nat({ max: HITS - 1 });
const reservation = fc.nat({ max: RESERVATIONS - 1 });
const arrival = fc.record({
  type: fc.constant('ping' as const),
  node,
  worker,
  hit,
  as: fc.constant('waiting' as const),
});
const invocation = fc.record({ type: fc.constant('invoke' as const), node, reservation });
const act: fc.Arbitrary<Act> = fc.oneof(
  { weight: 12, arbitrary: arrival },
  { weight: 4, arbitrary: invocation },
  {
    weight: 3,
    arbitrary: fc.record({
      type: fc.constant('ping' as const),
      node,
      worker,
      hit,
      as: fc.constant('working' as const),
    }),
  },
  { weight: 2, arbitrary: fc.record({ type: fc.constantFrom('finish' as const, 'unfinish'), node, reservation }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constantFrom('cancel' as const, 'unfinish'), node, reservation }) },
  {
    weight: 4,
    arbitrary: fc.record({
      type: fc.constant('reopen' as const),
      node,
      reservation,
      worker,
      hit,
      reason: fc.constantFrom('lost' as const, 'neverResponded', 'returned', 'abandoned'),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      type: fc.constantFrom('lose' as const, 'lose', 'release', 'returned', 'submitted'),
      node,
      worker,
      hit,
    }),
  },
  { weight: 3, arbitrary: fc.record({ type: fc.constant('dispatch' as const), node }) },
);

/** Batches: what is in one happens at the same time. */
const evenings = fc.record({
  asked: fc.array(fc.integer({ min: 1, max: 4 }), { minLength: RESERVATIONS, maxLength: RESERVATIONS }),
  opening: fc.array(fc.oneof({ weight: 3, arbitrary: arrival }, { weight: 1, arbitrary: invocation }), {
    minLength: 6,
    maxLength: 16,
  }),
  batches: fc.array(fc.array(act, { minLength: 1, maxLength: 6 }), { minLength: 2, maxLength: 10 }),
});

type World = {
  readonly protoHitId: ProtoHitId;
  readonly reservationIds: readonly ReservationId[];
  readonly assignmentIds: readonly AssignmentId[];
  readonly run: (act: Act) => Promise<unknown>;
};

const at = <Item>(items: readonly Item[], index: number): Item => {
  const item = items[index];
  if (item === undefined) throw new Error(`there is no item ${index}`);
  return item;
};

let worlds = 0;
/** A ProtoHIT of its own with reservations and HITs: earlier worlds in the same database do not matter to it. */
async function newWorld(asked: readonly number[]): Promise<World> {
  const world = worlds++;
  const { commands } = nodes[0];
  const { hitTypeId: _, ...rest } = fields();
  const protoHit = await commands.putProtoHit(context, { fields: rest });
  if (protoHit.type === 'refused') throw new Error(protoHit.refusal.message);
  const protoHitId = protoHit.value;
  const reservationIds: ReservationId[] = [];
  for (const [n, numAssignments] of asked.entries()) {
    const made = { protoHitId, foreignId: `${n}`, payload: null, delaySeconds: 0, numAssignments };
    const reservation = await commands.makeReservation(context, made);
    if (reservation.type === 'refused') throw new Error(reservation.refusal.message);
    reservationIds.push(reservation.value);
  }
  const hits = await Promise.all(
    Array.from({ length: HITS }, async (_, n) => {
      const hitId = HitId.parse(ids.hit(world * HITS + n));
      const marketplaceHitId = MarketplaceHitId.parse(`HIT${world}-${n}`);
      // The first recruits for a reservation, the second for none.
      const recruitedFor = n === 0 ? at(reservationIds, 0) : null;
      await commands.requestHitPost(context, {
        hits: [{ hitId, protoHitId, recruitedFor, fields: fields(), sandbox: true, maxAssignments: 100 }],
      });
      await commands.recordHitPosted(context, { hitId, marketplaceHitId, expiresAt: clock() + 3_600_000 });
      return marketplaceHitId;
    }),
  );
  await everyoneHasRead();
  const assignmentOf = ({ worker, hit }: { worker: number; hit: number }) =>
    AssignmentId.parse(`A${world}-${worker}-${hit}`);
  return {
    protoHitId,
    reservationIds,
    assignmentIds: Array.from({ length: WORKERS * HITS }, (_, n) =>
      assignmentOf({ worker: Math.floor(n / HITS), hit: n % HITS }),
    ),
    run: (act) => {
      const { commands } = nodes[act.node];
      switch (act.type) {
        case 'ping':
          return commands.ping(context, {
            assignmentId: assignmentOf(act),
            workerId: WorkerId.parse(`W${world}-${act.worker}`),
            marketplaceHitId: at(hits, act.hit),
            pingType: act.as,
          });
        case 'invoke':
          return commands.invokeReservation(context, { reservationId: at(reservationIds, act.reservation) });
        case 'finish':
          return commands.finishReservation(context, { reservationId: at(reservationIds, act.reservation) });
        case 'cancel':
          return commands.cancelReservation(context, { reservationId: at(reservationIds, act.reservation) });
        case 'unfinish':
          return commands.unfinishReservation(context, { reservationId: at(reservationIds, act.reservation) });
        case 'reopen':
          return commands.reopenSlot(context, {
            reservationId: at(reservationIds, act.reservation),
            assignmentId: assignmentOf(act),
            reason: act.reason,
          });
        case 'lose':
          return commands.loseWorker(context, { assignmentId: assignmentOf(act), lastPingAt: clock() });
        case 'release':
          return commands.releaseWorkers(context, { assignmentIds: [assignmentOf(act)], reason: 'waitedLongest' });
        case 'returned':
        case 'submitted':
          return commands.markAssignment(context, { assignmentId: assignmentOf(act), as: act.type });
        case 'dispatch':
          return Promise.all(nodes.map(({ commands }) => commands.dispatch(protoHitId)));
      }
    },
  };
}

async function everyoneHasRead(): Promise<void> {
  const head = await nodes[0].store.head();
  const read = await Promise.all(nodes.map(({ caughtUp }) => caughtUp.until(head, { timeoutMs: PATIENCE_MS })));
  expect(read).toEqual([true, true]);
}

async function settle({ protoHitId }: World): Promise<void> {
  for (;;) {
    await everyoneHasRead();
    const before = await nodes[0].store.head();
    const sent = await Promise.all(nodes.map(({ commands }) => commands.dispatch(protoHitId)));
    if (sent.every((count) => count === 0) && (await nodes[0].store.head()) === before) return;
  }
}

/** What must hold of the streams, whatever happened. Answers how many were sent in all. */
async function expectExactDispatch({ reservationIds, assignmentIds }: World): Promise<number> {
  const { store } = nodes[1];
  const sentTo = new Set<string>();
  const begun = await peopleAtTheTask(assignmentIds);
  for (const reservationId of reservationIds) {
    let state = noReservation;
    const gaveUp = new Set<string>();
    const { events } = await store.read(streamOf.reservation(reservationId));
    for (const event of events) {
      if (!reservations.owns(event)) throw new Error(`a foreign event, ${event.type}`);
      if (event.type === 'WorkerDispatched') {
        expect(state.phase).toBe('invoked');
        sentTo.add(`${event.data.assignmentId} to ${reservationId}`);
      }
      if (event.type === 'SlotReopened' && (event.data.reason === 'returned' || event.data.reason === 'abandoned'))
        gaveUp.add(event.data.assignmentId);
      state = evolveReservation(state, event);
      if (state.phase === 'none') throw new Error('a reservation begins with being made');
      expect(state.dispatched.size).toBeLessThanOrEqual(state.numAssignments);
      expect(new Set(state.dispatched.values()).size).toBe(state.dispatched.size);
    }
    // The first promise: late or silent, nobody works beside whoever replaced them.
    const asked = state.phase === 'none' ? 0 : state.numAssignments;
    expect(begun.get(reservationId)?.size ?? 0).toBeLessThanOrEqual(asked + gaveUp.size);
  }
  const assigned: string[] = [];
  for (const assignmentId of assignmentIds) {
    const { events } = await store.read(streamOf.assignment(assignmentId));
    const tasks = events.flatMap((event) =>
      event.type === 'TaskAssigned' ? [`${assignmentId} to ${event.data.reservationId}`] : [],
    );
    expect(tasks.length).toBeLessThanOrEqual(1);
    assigned.push(...tasks);
  }
  // Both halves of each match, or neither.
  expect(assigned.toSorted()).toEqual([...sentTo].toSorted());
  return assigned.length;
}

/** Who ever came to the task of each reservation. */
async function peopleAtTheTask(assignmentIds: readonly AssignmentId[]): Promise<ReadonlyMap<string, Set<string>>> {
  const people = new Map<string, Set<string>>();
  for (const assignmentId of assignmentIds) {
    let workerId = '';
    const { events } = await nodes[1].store.read(streamOf.assignment(assignmentId));
    for (const event of events) {
      if (event.type === 'WorkerArrived') workerId = event.data.workerId;
      if (event.type !== 'WorkerResponded') continue;
      const { reservationId } = event.data;
      people.set(reservationId, (people.get(reservationId) ?? new Set()).add(workerId));
    }
  }
  return people;
}

const loadReservations = ({ reservationIds }: World) =>
  Promise.all(
    reservationIds.map(async (id) => (await load(nodes[0].store, reservations, streamOf.reservation(id))).state),
  );
const loadAssignments = ({ assignmentIds }: World) =>
  Promise.all(
    assignmentIds.map(async (id) => (await load(nodes[0].store, assignments, streamOf.assignment(id))).state),
  );

/** Nobody waits for whom there is a slot. */
async function expectNothingLeftToDo(world: World): Promise<void> {
  const waiting = (await loadAssignments(world)).flatMap((state) =>
    state.phase === 'waiting' ? [state.workerId] : [],
  );
  for (const state of await loadReservations(world)) {
    if (state.phase === 'none' || openSlots(state) === 0) continue;
    const holders = new Set(state.dispatched.values());
    expect(waiting.filter((workerId) => !holders.has(workerId))).toEqual([]);
  }
}

async function expectReadModelsToAgree(world: World): Promise<void> {
  const rows = await Promise.all(world.reservationIds.map((id) => findReservation(house.db, id)));
  expect(rows.map((row) => row && [row.phase, row.invokedAt, row.dispatched])).toEqual(
    (await loadReservations(world)).map((state) =>
      state.phase === 'none' ? undefined : [state.phase, state.invokedAt, state.dispatched.size],
    ),
  );
  const tasks = await tasksOf(house.db, world.assignmentIds);
  const states = await loadAssignments(world);
  expect(
    world.assignmentIds.map((id) => [tasks.get(id)?.phase ?? 'none', tasks.get(id)?.reservationId ?? null]),
  ).toEqual(states.map((state) => [state.phase, state.phase === 'none' ? null : (state.task?.reservationId ?? null)]));
  const { rows: pool } = await house.db.query<{ id: string }>(
    `select assignment_id as id from waiting_pool where state = 'waiting' and proto_hit_id = $1`,
    [world.protoHitId],
  );
  expect(pool.map(({ id }) => id).toSorted()).toEqual(
    states.flatMap((state) => (state.phase === 'waiting' ? [state.id] : [])).toSorted(),
  );
}

test('two nodes at once send as many as asked for, nobody twice, and leave no slot open while somebody waits', async () => {
  let sent = 0;
  await fc.assert(
    fc.asyncProperty(evenings, async ({ asked, opening, batches }) => {
      const world = await newWorld(asked);
      await Promise.all(opening.map(world.run));
      for (const batch of batches) await Promise.all(batch.map(world.run));
      await settle(world);
      sent += await expectExactDispatch(world);
      await expectNothingLeftToDo(world);
      await expectReadModelsToAgree(world);
    }),
    { numRuns: 25, endOnFailure: true },
  );
  expect(sent, 'people were sent at all').toBeGreaterThan(50);

  const followed = await allRows(house.db);
  const names = projections.map(({ name }) => name);
  await rebuild({ store: house.store, db: house.db, projections, names, log });
  expect(await allRows(house.db)).toEqual(followed);
});

test('a call to dispatch is looked at, however close to the end of a running one it comes', async () => {
  for (let steps = 0; steps < 40; steps++) {
    let looks = 0;
    const db = Object.assign(Object.create(house.db), {
      query: async () => {
        looks++;
        return { rows: [] };
      },
    });
    const { store, caughtUp } = nodes[0];
    const dispatch = createDispatch({ store, db, clock, caughtUp, log, settings });
    const first = dispatch(ids.protoHit(1));
    // A microtask each, and now and then a turn of the event loop: the running one is over after some of them.
    for (let passed = 0; passed < steps; passed++) await (passed % 8 === 7 ? turn() : null);
    const before = looks;
    await dispatch(ids.protoHit(1));
    expect(looks, `called ${steps} steps after the first`).toBeGreaterThan(before);
    await first;
  }
});

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
