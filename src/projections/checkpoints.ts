import { BEGINNING, type Position } from '../event-store/port.ts';
import type { Projection, Queryable } from './projection.ts';

/** How far projections have come, by name. */
export type Checkpoints = ReadonlyMap<string, Position>;

/** Up to here every one of them has come. */
export const earliest = (checkpoints: Checkpoints): Position => [...checkpoints.values()].sort()[0] ?? BEGINNING;

/** The checkpoints of those projections that are of this version and that nobody is rebuilding. */
export async function freeCheckpoints(db: Queryable, projections: readonly Projection[]): Promise<Checkpoints> {
  const { rows } = await db.query<{ projection: string; position: Position }>(
    `select c.projection, c.position
     from retainer.checkpoints c
     join unnest($1::text[], $2::int[]) as known (projection, version)
       on known.projection = c.projection and known.version = c.version
     for update of c skip locked`,
    [projections.map(({ name }) => name), projections.map(({ version }) => version)],
  );
  return new Map(rows.map(({ projection, position }) => [projection, position]));
}

/** The position that every projection has passed; `BEGINNING` if one is missing. */
export async function slowestCheckpoint(db: Queryable, projections: readonly Projection[]): Promise<Position> {
  const { rows } = await db.query<{ known: number; position: Position | null }>(
    `select count(*)::int as known, min(position collate "C") as position
     from retainer.checkpoints
     where projection = any($1)`,
    [projections.map(({ name }) => name)],
  );
  const [row] = rows;
  return row?.known === projections.length && row.position !== null ? row.position : BEGINNING;
}

/** Names of projections whose tables were made by another version of the code. */
export async function changedProjections(
  db: Queryable,
  projections: readonly Projection[],
): Promise<readonly string[]> {
  const { rows } = await db.query<{ projection: string }>(
    `select c.projection
     from retainer.checkpoints c
     join unnest($1::text[], $2::int[]) as known (projection, version) on known.projection = c.projection
     where known.version <> c.version`,
    [projections.map(({ name }) => name), projections.map(({ version }) => version)],
  );
  return rows.map(({ projection }) => projection);
}

/**
 * Moves checkpoints on, if all of them are where the caller left them and nobody else holds one; announces it
 * when the transaction commits. False: somebody else has moved one or is rebuilding it; none was moved, and nothing
 * may be applied. The transaction does not wait for the disk: should Postgres crash, tables and checkpoints fall back
 * together, and the events are applied again.
 */
export async function advance(
  tx: Queryable,
  from: Checkpoints,
  to: Checkpoints,
  projections: readonly Projection[],
  announcement: string,
): Promise<boolean> {
  const steps = projections.flatMap(({ name, version }) => {
    const [old, next] = [from.get(name), to.get(name)];
    return old === undefined || next === undefined ? [] : { name, version, old, next };
  });
  const { rowCount } = await tx.query(
    `with step as materialized (
       select * from unnest($1::text[], $2::int[], $3::text[], $4::text[]) as step (projection, version, old, next)
     ), mine as materialized (
       select c.projection, step.next
       from retainer.checkpoints c
       join step on step.projection = c.projection and step.version = c.version and step.old = c.position
       for update of c skip locked
     ), moved as (
       update retainer.checkpoints c
       set position = mine.next, updated_at = now()
       from mine
       where mine.projection = c.projection and (select count(*) from mine) = (select count(*) from step)
       returning c.projection
     )
     select pg_notify('read_models', $5), set_config('synchronous_commit', 'off', true)
     where exists (select from moved)`,
    [
      steps.map(({ name }) => name),
      steps.map(({ version }) => version),
      steps.map(({ old }) => old),
      steps.map(({ next }) => next),
      announcement,
    ],
  );
  return rowCount === 1;
}
