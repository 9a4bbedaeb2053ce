import type pg from 'pg';
import type { Logger } from 'pino';
import { version } from './cli/version.ts';
import { type Commands, createCommands } from './commands/commands.ts';
import type { Settings } from './config/settings.ts';
import type { Instant } from './domain/ids.ts';
import { identityOf, markLog } from './event-store/identity.ts';
import type { EventStore } from './event-store/port.ts';
import type { StoredBatch } from './event-store/postgres/groupCommit.ts';
import { type OpenEventStore, openEventStore } from './eventStore.ts';
import { startEmbeddedPostgres } from './postgres/embedded.ts';
import { holdLeases, silenceMs } from './postgres/lease.ts';
import { expectMigrated, migrate } from './postgres/migrate.ts';
import { createPool, type Database } from './postgres/pool.ts';
import { projections } from './projections/all.ts';
import { type CaughtUp, createCaughtUp } from './projections/caughtUp.ts';
import { leaseOf } from './projections/oldVersions.ts';
import { type Projection, searchPathOf } from './projections/projection.ts';
import { runProjector } from './projections/projector.ts';
import { expectNoLog, expectSameLog } from './projections/sameLog.ts';
import { setUpReadModels } from './projections/setUp.ts';

/** The database, up to date. */
export type OpenDatabase = {
  readonly url: string;
  /** Migrations that this start applied. */
  readonly applied: readonly string[];
  readonly close: () => Promise<void>;
};

/**
 * The operator's PostgreSQL, or our own in the data folder. It is migrated, unless only one that exists will do: who but
 * looks must not turn whatever database a mistaken address names into ours.
 */
export async function openDatabase(
  settings: Settings,
  log: Logger,
  { onlyExisting = false, serves = false }: { onlyExisting?: boolean; serves?: boolean } = {},
): Promise<OpenDatabase> {
  const { databaseUrl, dataDir } = settings;
  const server = databaseUrl === undefined ? await startEmbeddedPostgres({ dataDir, log, serves, onlyExisting }) : null;
  const url = server?.url ?? databaseUrl ?? '';
  const close = server?.stop ?? (async () => {});
  try {
    if (!onlyExisting) return { url, applied: await migrate(url, log), close };
    await expectMigrated(url, log, settings.eventStoreUrl === undefined ? 'log' : 'read models');
    return { url, applied: [], close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** The log alone, if it exists, and whatever it says: whose it is was not asked (`identityOf`). */
export async function openLog(
  settings: Settings,
  log: Logger,
): Promise<{ readonly store: EventStore; readonly close: () => Promise<void> }> {
  const database = await openDatabase(settings, log, { onlyExisting: true });
  const { store, close } = await openStoreBeside(database, settings, log, { onlyExisting: true });
  return {
    store,
    close: async () => {
      await close();
      await database.close();
    },
  };
}

async function openStoreBeside(
  database: OpenDatabase,
  settings: Settings,
  log: Logger,
  {
    onlyExisting,
    ...options
  }: {
    onlyExisting: boolean;
    onBatch?: ((batch: StoredBatch) => void) | undefined;
    connectTimeoutMs?: number | undefined;
  },
): Promise<OpenEventStore> {
  const elsewhere = onlyExisting ? expectMigrated : migrate;
  const prepare = settings.eventStoreUrl === undefined ? async () => {} : elsewhere;
  try {
    return await openEventStore(settings.eventStoreUrl ?? database.url, { settings, prepare, log, ...options });
  } catch (error) {
    await database.close();
    throw error;
  }
}

/** The parts of a node that need no HTTP: what `serve` and the command line's other commands share. */
export type Core = {
  readonly url: string;
  readonly db: Database;
  readonly store: EventStore;
  readonly caughtUp: CaughtUp;
  readonly commands: Commands;
  /** The same commands, but for dispatch, on a store that lets pass less. */
  readonly commandsOn: (store: EventStore) => Commands;
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

/** The log is ours, and the one that the read models were folded from; a new one is marked as that. */
async function expectOurLog({
  store,
  db,
  clock,
  onlyExisting,
}: {
  store: EventStore;
  db: Database;
  clock: () => Instant;
  onlyExisting: boolean;
}): Promise<void> {
  const found = await identityOf(store, { version });
  if (found === null && (await store.first()) === null) await expectNoLog(db);
  if (!onlyExisting) await expectSameLog(db, await markLog(store, found, { version, clock }));
  else if (found !== null) await expectSameLog(db, found.logId);
}

/**
 * Opens the log and the read models. Unless told otherwise the projector runs too, or stands by while another
 * node holds its lease.
 */
export async function openCore(
  settings: Settings,
  log: Logger,
  {
    projector = true,
    onlyExisting = false,
    serves = false,
    clock = Date.now,
    observed = (store) => store,
    observedProjections = (all) => all,
    onBatch,
    readYourWritesMs,
    connectTimeoutMs,
  }: {
    projector?: boolean;
    /** Sets up no database, and says nothing in the log. */
    onlyExisting?: boolean;
    /** A service, which may replace an embedded server that hangs. */
    serves?: boolean;
    clock?: () => Instant;
    /** The log as everybody uses it, and the read models as the projector does: measured, traced. */
    observed?: (store: EventStore) => EventStore;
    observedProjections?: ((all: readonly Projection[]) => readonly Projection[]) | undefined;
    /** After each statement of the log's group commit. */
    onBatch?: (batch: StoredBatch) => void;
    /** How long commands wait for the read models, if not as usual. */
    readYourWritesMs?: number | undefined;
    /** Longest wait for a connection to Postgres, if not as usual. */
    connectTimeoutMs?: number | undefined;
  } = {},
): Promise<Core> {
  const database = await openDatabase(settings, log, { onlyExisting, serves });
  const { url } = database;
  const onError = (error: Error): void => log.warn({ err: error }, 'a database connection was lost');
  const opened = await openStoreBeside(database, settings, log, { onlyExisting, onBatch, connectTimeoutMs });
  const pool = createPool(url, {
    max: 10,
    applicationName: 'retainer',
    searchPath: searchPathOf(projections),
    // A node that hangs amid a batch must not keep the next projector waiting for its locks.
    silenceMs: silenceMs(settings.leaseSeconds),
    connectTimeoutMs,
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
  await expectOurLog({ store, db: pool, clock, onlyExisting }).catch(unopened);
  const caughtUp = createCaughtUp({ db: pool, url, projections, log });
  const dependencies = { db: pool, clock, caughtUp, readYourWritesMs, log, settings };
  const commands = createCommands({ store, ...dependencies });
  const commandsOn = (store: EventStore) => createCommands({ store, ...dependencies }, commands.dispatch);
  const projectorLeases = projections.map(leaseOf);
  const leases = new Set<string>();
  const ending = new AbortController();
  // A lease for each version: while a new version of the code is rolled out, an old node keeps its tables up to date,
  // and a new one makes its own of what has changed.
  const projecting = projector
    ? holdLeases(
        { url, names: projectorLeases, signal: ending.signal, log, leases, leaseSeconds: settings.leaseSeconds },
        ({ names, signal }) =>
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
    commandsOn,
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
