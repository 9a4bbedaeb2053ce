import type { Hono } from 'hono';
import type { Logger } from 'pino';
import { builtInMarketplace, sendCrowd } from './builtInMarketplace.ts';
import { version } from './cli/version.ts';
import { readEnvFile } from './config/env.ts';
import type { Settings } from './config/settings.ts';
import { type Origins, shownSettings } from './config/shown.ts';
import { type Core, openCore } from './core.ts';
import type { Instant } from './domain/ids.ts';
import { readRecruitingRule } from './domain/recruiting.ts';
import { createAccess } from './http/access/access.ts';
import { isLoopback } from './http/access/hosts.ts';
import { createAddressLimits } from './http/access/limits.ts';
import { refuseToBeOpen } from './http/access/reach.ts';
import { createRecheck, RECHECK_MS } from './http/access/recheck.ts';
import { signInTrace } from './http/access/signInTrace.ts';
import { createAddressOf, warnedOnce } from './http/addressOf.ts';
import { createApp } from './http/app.ts';
import { createRequestOwner } from './http/idempotency/owner.ts';
import { measuredStore } from './http/measuredStore.ts';
import type { NodeFigures } from './http/metrics/node.ts';
import { createMetrics, type Metrics } from './http/metrics.ts';
import { createFeeds } from './http/pages/feeds.ts';
import { pageRoutes } from './http/pages/routes.ts';
import { createVisitorOf } from './http/pages/visitor.ts';
import { createReadiness } from './http/readiness.ts';
import { listen } from './http/server.ts';
import { measureTold } from './http/toldLatency.ts';
import { createCalledHere } from './http/worker/calledHere.ts';
import { workerRoutes } from './http/worker/routes.ts';
import { projections } from './projections/all.ts';
import { createRebuilding } from './projections/rebuilding.ts';
import { schedulerDependencies } from './recruiting.ts';
import { createScheduler, runScheduler, SCHEDULER_LEASE } from './scheduler/scheduler.ts';
import type { Tracing } from './tracing/tracing.ts';

export type Service = {
  /** Where it listens. */
  readonly url: string;
  /** What is where, for people. */
  readonly addresses: readonly (readonly [what: string, url: string])[];
  /** By which the first operator is added, once; null when there is one. */
  readonly firstOperatorLink: string | null;
  readonly core: Core;
  /** Ends held requests and streams, finishes what is under way, and lets go of everything. */
  readonly stop: () => Promise<void>;
};

/** How long requests wait for what should be there in a moment, if not as usual: a machine can be slow. */
export type Patience = {
  /** For the read models to show what a command did. */
  readonly readYourWritesMs?: number;
  /** For the first ping of a page whose first poll overtook it. */
  readonly firstPingMs?: number;
  /** For a connection to Postgres. */
  readonly connectTimeoutMs?: number;
  /** How long a stream may outlive the right to read it. */
  readonly recheckMs?: number;
};

/** Longest wait for requests under way when the service stops. */
const DRAIN_MS = 3_000;

