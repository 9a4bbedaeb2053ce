import type { Server } from 'node:http';
import { serve } from '@hono/node-server';
import type { Hono } from 'hono';
import type { Logger } from 'pino';
import { version } from './cli/version.ts';
import { type Commands, createCommands } from './commands/commands.ts';
import type { Settings } from './config.ts';
import type { Instant } from './domain/ids.ts';
import type { EventStore } from './event-store/port.ts';
import { createPostgresStore } from './event-store/postgres/store.ts';
import { createApp } from './http/app.ts';
import { anyKeyIssued } from './http/authentication.ts';
import { measuredStore } from './http/measuredStore.ts';
import { createMetrics, type Metrics } from './http/metrics.ts';
import { statusRoutes } from './http/status.ts';
import { workerRoutes } from './http/worker/routes.ts';
import type { RateLimit } from './marketplace/mturk/rateLimit.ts';
import type { Marketplace } from './marketplace/port.ts';
import { startEmbeddedPostgres } from './postgres/embedded.ts';
import { holdLease } from './postgres/lease.ts';
import { migrate } from './postgres/migrate.ts';
import { createPool, type Database } from './postgres/pool.ts';
import { projections } from './projections/all.ts';
import { type CaughtUp, createCaughtUp } from './projections/caughtUp.ts';
import { runProjector } from './projections/projector.ts';
import { setUpReadModels } from './projections/setUp.ts';
import { classic } from './scheduler/policies/classic.ts';
import { runScheduler } from './scheduler/scheduler.ts';

/** The database, up to date. */
export type OpenDatabase = {
  readonly url: string;
  /** Migrations that this start applied. */
  readonly applied: readonly string[];
  readonly close: () => Promise<void>;
};

/** The operator's PostgreSQL, or our own in the data folder; migrated either way. */
export async function openDatabase(settings: Settings, log: Logger): Promise<OpenDatabase> {
  if (settings.databaseUrl !== undefined) {
    const applied = await migrate(settings.databaseUrl, log);
    return { url: settings.databaseUrl, applied, close: async () => {} };
  }
  const server = await startEmbeddedPostgres({ dataDir: settings.dataDir, log });
  const applied = await migrate(server.url, log);
  return { url: server.url, applied, close: server.stop };
}

/** The parts of a node that need no HTTP: what `serve` and the command line's other commands share. */
export type Core = {
  readonly url: string;
  readonly db: Database;
  readonly store: EventStore;
  readonly caughtUp: CaughtUp;
  readonly commands: Commands;
  readonly clock: () => Instant;
  /** Ends the background work and lets go of every connection. */
  readonly close: () => Promise<void>;
};

/**
 * Opens the log and the read models. Unless told otherwise the projector runs too, or stands by while another
 * node holds its lease.
 */
export async function openCore(
  settings: Settings,
  log: Logger,
  {
    projector = true,
    clock = Date.now,
    measured = (store) => store,
  }: { projector?: boolean; clock?: () => Instant; measured?: (store: EventStore) => EventStore } = {},
): Promise<Core> {
  const database = await openDatabase(settings, log);
  const { url } = database;
  const onError = (error: Error): void => log.warn({ err: error }, 'a database connection was lost');
  const logUrl = settings.eventStoreUrl ?? url;
  if (logUrl !== url) await migrate(logUrl, log);
  const logPool = createPool(logUrl, { max: 4, applicationName: 'retainer log', onError });
  const pool = createPool(url, { max: 10, applicationName: 'retainer', onError });
  await setUpReadModels({ db: pool, projections });
  const store = measured(createPostgresStore({ url: logUrl, pool: logPool, log }));
  const caughtUp = createCaughtUp({ db: pool, url, log });
  const commands = createCommands({ store, db: pool, clock, caughtUp, log, settings });
  const ending = new AbortController();
  const projecting = projector
    ? holdLease({ url, name: 'projector', signal: ending.signal, log }, ({ signal }) =>
        runProjector({ store, db: pool, projections, signal, log }),
      )
    : Promise.resolve();
  return {
    url,
    db: pool,
    store,
    caughtUp,
    commands,
    clock,
    close: async () => {
      ending.abort();
      await store.close();
      await projecting;
      await caughtUp.close();
      await Promise.all([pool.end(), logPool.end()]);
      await database.close();
    },
  };
}

