import pino from 'pino';
import { v7 as uuidv7 } from 'uuid';
import { readSettings } from '../../src/config/read.ts';
import { HitId, MarketplaceHitId, type ProtoHitId, type ReservationId } from '../../src/domain/ids.ts';
import { type Patience, type Service, startService } from '../../src/service.ts';
import { freshDatabase, type TestDatabase } from './database.ts';
import { fields } from './events.ts';
import { PATIENCE_MS } from './until.ts';

export { until } from './until.ts';

export type TestService = Service & {
  readonly database: TestDatabase;
  /** Stops the node and drops its database. */
  readonly end: () => Promise<void>;
};

type Options = {
  readonly clock?: () => number;
  readonly patience?: Patience;
  /** Hears of every line of the log. */
  readonly logged?: (line: string) => void;
};

const LENIENT = { readYourWritesMs: 60_000, firstPingMs: 60_000, connectTimeoutMs: 30_000 } as const satisfies Patience;

/** A whole node over a real socket and a database of its own; settings as in the environment. */
export async function startTestService(
  environment: Readonly<Record<string, string>> = {},
  { clock = Date.now, logged, patience = {} }: Options = {},
): Promise<TestService> {
  const database = await freshDatabase();
  const variables = {
    environment: {
      DATABASE_URL: database.url,
      PORT: '0',
      SCHEDULER_INTERVAL_SECONDS: '0',
      LOG_LEVEL: logged === undefined ? 'silent' : 'info',
      // Nobody is lost because a test that pings once is slow; tests about that say how long it takes.
      PING_TIMEOUT_SECONDS: '3600',
      RESPONSE_TIMEOUT_SECONDS: '3600',
      ...environment,
    },
    file: {},
  };
  const result = readSettings(variables.environment);
  if (result.type === 'invalid') throw new Error(result.problems.join('\n'));
  const { logLevel: level } = result.settings;
  const log = logged === undefined ? pino({ level }) : pino({ level }, { write: logged });
  const service = await startService(result.settings, log, {
    variables,
    patience: { ...LENIENT, ...patience },
    clock,
  });
  return {
    ...service,
    database,
    end: async () => {
      await service.stop();
      await database.drop();
    },
  };
}

const context = { actor: 'scheduler', requestId: 'test' } as const;

/** A ProtoHIT, and a reservation of it that nobody recruits for yet. */
export async function openReservation(
  { core: { commands } }: Pick<Service, 'core'>,
  { numAssignments = 1 }: { numAssignments?: number } = {},
): Promise<{ protoHitId: ProtoHitId; reservationId: ReservationId }> {
  const { hitTypeId: _, ...rest } = fields();
  const protoHit = await commands.putProtoHit(context, { fields: rest });
  if (protoHit.type === 'refused') throw new Error(protoHit.refusal.message);
  const protoHitId = protoHit.value;
  const made = await commands.makeReservation(context, {
    protoHitId,
    foreignId: '42',
    payload: null,
    delaySeconds: 60,
    numAssignments,
  });
  if (made.type === 'refused') throw new Error(made.refusal.message);
  return { protoHitId, reservationId: made.value };
}

/** The same with a HIT that recruits for it, as if it were on the market: the marketplace itself does not know it. */
export async function openWork(
  service: Pick<Service, 'core'>,
  { numAssignments = 1, places = 100 }: { numAssignments?: number; places?: number } = {},
): Promise<{ protoHitId: ProtoHitId; reservationId: ReservationId; hit: string }> {
  const { protoHitId, reservationId } = await openReservation(service, { numAssignments });
  const hit = await postHit(service, { protoHitId, recruitedFor: reservationId, places });
  return { protoHitId, reservationId, hit };
}

/** A HIT on the market, posted for a reservation or for none. */
export async function postHit(
  { core: { commands, caughtUp, clock } }: Pick<Service, 'core'>,
  {
    protoHitId,
    recruitedFor = null,
    places = 100,
  }: { protoHitId: ProtoHitId; recruitedFor?: ReservationId | null; places?: number },
): Promise<MarketplaceHitId> {
  const hitId = HitId.parse(uuidv7());
  const hit = MarketplaceHitId.parse(`HIT${hitId.replaceAll('-', '').toUpperCase()}`);
  await commands.requestHitPost(context, {
    hits: [{ hitId, protoHitId, recruitedFor, fields: fields(), sandbox: true, maxAssignments: places }],
  });
  const posted = await commands.recordHitPosted(context, {
    hitId,
    marketplaceHitId: hit,
    // By the service's clock: a test may have moved it past what is an hour from now by ours.
    expiresAt: clock() + 3_600_000,
  });
  if (posted.type === 'done' && posted.position !== null)
    await caughtUp.until(posted.position, { timeoutMs: PATIENCE_MS });
  return hit;
}
