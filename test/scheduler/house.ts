import pino from 'pino';
import { type CommandResult, type Context, createCommands } from '../../src/commands/commands.ts';
import type { EventType } from '../../src/domain/event.ts';
import type {
  AssignmentId,
  Instant,
  MarketplaceHitId,
  ProtoHitId,
  ReservationId,
  WorkerId,
} from '../../src/domain/ids.ts';
import type { PingType } from '../../src/domain/presence.ts';
import type { ProtoHitFields } from '../../src/domain/protoHit.ts';
import type { EventStore } from '../../src/event-store/port.ts';
import { createPostgresStore } from '../../src/event-store/postgres/store.ts';
import { projections } from '../../src/projections/all.ts';
import { createCaughtUp } from '../../src/projections/caughtUp.ts';
import { runProjector } from '../../src/projections/projector.ts';
import { setUpReadModels } from '../../src/projections/setUp.ts';
import { spare } from '../../src/scheduler/policies/spare.ts';
import { createScheduler, type SchedulerDependencies } from '../../src/scheduler/scheduler.ts';
import { freshDatabase } from '../support/database.ts';
import { PATIENCE_MS } from '../support/until.ts';
import { happened } from './happened.ts';
import { createMarket } from './market.ts';
import { NOW } from './situations.ts';

export const SECOND = 1_000;
export const HOUR = 3_600_000;

const context: Context = { actor: 'anyone', requestId: 'test' };

const fields: Omit<ProtoHitFields, 'hitTypeId'> = {
  title: 'Wait, then name the bird',
  description: 'Wait on the page until you are called.',
  keywords: 'birds',
  url: 'https://birds.example/wait',
  frameHeight: 0,
  rewardCents: 5,
  assignmentDurationSeconds: 3_600,
  lifetimeSeconds: 3_600,
  autoApprovalDelaySeconds: 86_400,
  maxAssignments: 1,
  workerLocale: '',
  approvalRating: 0,
  maxWaitSeconds: 1_800,
};

export type Worker = { assignmentId: AssignmentId; workerId: WorkerId; marketplaceHitId: MarketplaceHitId };

const defaults = {
  maxOpenHits: 36,
  disposeAfterHours: 24,
  reservationTimeoutMinutes: 30,
  invokedTimeoutMinutes: 30,
  dailyBudget: 1_000_000,
  pingTimeoutSeconds: 10,
  unsignedWorkers: 'accept' as const,
  presenceGraceSeconds: 30,
  responseTimeoutSeconds: 20,
  presenceRetentionDays: 30,
};

const done = <Value>(result: CommandResult<Value>): Value => {
  if (result.type === 'refused') throw new Error(result.refusal.message);
  return result.value;
};

/**
 * The real log, read models and commands on a database of their own, a marketplace in memory, a clock that
 * moves when told, and a scheduler whose parts run when called.
 */
export async function openHouse(changes: Partial<typeof defaults> = {}) {
  const settings = { ...defaults, ...changes };
  const { url, pool, drop } = await freshDatabase();
  const log = pino({ level: process.env['TEST_LOG_LEVEL'] ?? 'silent' });
  const stop = new AbortController();
  let now: Instant = NOW;
  const clock = () => now;

  const store = createPostgresStore({ url, pool, log });
  await setUpReadModels({ db: pool, projections });
  const projector = runProjector({ store, db: pool, projections, signal: stop.signal, log });
  const caughtUp = createCaughtUp({ db: pool, url, projections, log });
  await caughtUp.ready;
  const commands = createCommands({ store, db: pool, clock, caughtUp, log, settings });
  const commandsOn = (fenced: EventStore) =>
    createCommands({ store: fenced, db: pool, clock, caughtUp, log, settings }, commands.dispatch);
  const market = createMarket(clock);
  const sandbox = createMarket(clock);

  const deps: SchedulerDependencies = {
    db: pool,
    store,
    commands,
    caughtUp,
    marketplaces: async (inSandbox) => (inSandbox ? sandbox : market).marketplace,
    looks: { afterMs: [700, 1_300, 2_500, 5_000], mostAtWork: 10 },
    policy: spare({ places: 2, percent: 50 }),
    settings,
    clock,
    log,
  };

  /** Waits until queries show all that happened. */
  const settle = async (): Promise<void> => {
    if (!(await caughtUp.until(await store.head(), { timeoutMs: PATIENCE_MS })))
      throw new Error('the projector is stuck');
  };

  return {
    url,
    db: pool,
    store,
    commands,
    commandsOn,
    caughtUp,
    context,
    deps,
    market,
    sandbox,
    settle,
    clock,
    /** A scheduler with no memory, as after a restart. */
    newScheduler: (changes: Partial<SchedulerDependencies> = {}) => createScheduler({ ...deps, ...changes }),
    pass: (ms: number) => {
      now += ms;
    },
    defineProtoHit: async (changes: Partial<typeof fields> = {}, inSandbox = false): Promise<ProtoHitId> => {
      const definition = { fields: { ...fields, ...changes }, sandbox: inSandbox };
      return done(await commands.putProtoHit(context, definition));
    },
    reserve: async (protoHitId: ProtoHitId, numAssignments = 1, delaySeconds = 0): Promise<ReservationId> => {
      const made = { protoHitId, foreignId: '7', payload: null, delaySeconds, numAssignments };
      return done(await commands.makeReservation(context, made));
    },
    ping: async (worker: Worker, pingType: PingType = 'waiting'): Promise<void> => {
      done(await commands.ping(context, { ...worker, pingType, session: { generation: 0 } }));
      await settle();
    },
    /** Events of these types in the whole log, in order. */
    happened: <Type extends EventType>(...types: readonly Type[]) => happened(store, ...types),
    close: async (): Promise<void> => {
      stop.abort();
      await projector;
      await caughtUp.close();
      await store.close();
      await drop();
    },
  };
}
export type House = Awaited<ReturnType<typeof openHouse>>;