/** Calls to a marketplace in a second, and at once: MTurk's own limits are not published, these were never throttled. */
const MARKETPLACE_RATE = { perSecond: 5, burst: 20 };
/** Our own marketplace has no such limits; a rehearsal should not wait for them. */
const SIMULATED_RATE = { perSecond: 200, burst: 200 };
const SIMULATED_CREDENTIALS = { accessKeyId: 'RETAINER', secretAccessKey: 'simulated' };

/** Where HITs go, by a ProtoHIT's sandbox switch. The SDK is loaded when the first HIT is posted. */
export function marketplacesOf(
  settings: Settings,
  clock: () => Instant,
  ownUrl: () => string,
): (sandbox: boolean) => Promise<Marketplace> {
  const made = new Map<boolean, Promise<Marketplace>>();
  const make = async (sandbox: boolean): Promise<Marketplace> => {
    const [{ createMTurk }, rateLimit] = await Promise.all([import('./marketplace/mturk/mturk.ts'), limit()]);
    const side = sandbox ? 'sandbox' : 'live';
    const simulated = settings.mturk === 'simulated';
    return createMTurk({
      name: simulated ? `simulated ${side}` : `mturk ${side}`,
      endpoint: simulated ? `${ownUrl()}/marketplace/api/${side}` : settings.mturkEndpoint,
      ...(simulated ? { credentials: SIMULATED_CREDENTIALS } : {}),
      rateLimit,
      sandbox,
      clock,
    });
  };
  // One server behind both sides is one to go easy on.
  let shared: Promise<RateLimit> | undefined;
  const limit = (): Promise<RateLimit> => {
    const rate = settings.mturk === 'simulated' ? SIMULATED_RATE : MARKETPLACE_RATE;
    const make = async () => (await import('./marketplace/mturk/rateLimit.ts')).createRateLimit(rate);
    if (settings.mturk === 'aws' && settings.mturkEndpoint === undefined) return make();
    shared ??= make();
    return shared;
  };
  return (sandbox) => {
    const known = made.get(sandbox) ?? make(sandbox);
    made.set(sandbox, known);
    return known;
  };
}

/** What the scheduler needs, from a core and the settings. */
export const schedulerDependencies = (
  core: Core,
  settings: Settings,
  log: Logger,
  ownUrl: () => string = () => settings.publicUrl,
) => ({
  ...core,
  log,
  settings,
  policy: classic({ hitsPerTick: settings.hitsPerTick }),
  marketplaces: marketplacesOf(settings, core.clock, ownUrl),
});

export type Service = {
  /** Where it listens. */
  readonly url: string;
  /** What is where, for people. */
  readonly addresses: readonly (readonly [what: string, url: string])[];
  readonly core: Core;
  /** Ends held requests and streams, finishes what is under way, and lets go of everything. */
  readonly stop: () => Promise<void>;
};

/** Longest wait for requests under way when the service stops. */
const DRAIN_MS = 3_000;

