import type { Position } from '../event-store/port.ts';
import { type Database, inTransaction } from '../postgres/pool.ts';
import { versionsOf } from './checkpoints.ts';
import { type Projection, type Queryable, type Skipped, schemaAside } from './projection.ts';

/** Why a projection stands still: an event that it cannot apply. */
export type Stop = { readonly position: Position; readonly type: string; readonly error: string };

/** Marks projections as standing still before an event, unless somebody has passed it. The others go on. */
export async function stopAt(db: Queryable, projections: readonly Projection[], stop: Stop): Promise<void> {
  await db.query(
    `update retainer.checkpoints c
     set stopped_position = $3, stopped_type = $4, stopped_error = $5, stopped_at = now(),
         last_error = $5, last_error_at = now()
     from unnest($1::text[], $2::int[]) as chosen (projection, version)
     where c.projection = chosen.projection and c.version = chosen.version and c.position collate "C" < $3`,
    [...versionsOf(projections), stop.position, stop.type, stop.error],
  );
}

/** Before which event a projection stands still, if it does. */
export async function stopOf(db: Queryable, { name, version }: Projection): Promise<Stop | null> {
  const { rows } = await db.query<Stop>(
    `select stopped_position as position, stopped_type as type, stopped_error as error from retainer.checkpoints
     where projection = $1 and version = $2 and stopped_at is not null`,
    [name, version],
  );
  return rows[0] ?? null;
}

const CLEARED = 'stopped_position = null, stopped_type = null, stopped_error = null, stopped_at = null';

/** Lets projections that stand still try again; answers which they were. A running projector notices. */
export async function retry(db: Queryable, projections: readonly Projection[]): Promise<readonly string[]> {
  const { rows } = await db.query<{ projection: string }>(
    `update retainer.checkpoints c
     set ${CLEARED}
     from unnest($1::text[], $2::int[]) as chosen (projection, version)
     where c.projection = chosen.projection and c.version = chosen.version and c.stopped_at is not null
     returning c.projection`,
    versionsOf(projections),
  );
  return rows.map(({ projection }) => projection);
}

/** Keeps before which event rebuilds stand still; the schemas are those that they make. */
export async function stopRebuildAt(db: Queryable, schemas: readonly string[], stop: Stop): Promise<void> {
  await db.query(
    `update retainer.rebuilds set stopped_position = $2, stopped_type = $3, stopped_error = $4 where schema = any($1)`,
    [schemas, stop.position, stop.type, stop.error],
  );
}

/**
 * Lets a projection pass over the event before which it, or the rebuild of it, stands still, now and in every
 * rebuild; answers which event that was, or null if neither does. `by`: who says so, kept with it. `at`: only if it is
 * that one, its zeros in front left out or not: whoever says so has seen no other.
 */
export async function skip(
  db: Database,
  projection: Projection,
  { by, at = null }: { readonly by: string; readonly at?: string | null },
): Promise<Stop | null> {
  const { name, version } = projection;
  return inTransaction(db, async (tx) => {
    const { rows } = await tx.query<Stop>(
      `with live as (
         select stopped_position, stopped_type, stopped_error from retainer.checkpoints
         where projection = $1 and version = $2 and stopped_position is not null
         for update
       ), aside as (
         select stopped_position, stopped_type, stopped_error from retainer.rebuilds
         where schema = $4 and stopped_position is not null
         for update
       )
       insert into retainer.skipped_events (projection, version, position, type, error, skipped_by)
       select $1, $2, stopped_position, stopped_type, stopped_error, $3
       from (table live union all table aside) as standing
       where $5::text is null or ltrim(stopped_position, '0') = ltrim($5, '0')
       order by stopped_position collate "C"
       limit 1
       on conflict (projection, version, position) do update set skipped_by = excluded.skipped_by
       returning position, type, error`,
      [name, version, by, schemaAside(projection, 'rebuild'), at],
    );
    const [skipped] = rows;
    if (skipped === undefined) return null;
    await tx.query(
      `update retainer.checkpoints set ${CLEARED} where projection = $1 and version = $2 and stopped_position = $3`,
      [name, version, skipped.position],
    );
    await tx.query(
      `update retainer.rebuilds set stopped_position = null, stopped_type = null, stopped_error = null
       where schema = $1 and stopped_position = $2`,
      [schemaAside(projection, 'rebuild'), skipped.position],
    );
    return skipped;
  });
}

/** Has a projection take an event again that it passes over, from its next rebuild on; null if it passes over none there. */
export async function liftSkip(db: Queryable, { name, version }: Projection, at: string): Promise<Stop | null> {
  const { rows } = await db.query<Stop>(
    `delete from retainer.skipped_events
     where projection = $1 and version = $2 and ltrim(position, '0') = ltrim($3, '0')
     returning position, type, error`,
    [name, version, at],
  );
  return rows[0] ?? null;
}

/** The events that these projections pass over. */
export async function skippedEvents(db: Queryable, projections: readonly Projection[]): Promise<Skipped> {
  const { rows } = await db.query<{ projection: string; positions: Position[] }>(
    `select projection, array_agg(s.position) as positions
     from retainer.skipped_events s
     join unnest($1::text[], $2::int[]) as known (projection, version) using (projection, version)
     group by projection`,
    versionsOf(projections),
  );
  return new Map(rows.map(({ projection, positions }) => [projection, new Set(positions)]));
}
