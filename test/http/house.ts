import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { serve } from '@hono/node-server';
import pino, { type Logger } from 'pino';
import { type Commands, createCommands } from '../../src/commands/commands.ts';
import type { EventStore } from '../../src/event-store/port.ts';
import { createPostgresStore } from '../../src/event-store/postgres/store.ts';
import { createAccess } from '../../src/http/access/access.ts';
import { createAddressLimits } from '../../src/http/access/limits.ts';
import { createRecheck } from '../../src/http/access/recheck.ts';
import { createAddressOf } from '../../src/http/addressOf.ts';
import { createApp } from '../../src/http/app.ts';
import { createRequestOwner } from '../../src/http/idempotency/owner.ts';
import { measuredStore } from '../../src/http/measuredStore.ts';
import { createMetrics } from '../../src/http/metrics.ts';
import { createVisitorOf } from '../../src/http/pages/visitor.ts';
import { createCalledHere } from '../../src/http/worker/calledHere.ts';
import { workerRoutes } from '../../src/http/worker/routes.ts';
import { holdLease } from '../../src/postgres/lease.ts';
import { createPool } from '../../src/postgres/pool.ts';
import { projections } from '../../src/projections/all.ts';
import { createCaughtUp } from '../../src/projections/caughtUp.ts';
import { searchPathOf } from '../../src/projections/projection.ts';
import { runProjector } from '../../src/projections/projector.ts';
import { setUpReadModels } from '../../src/projections/setUp.ts';
import { freshDatabase, type TestDatabase } from '../support/database.ts';

/** A node's application side: real log, read models, commands and HTTP over a socket. Nobody recruits. */
export type House = {
  readonly url: string;
  readonly database: TestDatabase;
  readonly store: EventStore;
  readonly commands: Commands;
  /** What was logged, a line each. */
  readonly logged: () => readonly string[];
  /** Tells streams to end, as a service does that stops. */
  readonly stopping: AbortController;
  readonly close: () => Promise<void>;
};

type Options = {
  /** How the node reaches its database, if not straight. */
  readonly via?: (url: string) => string;
  readonly logPersonalData?: boolean;
  readonly ids?: 'uuids' | 'numbers';
  /** Pages of the operator's own, elsewhere. */
  readonly allowedOrigins?: readonly string[];
  /** How often streams ask whether they may go on. */
  readonly recheckMs?: number;
};

export const BODY_LIMIT = 262_144;

export async function openHouse({
  via = (url) => url,
  logPersonalData = false,
  ids = 'uuids',
  allowedOrigins = [],
  recheckMs = 15_000,
}: Options = {}): Promise<House> {
  const database = await freshDatabase();
  const url = via(database.url);
  const lines: string[] = [];
  const log: Logger = pino({ level: 'debug' }, { write: (line: string) => void lines.push(line) });
  const pool = createPool(url, {
    max: 10,
    applicationName: 'http test',
    searchPath: searchPathOf(projections),
    onError: () => {},
  });
  const postgresStore = createPostgresStore({ url, pool, log });
  await setUpReadModels({ db: pool, projections });
  const caughtUp = createCaughtUp({ db: pool, url, projections, log });
  const settings = {
    pingTimeoutSeconds: 3_600,
    unsignedWorkers: 'accept' as const,
    reservationTimeoutMinutes: 30,
    invokedTimeoutMinutes: 30,
    dailyBudget: 100,
    ids,
    bodyLimitBytes: BODY_LIMIT,
    responseTimeoutSeconds: 20,
    maxListeners: 100,
    logPersonalData,
    metrics: 'open' as const,
  };
  const clock = Date.now;
  const metrics = createMetrics({
    db: pool,
    store: postgresStore,
    node: {
      listeners: () => workers.listeners(),
      streams: () => workers.streams(),
      queues: () => ({}),
      connections: () => ({}),
      leases: () => ({}),
    },
    clock,
    settings,
  });
  const calledHere = createCalledHere();
  const store = measuredStore(calledHere.observed(postgresStore), metrics);
  const commands = createCommands({ store, db: pool, clock, caughtUp, readYourWritesMs: 60_000, log, settings });
  const ending = new AbortController();
  const projecting = holdLease({ url, name: 'projector', signal: ending.signal, log }, ({ signal }) =>
    runProjector({ store, db: pool, projections, signal, log }),
  );
  await caughtUp.ready;
  let publicUrl = '';
  const addressOf = createAddressOf([]);
  const limits = createAddressLimits({ addressOf, requestsPerSecond: 100, listeners: 500 });
  const workers = workerRoutes({
    commands,
    db: pool,
    caughtUp,
    calledHere,
    settings,
    clock,
    limits,
    publicUrl: () => publicUrl,
    log,
    observe: { answered: metrics.workerAnswered, refused: metrics.workerRefused, told: () => {} },
  });
  const stopping = new AbortController();
  const answering = new AbortController();
  const requestOwner = createRequestOwner({ url, signal: answering.signal, log });
  const access = createAccess({ db: pool, publicUrl: () => publicUrl, openApi: false, allowedOrigins });
  const app = createApp({
    ending: stopping.signal,
    commands,
    db: pool,
    store,
    caughtUp,
    clock,
    log,
    metrics,
    settings,
    addressOf,
    limits,
    recheck: createRecheck({ everyMs: recheckMs, log }),
    requestOwner,
    access,
    visitorOf: createVisitorOf(pool, access),
    publicUrl: () => publicUrl,
    version: '0.0.0-test',
    workerRoutes: workers.routes,
    hasMarketplace: false,
  });
  const server = await new Promise<Server>((resolve) => {
    const started = serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }, () => resolve(started as Server));
  });
  publicUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url: publicUrl,
    database,
    store,
    commands,
    logged: () => lines,
    stopping,
    close: async () => {
      stopping.abort();
      workers.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await store.close();
      answering.abort();
      await requestOwner.ended;
      ending.abort();
      await projecting;
      await caughtUp.close();
      await pool.end();
      await database.drop();
    },
  };
}