/** A whole node: HTTP, the projector, the scheduler, and the built-in marketplace if that is where it recruits. */
export async function startService(
  settings: Settings,
  log: Logger,
  {
    clock = Date.now,
    tracing,
    accessLog = log,
    variables = { environment: process.env, file: readEnvFile() },
    patience = {},
  }: {
    clock?: () => Instant;
    tracing?: Tracing | undefined;
    /** Hears of every request that is answered. */
    accessLog?: Pick<Logger, 'info' | 'debug'> | undefined;
    /** Where the settings were read from, to be shown beside them. */
    variables?: Origins;
    patience?: Patience;
  } = {},
): Promise<Service> {
  let metrics: Metrics | null = null;
  const calledHere = createCalledHere();
  const core = await openCore(settings, log, {
    serves: true,
    clock,
    observed: (store) => {
      const measured = measuredStore(calledHere.observed(store), {
        appended: (append) => metrics?.appended(append),
        dispatched: (seconds) => metrics?.dispatched(seconds),
      });
      return tracing ? tracing.store(measured) : measured;
    },
    observedProjections: tracing?.projections,
    onBatch: (batch) => metrics?.stored(batch),
    readYourWritesMs: patience.readYourWritesMs,
    connectTimeoutMs: patience.connectTimeoutMs,
  });
  const { db, caughtUp, store } = core;
  const commands = tracing ? tracing.commands(core.commands) : core.commands;
  const ending = new AbortController();
  /** Ended last: until then others take the requests under way for running. */
  const answering = new AbortController();
  /** Lets go of whoever waits, and of timers. */
  let release = (): void => ending.abort();
  const start = async (): Promise<Service> => {
    let ownUrl = settings.publicUrl;
    // Of a port that is not known yet, if nobody said otherwise.
    const isOwnUrl = new URL(settings.publicUrl).port === '0';
    const publicUrl = (): string => (isOwnUrl ? ownUrl : settings.publicUrl);
    const access = createAccess({ ...settings, db, publicUrl });
    await refuseToBeOpen(settings, access);
    const visitorOf = createVisitorOf(db, access);
    const addressOf = createAddressOf(settings.trustedProxies ?? [], warnedOnce(log));
    const limits = createAddressLimits({
      addressOf,
      requestsPerSecond: settings.requestsPerSecond,
      listeners: settings.listenersPerAddress,
    });
    const recheck = createRecheck({ everyMs: patience.recheckMs ?? RECHECK_MS, log });
    const measureLatency = measureTold({ db, caughtUp }, (seconds) => metrics?.told(seconds));
    const tellTrace = tracing?.telling(store);
    const workers = workerRoutes({
      // Pings are not traced: there are thousands a second.
      commands: core.commands,
      db,
      caughtUp,
      calledHere,
      settings,
      clock,
      limits,
      publicUrl,
      firstPingMs: patience.firstPingMs,
      log,
      observe: {
        answered: (what) => metrics?.workerAnswered(what),
        refused: (status) => metrics?.workerRefused(status),
        told: (task, at) => {
          for (const measure of [measureLatency, tellTrace])
            measure?.(task, at).catch((error: unknown) => log.debug({ err: error }, 'a call could not be measured'));
        },
      },
    });
    metrics = createMetrics({ db, store, node: figuresOf(core, workers), clock, settings });
    const rebuilding = createRebuilding({ store, db, projections, clock, log });
    const scheduled = schedulerDependencies(core, settings, log, {
      ownUrl: () => ownUrl,
      called: (call) => metrics?.called(call),
    });
    const pingTimeoutMs = settings.pingTimeoutSeconds * 1000;
    const readiness = createReadiness({ db, store, caughtUp, clock, log });
    const feeds = createFeeds({ db, store, caughtUp, clock, pingTimeoutMs, readiness, recheck, log });
    release = () => {
      workers.close();
      feeds.close();
      ending.abort();
    };
    const hasMarketplace = settings.mturk === 'simulated';
    const pages: { path: string; routes: Hono }[] = [
      {
        path: '/',
        routes: pageRoutes({
          commands,
          db,
          clock,
          feeds,
          store,
          publicUrl,
          hasMarketplace,
          bodyLimitBytes: settings.bodyLimitBytes,
          addressOf,
          access,
          visitorOf,
          pingTimeoutMs: settings.pingTimeoutSeconds * 1000,
          schedulerIntervalSeconds: settings.schedulerIntervalSeconds,
          round: () => createScheduler(scheduled).tick(),
          version,
          admin: {
            ...{ store, rebuilding, settings: shownSettings(settings, variables) },
            recruiting: readRecruitingRule(settings),
            noteSignIn: signInTrace({
              ...{ log, addressOf, logPersonalData: settings.logPersonalData },
              counted: (outcome) => metrics?.signedIn(outcome),
            }),
          },
        }),
      },
    ];
    const marketplace = await builtInMarketplace(core, settings, { access, visitorOf, publicUrl, log });
    if (marketplace !== null) pages.push({ path: '/marketplace', routes: marketplace });
    const requestOwner = createRequestOwner({
      ...{ url: core.url, signal: answering.signal, log, leaseSeconds: settings.leaseSeconds },
    });
    const app = createApp({
      ending: ending.signal,
      commands,
      db,
      store,
      caughtUp,
      clock,
      log,
      accessLog,
      metrics,
      settings,
      addressOf,
      limits,
      recheck,
      requestOwner,
      access,
      visitorOf,
      publicUrl,
      version,
      workerRoutes: workers.routes,
      traced: tracing?.requests,
      pages,
      hasMarketplace,
    });

    const server = await listen(workers.before(app.fetch), { ...settings, log });
    // A new link ends the one before: a start that finds the port taken leaves that to the service that runs there.
    const invitation = await core.commands.inviteFirstOperator().catch((error: unknown) => {
      server.close();
      throw error;
    });
    const address = server.address();
    const port = address !== null && typeof address === 'object' ? address.port : settings.port;
    ownUrl = `http://${isLoopback(settings.host) ? settings.host : '127.0.0.1'}:${port}`;

    const scheduling = runScheduler({ ...scheduled, signal: ending.signal });
    const crowd = sendCrowd(core, settings, { baseUrl: ownUrl, signal: ending.signal, log });
    return {
      url: ownUrl,
      addresses: addressesOf(settings, publicUrl()),
      firstOperatorLink: invitation === null ? null : `${publicUrl()}/admin/first?token=${invitation}`,
      core,
      stop: async () => {
        const closed = new Promise((resolve) => server.close(resolve));
        release();
        server.closeIdleConnections();
        // What is answered from now on is the last on its connection.
        server.keepAliveTimeout = 1;
        const cut = setTimeout(() => server.closeAllConnections(), DRAIN_MS);
        await Promise.all([closed, scheduling, crowd, rebuilding.stop()]);
        clearTimeout(cut);
        answering.abort();
        await requestOwner.ended;
        await core.close();
      },
    };
  };
  try {
    return await start();
  } catch (error) {
    // What runs in the background would go on, and keep the process from ending.
    release();
    answering.abort();
    await core.close();
    throw error;
  }
}

