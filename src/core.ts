import type pg from 'pg';
import type { Logger } from 'pino';
import { version } from './cli/version.ts';
import { type Commands, createCommands } from './commands/commands.ts';
import type { Settings } from './config.ts';
import type { Instant } from './domain/ids.ts';
import { identifyLog } from './event-store/identity.ts';
import type { EventStore } from './event-store/port.ts';
import type { StoredBatch } from './event-store/postgres/groupCommit.ts';
import { openEventStore } from './eventStore.ts';
import { startEmbeddedPostgres } from './postgres/embedded.ts';
import { holdLeases } from './postgres/lease.ts';
import { migrate } from './postgres/migrate.ts';
import { createPool, type Database } from './postgres/pool.ts';
import { projections } from './projections/all.ts';
import { type CaughtUp, createCaughtUp } from './projections/caughtUp.ts';
import { leaseOf } from './projections/oldVersions.ts';
import { type Projection, searchPathOf } from './projections/projection.ts';
import { runProjector } from './projections/projector.ts';
import { expectSameLog } from './projections/sameLog.ts';
import { setUpReadModels } from './projections/setUp.ts';

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
  /** Leases that this node competes for in order to project, and all that it holds now. */
  readonly projectorLeases: readonly string[];
  readonly leases: Set<string>;
  readonly pools: {
    readonly readModels: pg.Pool /** Null where the log is not in Postgres. */;
    readonly log: pg.Pool | null;
  };
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
    observed = (store) => store,
    observedProjections = (all) => all,
    onBatch,
  }: {
    projector?: boolean;
    clock?: () => Instant;
    /** The log as everybody uses it, and the read models as the projector does: measured, traced. */
    observed?: (store: EventStore) => EventStore;
    observedProjections?: ((all: readonly Projection[]) => readonly Projection[]) | undefined;
    /** After each statement of the log's group commit. */
    onBatch?: (batch: StoredBatch) => void;
  } = {},
): Promise<Core> {
  const database = await openDatabase(settings, log);
  const { url } = database;
  const onError = (error: Error): void => log.warn({ err: error }, 'a database connection was lost');
  const opened = await openEventStore(settings.eventStoreUrl ?? url, { settings, log, onBatch }).catch(
    async (error: unknown) => {
      await database.close();
      throw error;
    },
  );
  const pool = createPool(url, {
    max: 10,
    applicationName: 'retainer',
    searchPath: searchPathOf(projections),
    onError,
  });
  await setUpReadModels({ db: pool, projections });
  const store = observed(opened.store);
  const unopened = async (reason: unknown): Promise<never> => {
    await opened.close();
    await pool.end();
    await database.close();
    throw reason;
  };
  const logId = await identifyLog(store, { version, clock }).catch(unopened);
  await expectSameLog(pool, logId).catch(unopened);
  const caughtUp = createCaughtUp({ db: pool, url, projections, log });
  const commands = createCommands({ store, db: pool, clock, caughtUp, log, settings });
  const projectorLeases = projections.map(leaseOf);
  const leases = new Set<string>();
  const ending = new AbortController();
  // A lease for each version: while a new version of the code is rolled out, an old node keeps its tables up to date,
  // and a new one makes its own of what has changed.
  const projecting = projector
    ? holdLeases({ url, names: projectorLeases, signal: ending.signal, log, leases }, ({ names, signal }) =>
        runProjector({
          store,
          db: pool,
          projections: observedProjections(projections.filter((one) => names.includes(leaseOf(one)))),
          signal,
          log,
        }),
      )
    : Promise.resolve();
  return {
    url,
    db: pool,
    store,
    caughtUp,
    commands,
    clock,
    projectorLeases,
    leases,
    pools: { readModels: pool, log: opened.pool },
    close: async () => {
      ending.abort();
      await opened.close();
      await projecting;
      await caughtUp.close();
      await pool.end();
      await database.close();
    },
  };
}
