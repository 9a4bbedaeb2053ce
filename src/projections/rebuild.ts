import { setTimeout as sleep } from 'node:timers/promises';
import type { PoolClient } from 'pg';
import type { Logger } from 'pino';
import { BEGINNING, type EventStore, type Position } from '../event-store/port.ts';
import { type Database, inTransaction } from '../postgres/pool.ts';
import { type Projection, type Queryable, shareOut } from './projection.ts';
import { readAhead } from './readAhead.ts';
import { emptyTables, setUpReadModels } from './setUp.ts';

export type RebuildProgress = {
  readonly name: string;
  /** Events folded, of about `total`. */
  readonly done: number;
  readonly total: number;
  readonly ratePerSecond: number;
};

export type RebuildReport = {
  readonly events: number;
  readonly seconds: number;
  /** The tables show every event up to here; a running projector takes them on from there. */
  readonly position: Position;
  /** Rows by table. */
  readonly rows: Readonly<Record<string, number>>;
};

/** Larger than the projector's: more events fold into one row. 10,000 were a third quicker than 2,000, for 60 MB more. */
const BATCH_SIZE = 10_000;

/**
 * Empties the named read models and folds the whole log into them, in one pass and one transaction: queries on
 * these tables wait until it is done, and if it is interrupted the old tables are there as they were. It holds
 * their checkpoints meanwhile, so the projector goes on with the others. A second rebuild waits for the first.
 */
export async function rebuild({
  store,
  db,
  projections,
  names,
  log,
  onProgress,
  signal = new AbortController().signal,
  batchSize = BATCH_SIZE,
}: {
  store: EventStore;
  db: Database;
  projections: readonly Projection[];
  names: readonly string[];
  log: Logger;
  onProgress?: (progress: RebuildProgress) => void;
  signal?: AbortSignal;
  batchSize?: number;
}): Promise<RebuildReport> {
  const unknown = names.filter((name) => !projections.some((projection) => projection.name === name));
  if (unknown.length > 0) throw new Error(`there is no projection ${unknown.join(', ')}`);
  const chosen = projections.filter(({ name }) => names.includes(name));
  const startedAt = performance.now();
  const total = await store.count();
  await setUpReadModels({ db, projections });
  log.info({ projections: names, events: total }, 'rebuilding: queries on these read models wait until it is done');

  return inTransaction(db, async (tx) => {
    await holdCheckpoints(tx, chosen, log);
    await emptyAll(tx, chosen);
    let done = 0;
    let position = BEGINNING;
    const head = await store.head();
    const name = chosen.length === 1 ? (chosen[0]?.name ?? '') : `${chosen.length} read models`;
    if (head !== BEGINNING) {
      for await (const { events } of readAhead(store, { after: BEGINNING, batchSize, signal })) {
        for (const [projection, own] of shareOut(chosen, events)) if (own.length > 0) await projection.apply(tx, own);
        done += events.length;
        position = events.at(-1)?.position ?? position;
        const ratePerSecond = done / ((performance.now() - startedAt) / 1000);
        onProgress?.({ name, done, total: Math.max(total, done), ratePerSecond });
        if (position >= head) break;
      }
    }
    if (position < head) throw new Error('the rebuild was interrupted; the old tables stay');
    const rows = await finish(tx, chosen, position);
    return { events: done, seconds: (performance.now() - startedAt) / 1000, position, rows };
  });
}

/** Keeps the projector, and any other rebuild, off these tables until the transaction ends. */
async function holdCheckpoints(tx: Queryable, projections: readonly Projection[], log: Logger): Promise<void> {
  const hold = (wait: string) =>
    tx.query(
      `select projection from retainer.checkpoints where projection = any($1) order by projection for update ${wait}`,
      [projections.map(({ name }) => name)],
    );
  const { rowCount } = await hold('skip locked');
  if (rowCount === projections.length) return;
  log.info('waiting for whoever works on these read models');
  await hold('');
}

/**
 * Drops and makes the tables. Never waits long for a lock while it holds others: a query that reads several
 * tables and came in between would otherwise be the victim of a deadlock.
 */
async function emptyAll(tx: PoolClient, projections: readonly Projection[]): Promise<void> {
  await tx.query(`set local lock_timeout = '200ms'; savepoint before`);
  for (;;) {
    try {
      await tx.query(projections.map(emptyTables).join(''));
      await tx.query(`set local lock_timeout = 0`);
      return;
    } catch (error) {
      if (!isLockTimeout(error)) throw error;
      await tx.query('rollback to savepoint before');
      await sleep(Math.random() * 100);
    }
  }
}

const isLockTimeout = (error: unknown): boolean => error instanceof Error && 'code' in error && error.code === '55P03';

/** Moves the checkpoints, refreshes the planner's statistics, and counts. */
async function finish(
  tx: PoolClient,
  projections: readonly Projection[],
  position: Position,
): Promise<Readonly<Record<string, number>>> {
  await tx.query(
    `update retainer.checkpoints c
     set position = $3, version = done.version, updated_at = now()
     from unnest($1::text[], $2::int[]) as done (projection, version)
     where done.projection = c.projection`,
    [projections.map(({ name }) => name), projections.map(({ version }) => version), position],
  );
  const tables = projections.flatMap(({ tableNames }) => tableNames);
  await tx.query(`analyze ${tables.map((table) => `read_models.${table}`).join(', ')}`);
  const { rows } = await tx.query<{ table: string; rows: number }>(
    tables
      .map((table) => `select '${table}' as table, count(*)::int as rows from read_models.${table}`)
      .join(' union all '),
  );
  return Object.fromEntries(rows.map(({ table, rows }) => [table, rows]));
}
