import type { Logger } from 'pino';
import { UnreadableEvent } from '../event-store/codec.ts';
import { BEGINNING, type EventStore, type Position } from '../event-store/port.ts';
import { pipelined } from '../postgres/pipelined.ts';
import { type Database, inTransaction } from '../postgres/pool.ts';
import { CannotApply, changesBy, upToTheCulprit, write } from './apply.ts';
import { type Checkpoints, earliest, movedTo } from './checkpoints.ts';
import { type Projection, type Queryable, type Skipped, schemaAside } from './projection.ts';
import { type Piece, readTo } from './readTo.ts';
import { emptyTables } from './setUp.ts';
import type { Stop } from './stopped.ts';

export type FoldProgress = {
  readonly name: string;
  /** Events folded, of about `total`. */
  readonly done: number;
  readonly total: number;
  readonly ratePerSecond: number;
};

/** Larger than the projector's: more events fold into one row. 10,000 were a third quicker than 2,000, for 60 MB more. */
const BATCH_SIZE = 10_000;

/** What is to be folded anew, by whom it is told to stop, and who hears how far it is. */
export type FoldJob = {
  readonly store: EventStore;
  readonly db: Database;
  readonly projections: readonly Projection[];
  /** Which of them. */
  readonly names: readonly string[];
  readonly log: Logger;
  readonly onProgress?: (progress: FoldProgress) => void;
  readonly signal?: AbortSignal;
  readonly batchSize?: number;
};

/** How far each projection came, and by how many events: counted, where the log itself may only guess. */
export type Folded = { readonly places: Checkpoints; readonly events: number };

