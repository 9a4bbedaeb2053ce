import type { Position } from '../event-store/port.ts';
import { type Database, inTransaction } from '../postgres/pool.ts';
import { versionsOf } from './checkpoints.ts';
import type { Projection, Queryable, Skipped } from './projection.ts';

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

/**
 * Lets a projection pass over the event before which it stands still, now and in every rebuild; answers which
 * event that was, or null if it does not stand still. `by`: who says so, kept with it.
 */
export async function skip(db: Database, { name, version }: Projection, by: string): Promise<Stop | null> {
  return inTransaction(db, async (tx) => {
    const { rows } = await tx.query<Stop>(
      `insert into retainer.skipped_events (projection, version, position, type, error, skipped_by)
       select projection, version, stopped_position, stopped_type, stopped_error, $3
       from retainer.checkpoints
       where projection = $1 and version = $2 and stopped_at is not null
       for update
       on conflict (projection, version, position) do update set skipped_by = excluded.skipped_by
       returning position, type, error`,
      [name, version, by],
    );
    await tx.query(`update retainer.checkpoints set ${CLEARED} where projection = $1 and version = $2`, [
      name,
      version,
    ]);
    return rows[0] ?? null;
  });
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