/** A whole node: HTTP, the projector, the scheduler, and the built-in marketplace if that is where it recruits. */
export async function startService(
  settings: Settings,
  log: Logger,
  { clock = Date.now }: { clock?: () => Instant } = {},
): Promise<Service> {
  let metrics: Metrics | null = null;
  const core = await openCore(settings, log, {
    clock,
    measured: (store) =>
      measuredStore(store, {
        appended: (batch) => metrics?.appended(batch),
        dispatched: (seconds) => metrics?.dispatched(seconds),
      }),
  });
  const { db, commands, caughtUp, store } = core;
  if (!isLoopback(settings.host) && !settings.openApi && !(await anyKeyIssued(db))) {
    await core.close();
    throw new Error(
      `no API key was ever issued, so whoever reaches ${settings.host} could spend your money. Issue one with ` +
        "'retainer key issue', or say OPEN_API=true if that is what you want.",
    );
  }
  let ownUrl = settings.publicUrl;
  const publicUrl = (): string => (settings.port === 0 ? ownUrl : settings.publicUrl);
  const workers = workerRoutes({
    commands,
    db,
    caughtUp,
    settings,
    publicUrl,
    log,
    answered: (what) => metrics?.workerAnswered(what),
  });
  metrics = createMetrics({ db, store, caughtUp, listeners: workers.listeners, clock, settings });
  const pages: { path: string; routes: Hono }[] = [{ path: '/', routes: statusRoutes() }];
  if (settings.mturk === 'simulated') {
    const { createSimulatedMarketplace } = await import('./marketplace/simulated/simulated.ts');
    const control = settings.faultInjection;
    const routes = createSimulatedMarketplace({ db, clock, seed: 1, publicUrl, control, log });
    pages.push({ path: '/marketplace', routes });
  }
  const app = createApp({
    commands,
    db,
    store,
    caughtUp,
    clock,
    log,
    metrics,
    settings,
    publicUrl,
    version,
    workerRoutes: workers.routes,
    pages,
  });

  const server = await listening(workers.before(app.fetch), settings);
  const address = server.address();
  const port = address !== null && typeof address === 'object' ? address.port : settings.port;
  ownUrl = `http://${isLoopback(settings.host) ? settings.host : '127.0.0.1'}:${port}`;

  const ending = new AbortController();
  const scheduling = runScheduler({
    ...schedulerDependencies(core, settings, log, () => ownUrl),
    signal: ending.signal,
  });
  const crowd = startCrowd(settings, ownUrl, ending.signal, log);
  return {
    url: ownUrl,
    addresses: addressesOf(settings, publicUrl()),
    core,
    stop: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      workers.close();
      ending.abort();
      server.closeIdleConnections();
      // What is answered from now on is the last on its connection.
      server.keepAliveTimeout = 1;
      const cut = setTimeout(() => server.closeAllConnections(), DRAIN_MS);
      await Promise.all([closed, scheduling, crowd]);
      clearTimeout(cut);
      await core.close();
    },
  };
}

const isLoopback = (host: string): boolean => host === 'localhost' || host === '::1' || /^127\./.test(host);

/** Most bytes of headers a request may have. */
const MOST_HEADER_BYTES = 16_384;

function listening(fetch: Hono['fetch'], { host, port }: Settings): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = serve(
      { fetch, hostname: host, port, serverOptions: { maxHeaderSize: MOST_HEADER_BYTES, keepAliveTimeout: 65_000 } },
      () => resolve(server as Server),
    );
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(
        error.code === 'EADDRINUSE'
          ? new Error(`port ${port} of ${host} is taken: stop what listens there, or set PORT`)
          : error,
      ),
    );
  });
}

const addressesOf = ({ mturk }: Settings, url: string): readonly (readonly [string, string])[] => [
  ['API', url],
  ['API page', `${url}/docs`],
  ['status', `${url}/status`],
  ...(mturk === 'simulated' ? [['marketplace', `${url}/marketplace`] as const] : []),
  ['landing page', `${url}/example`],
  ['script', `${url}/retainer.js`],
];

/** Simulated workers, if the settings ask for some. */
async function startCrowd(settings: Settings, baseUrl: string, signal: AbortSignal, log: Logger): Promise<void> {
  const { simulatedWorkersPerMinute: ratePerMinute } = settings;
  if (settings.mturk !== 'simulated' || ratePerMinute === 0) return;
  const { startSimulatedWorkers } = await import('./marketplace/simulated/workers/crowd.ts');
  const onError = (error: unknown): void => log.warn({ err: error }, 'a simulated worker failed');
  await startSimulatedWorkers({ baseUrl, ratePerMinute, seed: 1, signal, onError });
}
