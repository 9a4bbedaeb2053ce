import type { Position } from '../event-store/port.ts';
import type { Projection, Queryable } from './projection.ts';

/** Where a projection stands, and whether it stands still there before an event that it could not apply. */
export type Standing = { readonly position: Position; readonly isStopped: boolean };

/** How far each projection has come. One that was never set up is left out. */
export async function standings(
  db: Queryable,
  projections: readonly Projection[],
): Promise<ReadonlyMap<string, Standing>> {
  const { rows } = await db.query<Standing & { projection: string }>(
    `select projection, c.position, c.stopped_at is not null as "isStopped"
     from retainer.checkpoints c
     join unnest($1::text[], $2::int[]) as known (projection, version) using (projection, version)`,
    [projections.map(({ name }) => name), projections.map(({ version }) => version)],
  );
  return new Map(rows.map(({ projection, ...standing }) => [projection, standing]));
}
