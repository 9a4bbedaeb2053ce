import fc from 'fast-check';
import pino from 'pino';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { assignments, load } from '../../src/commands/aggregates.ts';
import { type Commands, createCommands } from '../../src/commands/commands.ts';
import { streamOf } from '../../src/domain/event.ts';
import { AssignmentId, HitId, type Instant, MarketplaceHitId, WorkerId } from '../../src/domain/ids.ts';
import { isUnproven, type Session } from '../../src/domain/session.ts';
import { createPool } from '../../src/postgres/pool.ts';
import { projections } from '../../src/projections/all.ts';
import { type CaughtUp, createCaughtUp } from '../../src/projections/caughtUp.ts';
import { searchPathOf } from '../../src/projections/projection.ts';
import { setUpReadModels } from '../../src/projections/setUp.ts';
import { fields, ids, STARTED_AT } from '../support/events.ts';
import { type House, openHouse } from '../support/runningProjector.ts';
import { PATIENCE_MS } from '../support/until.ts';

const log = pino({ level: 'silent' });
const context = { actor: 'scheduler', requestId: 'a test' } as const;
const SILENCE_MS = 10_000;
const settings = {
  pingTimeoutSeconds: SILENCE_MS / 1000,
  reservationTimeoutMinutes: 30,
  invokedTimeoutMinutes: 30,
  dailyBudget: 100,
  unsignedWorkers: 'accept',
} as const;

let now = STARTED_AT;
const clock = (): Instant => now++;

let house: House;
let db: House['db'];
let caughtUp: CaughtUp;
let commands: Commands;
beforeAll(async () => {
  house = await openHouse();
  await setUpReadModels({ db: house.db, projections });
  house.project();
  const { url } = house.database;
  db = createPool(url, { max: 6, applicationName: 'node', searchPath: searchPathOf(projections), onError: () => {} });
  caughtUp = createCaughtUp({ db, url, projections, log });
  commands = createCommands({ store: house.store, db, clock, caughtUp, log, settings });
});
afterAll(async () => {
  await caughtUp.close();
  await db.end();
  await house.close();
});

/** The first person in two tabs of browsers that share nothing, and two more people who are given the same id. */
const PAGES = [0, 0, 1, 2] as const;

type Act =
  | { readonly type: 'ping'; readonly page: number; readonly as: 'waiting' | 'working' }
  | { readonly type: 'reload'; readonly page: number }
  | { readonly type: 'silence' | 'returned' | 'lose' | 'reopen' | 'release' | 'call' };

const page = fc.nat({ max: PAGES.length - 1 });
const act: fc.Arbitrary<Act> = fc.oneof(
  {
    weight: 10,
    arbitrary: fc.record({ type: fc.constant('ping' as const), page, as: fc.constantFrom('waiting', 'working') }),
  },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('reload' as const), page }) },
  { weight: 4, arbitrary: fc.record({ type: fc.constant('silence' as const) }) },
  {
    weight: 4,
    arbitrary: fc.record({ type: fc.constantFrom('returned' as const, 'lose', 'reopen', 'release', 'call') }),
  },
);

let worlds = 0;
async function newWorld() {
  const world = worlds++;
  const { hitTypeId: _, ...rest } = fields();
  const protoHit = await commands.putProtoHit(context, { fields: rest });
  if (protoHit.type === 'refused') throw new Error(protoHit.refusal.message);
  const protoHitId = protoHit.value;
  const made = await commands.makeReservation(context, {
    ...{ protoHitId, foreignId: '42', payload: null, delaySeconds: 0, numAssignments: 2 },
  });
  if (made.type === 'refused') throw new Error(made.refusal.message);
  const hitId = HitId.parse(ids.hit(world));
  const marketplaceHitId = MarketplaceHitId.parse(`HIT${world}`);
  await commands.requestHitPost(context, {
    hits: [{ hitId, protoHitId, recruitedFor: made.value, fields: fields(), sandbox: true, maxAssignments: 5 }],
  });
  await commands.recordHitPosted(context, { hitId, marketplaceHitId, expiresAt: clock() + 86_400_000 });
  await hasRead();
  const assignmentId = AssignmentId.parse(`A${world}`);
  return { protoHitId, reservationId: made.value, assignmentId, marketplaceHitId };
}

const hasRead = async () => caughtUp.until(await house.store.head(), { timeoutMs: PATIENCE_MS });

test('two people on one assignment id, late, silent, reloading: one valid token at the most, and one task a stay', async () => {
  let renewals = 0;
  let takeovers = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(act, { minLength: 10, maxLength: 40 }), fc.boolean(), async (acts, lags) => {
      const { protoHitId, reservationId, assignmentId, marketplaceHitId } = await newWorld();
      const tokens: Session[] = PAGES.map(() => 'asks');
      const given: { worker: number; generation: number }[] = [];
      for (const one of acts) {
        if (!lags) await hasRead();
        if (one.type === 'reload') tokens[one.page] = 'asks';
        else if (one.type === 'silence') now += SILENCE_MS * 2;
        else if (one.type === 'ping') {
          const worker = PAGES[one.page] ?? 0;
          const session = tokens[one.page] ?? 'asks';
          const workerId = WorkerId.parse(`W${assignmentId}-${worker}`);
          const ping = { assignmentId, workerId, marketplaceHitId, pingType: one.as, session };
          const result = await commands.ping(context, ping);
          if (result.type === 'refused') continue;
          const { isSigned, generation } = result.value;
          if (!isSigned || (typeof session === 'object' && session.generation === generation)) continue;
          tokens[one.page] = { generation };
          given.push({ worker, generation });
        } else if (one.type === 'returned') await commands.markAssignment(context, { assignmentId, as: 'returned' });
        else if (one.type === 'lose') await commands.loseWorker(context, { assignmentId, lastPingAt: now });
        else if (one.type === 'reopen')
          await commands.reopenSlot(context, { reservationId, assignmentId, reason: 'neverResponded' });
        else if (one.type === 'release')
          await commands.releaseWorkers(context, { assignmentIds: [assignmentId], reason: 'waitedLongest' });
        else {
          await commands.invokeReservation(context, { reservationId });
          await commands.dispatch(protoHitId);
        }
        const { state } = await load(house.store, assignments, streamOf.assignment(assignmentId));
        if (state.phase === 'none') continue;
        const valid = tokens.filter((token) => typeof token === 'object' && !isUnproven(state, token));
        expect(valid.length).toBeLessThanOrEqual(1);
        const owners = given.filter((token) => token.generation === state.generation);
        for (const { worker } of owners) expect(state.workerId).toBe(`W${assignmentId}-${worker}`);
      }
      // No token is given twice, in whatever order pages came.
      const generations = given.map(({ generation }) => generation);
      expect(new Set(generations).size).toBe(generations.length);
      let tasks = 0;
      for (const event of (await house.store.read(streamOf.assignment(assignmentId))).events) {
        if (event.type === 'TokenRenewed') renewals++;
        if (event.type === 'WorkerArrived' && event.data.takesOver) [tasks, takeovers] = [0, takeovers + 1];
        if (event.type === 'TaskAssigned') tasks++;
        expect(tasks).toBeLessThanOrEqual(1);
      }
    }),
    { numRuns: 40 },
  );
  // Otherwise nothing was shown.
  expect(Math.min(renewals, takeovers)).toBeGreaterThan(0);
});