/** Tables that are made beside those in use. */
export type Aside = {
  readonly store: EventStore;
  readonly db: Database;
  readonly projections: readonly Projection[];
  readonly skipped: Skipped;
  /** What they are for: added to the schemas' names. */
  readonly purpose: 'rebuild' | 'check';
  readonly log: Logger;
  readonly onProgress?: ((progress: FoldProgress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly batchSize?: number | undefined;
};

export const schemasAside = ({ projections, purpose }: Pick<Aside, 'projections' | 'purpose'>): string[] =>
  projections.map((projection) => schemaAside(projection, purpose));

/**
 * Folds the log into tables aside, up to a position or until what is left fits in one batch. Batch by batch in
 * transactions of their own, so that after an interruption the next one goes on there. The caller holds a lock: one
 * at a time. Throws when it is told to stop, and `CannotApply`, naming the event.
 */
export async function foldAside(aside: Aside, end?: Position): Promise<Folded> {
  const { store, projections, log, signal, onProgress, batchSize = BATCH_SIZE } = aside;
  let places = await takeUp(aside);
  const [all, left] = await Promise.all([store.count(), store.count(earliest(places))]);
  if (left < all) log.info({ done: all - left, of: all }, 'going on where the last one was interrupted');
  const name = projections.length === 1 ? (projections[0]?.name ?? '') : `${projections.length} read models`;
  const startedAt = performance.now();
  let folded = 0;
  for (;;) {
    const upTo = end ?? (await store.head());
    for await (const { events, past } of readOrTell(aside, { after: earliest(places), upTo, batchSize, signal })) {
      await upToTheCulprit(events, async (part) => {
        places = await foldPiece(aside, places, { events: part, past: part.at(-1) ?? past });
      });
      folded += events.length;
      const done = all - left + folded;
      const ratePerSecond = folded / ((performance.now() - startedAt) / 1000);
      onProgress?.({ name, done, total: Math.max(all, done), ratePerSecond });
    }
    if (end !== undefined || (await store.count(earliest(places))) <= batchSize) return { places, events: folded };
  }
}

/** What is left between places and a position, in a transaction of the caller's. */
export async function foldRest(tx: Queryable, aside: Aside, places: Checkpoints, upTo: Position): Promise<Folded> {
  const { batchSize = BATCH_SIZE } = aside;
  let folded: Folded = { places, events: 0 };
  for await (const piece of readOrTell(aside, { after: earliest(places), upTo, batchSize }))
    folded = {
      places: await foldIn(tx, aside, folded.places, piece),
      events: folded.events + piece.events.length,
    };
  return folded;
}

/** What the log holds, or a sentence for the operator: whose business an event is that cannot be understood. */
async function* readOrTell(
  aside: Aside,
  reading: Pick<Parameters<typeof readTo>[1], 'after' | 'upTo' | 'batchSize' | 'signal'>,
): AsyncGenerator<Piece> {
  try {
    yield* readTo(aside.store, { ...reading, mayPass: (error) => heldUpBy(aside, error).length === 0 });
  } catch (error) {
    if (!(error instanceof UnreadableEvent)) throw error;
    const takers = heldUpBy(aside, error).map(({ name }) => name);
    throw new Error(
      `${error.message}. ${takers.join(', ')} ${takers.length === 1 ? 'is' : 'are'} made from events of this type; ` +
        'nothing in use was changed. Use a version of the service that understands it, or let a read model pass over it: ' +
        `${aside.purpose === 'check' ? "'retainer rebuild NAME', which will stand still there, then " : ''}` +
        "'retainer projections skip NAME', and rebuild",
      { cause: error },
    );
  }
}

/** The projections that cannot pass over an event that cannot be understood: they take its type, and no operator said skip. */
const heldUpBy = ({ projections, skipped }: Aside, { stored }: UnreadableEvent): readonly Projection[] =>
  projections.filter(
    ({ name, events }) => events.some((type) => type === stored.type) && !skipped.get(name)?.has(stored.position),
  );

/** Before which event a fold ended, and whose; null if it ended of something else. */
export function stopOf(aside: Aside, error: unknown): (Stop & { readonly projections: readonly Projection[] }) | null {
  if (error instanceof CannotApply) return { projections: [error.projection], ...error.event, error: error.message };
  if (!(error instanceof Error && error.cause instanceof UnreadableEvent)) return null;
  const { stored, message } = error.cause;
  return { projections: heldUpBy(aside, error.cause), position: stored.position, type: stored.type, error: message };
}

/** The tables that an interrupted one left, and their places; or new ones. Whatever they stood still before is tried again. */
async function takeUp({ db, projections, purpose }: Aside): Promise<Checkpoints> {
  return inTransaction(db, async (tx) => {
    const { rows } = await tx.query<{ schema: string; position: Position }>(
      `update retainer.rebuilds set stopped_position = null, stopped_type = null, stopped_error = null
       where schema = any($1) and exists (select from pg_namespace where nspname = schema)
       returning schema, position`,
      [schemasAside({ projections, purpose })],
    );
    const known = new Map(rows.map(({ schema, position }) => [schema, position]));
    const missing = projections.filter((projection) => !known.has(schemaAside(projection, purpose)));
    if (missing.length > 0) {
      await tx.query(missing.map((projection) => emptyTables(projection, schemaAside(projection, purpose))).join(''));
      await tx.query(
        `insert into retainer.rebuilds (schema, position) select schema, $2 from unnest($1::text[]) as made (schema)
         on conflict (schema) do update set position = excluded.position, recorded_at = null, started_at = now(),
           stopped_position = null, stopped_type = null, stopped_error = null`,
        [schemasAside({ projections: missing, purpose }), BEGINNING],
      );
    }
    return new Map(
      projections.map((projection) => [projection.name, known.get(schemaAside(projection, purpose)) ?? BEGINNING]),
    );
  });
}

const foldPiece = (aside: Aside, places: Checkpoints, piece: Piece): Promise<Checkpoints> =>
  inTransaction(aside.db, async (tx, commit) => {
    // Should Postgres crash, tables and places fall back together.
    const lazily = tx.query(`set local synchronous_commit = off`);
    const [, moved] = await pipelined([lazily, foldIn(tx, aside, places, piece, commit)]);
    return moved;
  });

async function foldIn(
  tx: Queryable,
  aside: Aside,
  places: Checkpoints,
  { events, past }: Piece,
  commit?: () => Promise<unknown>,
): Promise<Checkpoints> {
  const schemas = schemasAside(aside);
  const moving = tx.query<{ moved: number }>(
    `with moved as (
       update retainer.rebuilds r
       set position = case when r.position collate "C" < $3 then $3 else r.position end,
           recorded_at = case when r.position collate "C" < $3 then $4 else r.recorded_at end
       from unnest($1::text[], $2::text[]) as step (schema, old)
       where r.schema = step.schema and r.position = step.old
       returning 1
     )
     select (select count(*)::int from moved) as moved, set_config('search_path', $5, true),
            set_config('plan_cache_mode', 'force_custom_plan', true)`,
    [
      schemas,
      aside.projections.map(({ name }) => places.get(name) ?? BEGINNING),
      past.position,
      past.recordedAt,
      schemas.join(', '),
    ],
  );
  const changing = changesBy(tx, aside.projections, events, { after: places, skipped: aside.skipped });
  const [{ rows }, changes] = await pipelined([moving, changing]);
  if (rows[0]?.moved !== schemas.length) throw new Error('somebody else works on these tables');
  await write(tx, changes, commit);
  return movedTo(places, past.position);
}

/** Drops tables aside, finished or not. */
export async function dropAside(db: Queryable, aside: Pick<Aside, 'projections' | 'purpose'>): Promise<void> {
  const schemas = schemasAside(aside);
  await db.query(schemas.map((schema) => `drop schema if exists ${schema} cascade`).join(';'));
  await db.query('delete from retainer.rebuilds where schema = any($1)', [schemas]);
}
