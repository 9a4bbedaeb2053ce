import { setTimeout as sleep } from 'node:timers/promises';
import type { PoolClient } from 'pg';
import { BEGINNING, type Position } from '../event-store/port.ts';
import { alone } from '../postgres/alone.ts';
import { inTransaction } from '../postgres/pool.ts';
import { announcementOf } from './announcement.ts';
import { CannotApply } from './apply.ts';
import { type Checkpoints, versionsOf } from './checkpoints.ts';
import {
  type Aside,
  dropAside,
  type Folded,
  type FoldJob,
  foldAside,
  foldRest,
  schemasAside,
  stopOf,
} from './foldAside.ts';
import { type Projection, type Queryable, schemaAside, schemaOf } from './projection.ts';
import { setUpReadModels } from './setUp.ts';
import { skippedEvents, stopRebuildAt } from './stopped.ts';

export type RebuildReport = {
  /** Events that were folded: not those that an interrupted one had folded before, nor one that was passed over. */
  readonly events: number;
  readonly seconds: number;
  /** The tables show every event up to here; a running projector takes them on from there. */
  readonly position: Position;
  /** Rows by table. */
  readonly rows: Readonly<Record<string, number>>;
};

/**
 * Makes the named read models anew, beside the tables in use: those go on being served and kept up to date, until one
 * transaction puts the new ones in their place. Nobody has to be told: the next query reads the new tables.
 * Interrupted, it goes on where it was when it is called again, or begins anew with `restart`. A second rebuild waits
 * for the first. Memory is bounded by the batch.
 */
export async function rebuild({
  store,
  db,
  projections,
  names,
  log,
  onProgress,
  signal = new AbortController().signal,
  batchSize,
  restart = false,
}: FoldJob & { readonly restart?: boolean }): Promise<RebuildReport> {
  const chosen = chosenOf(projections, names);
  return alone({ db, name: 'rebuild', log, signal }, async () => {
    const startedAt = performance.now();
    await setUpReadModels({ db, projections });
    const skipped = await skippedEvents(db, chosen);
    const aside: Aside = {
      store,
      db,
      projections: chosen,
      skipped,
      purpose: 'rebuild',
      log,
      onProgress,
      signal,
      batchSize,
    };
    if (restart) await dropAside(db, aside);
    const { folded, swapped } = await foldAndSwap(aside);
    const position = [...swapped.places.values()].sort().at(-1) ?? BEGINNING;
    const events = folded.events + swapped.events;
    const rows = await countRows(db, chosen);
    return { events, seconds: Math.round(performance.now() - startedAt) / 1000, position, rows };
  });
}

async function foldAndSwap(aside: Aside): Promise<{ readonly folded: Folded; readonly swapped: Folded }> {
  const { db, projections } = aside;
  try {
    const folded = await foldAside(aside);
    // The planner's statistics, before anybody asks these tables.
    await db.query(`analyze ${tablesOf(projections, (one) => schemaAside(one, 'rebuild')).join(', ')}`);
    return { folded, swapped: await swapOrBlame(aside, folded.places) };
  } catch (error) {
    const stop = stopOf(aside, error);
    if (stop !== null) await stopRebuildAt(db, schemasAside({ ...aside, projections: stop.projections }), stop);
    throw error;
  }
}

/** A swap folds what is left all at once, so it cannot say which event was to blame: folded by itself, it shows. */
async function swapOrBlame(aside: Aside, places: Checkpoints): Promise<Folded> {
  try {
    return await swap(aside, places);
  } catch (error) {
    if (!(error instanceof CannotApply)) throw error;
    await foldAside(aside, await aside.store.head());
    throw new Error('the last events could be folded, but not while the tables were swapped: rebuild again', {
      cause: error,
    });
  }
}

/** The projections of these names. Throws if there is no such. */
export function chosenOf(projections: readonly Projection[], names: readonly string[]): readonly Projection[] {
  const unknown = names.filter((name) => !projections.some((projection) => projection.name === name));
  if (unknown.length > 0) throw new Error(`there is no projection ${unknown.join(', ')}`);
  return projections.filter(({ name }) => names.includes(name));
}

/**
 * One transaction: holds the checkpoints, so that the projector waits a moment; folds what came in since, at least as
 * far as the tables in use have come; and puts the new tables in their place. It never waits long for a table while
 * it holds checkpoints: a query that runs on would hold up the projector, and with it everything.
 */
async function swap(aside: Aside, places: Checkpoints): Promise<Folded> {
  const { db, signal, log } = aside;
  for (let tries = 1; ; tries++) {
    signal?.throwIfAborted();
    try {
      return await inTransaction(db, (tx) => swapIn(tx, aside, places));
    } catch (error) {
      if (!isLockTimeout(error)) throw error;
      if (tries % 50 === 0) log.warn({ tries }, 'waiting for long queries on the old tables');
      await sleep(Math.random() * 100);
    }
  }
}

async function swapIn(tx: PoolClient, aside: Aside, places: Checkpoints): Promise<Folded> {
  const { projections, store } = aside;
  // The rest of the log is read in between.
  await tx.query(`set local idle_in_transaction_session_timeout = '30s'`);
  const { rows } = await tx.query<{ position: Position }>(
    `select c.position from retainer.checkpoints c
     join unnest($1::text[], $2::int[]) as chosen (projection, version) using (projection, version)
     order by projection
     for update of c`,
    versionsOf(projections),
  );
  const upTo = [await store.head(), ...rows.map(({ position }) => position)].sort().at(-1) ?? BEGINNING;
  const folded = await foldRest(tx, aside, places, upTo);
  await tx.query(`set local lock_timeout = '200ms'`);
  await tx.query(
    projections
      .map((projection) => {
        const [live, made] = [schemaOf(projection), schemaAside(projection, 'rebuild')];
        return `drop schema ${live} cascade; alter schema ${made} rename to ${live};`;
      })
      .join(''),
  );
  await tx.query(
    `with done as (
       delete from retainer.rebuilds where schema = any($3) returning schema, position, recorded_at
     )
     update retainer.checkpoints c
     set position = done.position, recorded_at = done.recorded_at, updated_at = now(), stopped_position = null,
         stopped_type = null, stopped_error = null, stopped_at = null
     from unnest($1::text[], $2::int[], $3::text[]) as chosen (projection, version, schema)
     join done using (schema)
     where c.projection = chosen.projection and c.version = chosen.version`,
    [...versionsOf(projections), schemasAside(aside)],
  );
  await tx.query(`select pg_notify('read_models', $1)`, [announcementOf(projections, upTo, 'any')]);
  return folded;
}

const isLockTimeout = (error: unknown): boolean => error instanceof Error && 'code' in error && error.code === '55P03';

const tablesOf = (projections: readonly Projection[], schema: (projection: Projection) => string): readonly string[] =>
  projections.flatMap((projection) => projection.tableNames.map((table) => `${schema(projection)}.${table}`));

async function countRows(db: Queryable, projections: readonly Projection[]): Promise<Readonly<Record<string, number>>> {
  const { rows } = await db.query<{ table: string; rows: number }>(
    projections
      .flatMap((projection) =>
        projection.tableNames.map(
          (table) => `select '${table}' as table, count(*)::int as rows from ${schemaOf(projection)}.${table}`,
        ),
      )
      .join(' union all '),
  );
  return Object.fromEntries(rows.map(({ table, rows }) => [table, rows]));
}