/** What metrics ask of a node. */
const figuresOf = (
  { store, pools, leases, projectorLeases }: Core,
  { listeners, streams, lookUpsWaiting }: ReturnType<typeof workerRoutes>,
): NodeFigures => ({
  listeners,
  streams,
  queues: () => {
    const { appends = 0, reads = 0 } = store.waiting?.() ?? {};
    const [forReadModels, forLog] = [pools.readModels.waitingCount, pools.log?.waitingCount ?? 0];
    return {
      appends,
      stream_reads: reads,
      task_lookups: lookUpsWaiting(),
      postgres: forReadModels,
      postgres_log: forLog,
    };
  },
  connections: () => ({ read_models: pools.readModels, ...(pools.log ? { log: pools.log } : {}) }),
  leases: () => Object.fromEntries([...projectorLeases, SCHEDULER_LEASE].map((name) => [name, leases.has(name)])),
});

const addressesOf = ({ mturk, dailyBudget }: Settings, url: string): readonly (readonly [string, string])[] => [
  ['home', url],
  ['API', url],
  ['API page', `${url}/docs`],
  ['status', `${url}/status`],
  ['admin', `${url}/admin`],
  ...(mturk === 'simulated' ? [['marketplace', `${url}/marketplace`] as const] : []),
  ['landing page', `${url}/example`],
  ['script', `${url}/retainer.js`],
  ['daily budget', `${dailyBudget} US dollars of real HITs and bonuses (DAILY_BUDGET); play costs nothing`],
];
