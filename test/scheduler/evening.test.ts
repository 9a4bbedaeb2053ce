import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { ProtoHitId, ReservationId } from '../../src/domain/ids.ts';
import { findReservation } from '../../src/projections/reservations.ts';
import { type Task, tasksOf } from '../../src/projections/tasks.ts';
import { type House, openHouse, SECOND, type Worker } from './house.ts';

const STEP_MS = 5 * SECOND;
const STEPS_A_MINUTE = 12;
const BOUND = 12;

/** Everyone on the market: what each does next is drawn by lot. */
type Person = Worker & { isHere: boolean; hasHandedIn: boolean };

/** Mulberry32: the same seed is the same evening. */
function lots(seed: number): (chance: number) => boolean {
  let state = seed;
  return (chance) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32 < chance;
  };
}

async function evening(house: House, chance: (chance: number) => boolean) {
  const people: Person[] = [];
  const reservations: ReservationId[] = [];
  const protoHits: ProtoHitId[] = [
    await house.defineProtoHit({ maxWaitSeconds: 300 }),
    await house.defineProtoHit({ assignmentDurationSeconds: 400, lifetimeSeconds: 200, maxWaitSeconds: 300 }),
  ];
  let scheduler = house.newScheduler();
  const tasks = async (): Promise<ReadonlyMap<string, Task>> =>
    tasksOf(
      house.db,
      people.map(({ assignmentId }) => assignmentId),
    );

  const applications = async (): Promise<void> => {
    if (reservations.length < 6 && chance(0.05)) {
      const [one, other] = protoHits;
      const protoHitId = chance(0.5) ? one : other;
      if (protoHitId !== undefined) reservations.push(await house.reserve(protoHitId, chance(0.5) ? 1 : 3));
    }
    for (const reservationId of reservations) {
      if (chance(0.02)) await house.commands.invokeReservation(house.context, { reservationId });
      if (chance(0.006)) await house.commands.finishReservation(house.context, { reservationId });
      if (chance(0.003)) await house.commands.cancelReservation(house.context, { reservationId });
    }
  };

  const workers = async (isLate: boolean): Promise<void> => {
    for (const { marketplaceHitId } of house.market.open())
      if (chance(0.03)) people.push({ ...house.market.accept(marketplaceHitId), isHere: true, hasHandedIn: false });
    const known = await tasks();
    for (const person of people.filter(({ isHere }) => isHere)) {
      const phase = known.get(person.assignmentId)?.phase;
      const isDone = phase === 'released' || (phase === 'working' && !isLate && chance(0.1));
      if (isDone) {
        person.isHere = false;
        person.hasHandedIn = true;
        house.market.submit(person.assignmentId);
      } else if (!isLate && chance(0.01)) {
        person.isHere = false;
        house.market.giveBack(person.assignmentId);
      } else {
        const pingType = phase === 'working' || (phase === 'called' && chance(0.6)) ? 'working' : 'waiting';
        await house.commands.ping(house.context, { ...person, pingType, session: { generation: 0 } });
      }
    }
  };

  const minute = async (): Promise<void> => {
    if (chance(0.1)) house.market.trouble('postHit', { when: 'after', fault: lostAnswer });
    if (chance(0.1)) house.market.trouble('approve', { when: 'after', fault: lostAnswer });
    if (chance(0.1)) scheduler = house.newScheduler();
    await scheduler.tick();
    await house.settle();
  };

  const step = async (time: 'open' | 'closing' | 'late', number: number): Promise<void> => {
    house.pass(STEP_MS);
    if (time === 'open') await applications();
    await workers(time === 'late');
    await house.settle();
    await scheduler.watch();
    await scheduler.post();
    await house.settle();
    if (number % STEPS_A_MINUTE === 0) await minute();
    expect(house.market.open().length).toBeLessThanOrEqual(protoHits.length * BOUND);
    for (const reservationId of reservations) {
      const row = await findReservation(house.db, reservationId);
      expect(row?.dispatched ?? 0).toBeLessThanOrEqual(row?.numAssignments ?? 0);
    }
  };

  for (let number = 0; number < 15 * STEPS_A_MINUTE; number++) await step('open', number);
  await house.commands.finishAll(house.context, {});
  for (let number = 0; number < 8 * STEPS_A_MINUTE; number++) await step('closing', number);
  for (let number = 0; number < 4 * STEPS_A_MINUTE; number++) await step('late', number);
  return { people, tasks: await tasks() };
}

const lostAnswer = { type: 'fault', lasting: 'passing', code: 'ECONNRESET', message: 'the answer was lost' } as const;

test(
  'an evening of comings and goings ends with an empty market, nobody left waiting, and everyone paid who was let go',
  () =>
    fc.assert(
      fc.asyncProperty(fc.integer(), async (seed) => {
        const house = await openHouse({ maxOpenHits: BOUND });
        try {
          const { people, tasks } = await evening(house, lots(seed));
          expect(house.market.open()).toEqual([]);
          expect(new Set(house.market.tokens()).size).toBe(house.market.hits().length);

          const released = (await house.happened('WorkerReleased')).map(({ stream }) => stream);
          for (const person of people) {
            const phase = tasks.get(person.assignmentId)?.phase;
            if (phase === undefined) continue;
            if (person.hasHandedIn) {
              const isOurs = released.includes(`assignment-${person.assignmentId}`);
              expect([person.assignmentId, phase]).toEqual([person.assignmentId, isOurs ? 'approved' : 'submitted']);
              expect(house.market.paid.filter((id) => id === person.assignmentId)).toHaveLength(isOurs ? 1 : 0);
            } else if (!person.isHere) expect(['returned', 'abandoned']).toContain(phase);
            else expect(['working', 'abandoned']).toContain(phase);
          }
        } finally {
          await house.close();
        }
      }),
      // Of a seed that fails no smaller one says more.
      { numRuns: 3, endOnFailure: true },
    ),
  120_000,
);
