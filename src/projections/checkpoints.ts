import { BEGINNING, type Position, type RecordedEvent } from '../event-store/port.ts';
import { type Projection, type Queryable, searchPathOf } from './projection.ts';

/** How far projections have come, by name. */
export type Checkpoints = ReadonlyMap<string, Position>;

/** Up to here every one of them has come. */
export const earliest = (checkpoints: Checkpoints): Position => [...checkpoints.values()].sort()[0] ?? BEGINNING;

/** All of them that lie before a position, moved to it. */
export const movedTo = (checkpoints: Checkpoints, position: Position): Checkpoints =>
  new Map([...checkpoints].map(([name, old]) => [name, old < position ? position : old]));

/** Names and versions as two arrays, for `unnest`. */
export const versionsOf = (projections: readonly Projection[]): [names: string[], versions: number[]] => [
  projections.map(({ name }) => name),
  projections.map(({ version }) => version),
];

/** The checkpoints of those projections that do not stand still. */
export async function runningCheckpoints(db: Queryable, projections: readonly Projection[]): Promise<Checkpoints> {
  const { rows } = await db.query<{ projection: string; position: Position }>(
    `select projection, c.position
     from retainer.checkpoints c
     join unnest($1::text[], $2::int[]) as known (projection, version) using (projection, version)
     where c.stopped_at is null`,
    versionsOf(projections),
  );
  return new Map(rows.map(({ projection, position }) => [projection, position]));
}

/** The position that every projection has passed which does not stand still; `BEGINNING` if one is missing. */
export async function slowestCheckpoint(db: Queryable, projections: readonly Projection[]): Promise<Position> {
  const { rows } = await db.query<{ known: number; position: Position | null }>(
    `select count(*)::int as known, min(c.position collate "C") filter (where c.stopped_at is null) as position
     from retainer.checkpoints c
     join unnest($1::text[], $2::int[]) as known (projection, version) using (projection, version)`,
    versionsOf(projections),
  );
  const [row] = rows;
  return row?.known === projections.length && row.position !== null ? row.position : BEGINNING;
}

/**
 * Moves checkpoints past an event, if all of them are where the caller left them; announces it when the transaction
 * commits, and points the transaction at these projections' tables, however large they are by now: a plan that was made
 * for small ones is not kept. False: somebody else has moved one (another
 * projector, a rebuild); none was moved, and nothing may be applied. That is what keeps a node out that held the
 * lease once and does not know yet that it is lost. The transaction does not wait for the disk: should Postgres
 * crash, tables and checkpoints fall back together, and the events are applied again.
 */
export async function advance(
  tx: Queryable,
  projections: readonly Projection[],
  {
    from,
    past,
    announcement,
  }: { from: Checkpoints; past: Pick<RecordedEvent, 'position' | 'recordedAt'>; announcement: string },
): Promise<boolean> {
  const steps = projections.flatMap((projection) => {
    const old = from.get(projection.name);
    return old === undefined ? [] : { projection, old };
  });
  const { rows } = await tx.query<{ ours: boolean }>({
    name: 'checkpoints.advance',
    text: `with step as materialized (
       select * from unnest($1::text[], $2::int[], $3::text[]) as step (projection, version, old)
     ), mine as materialized (
       select projection, version
       from retainer.checkpoints c
       join step using (projection, version)
       where c.position = step.old and c.stopped_at is null
       order by projection
       for update of c
     ), all_mine as materialized (
       select (select count(*) from mine) = (select count(*) from step) as ours
     ), moved as (
       update retainer.checkpoints c
       set position = $4, recorded_at = $5, updated_at = now()
       from mine, all_mine
       where ours and mine.projection = c.projection and mine.version = c.version and c.position collate "C" < $4
     )
     select ours, case when ours then pg_notify('read_models', $6)::text end,
            set_config('search_path', $7, true), set_config('synchronous_commit', 'off', true),
            set_config('plan_cache_mode', 'force_custom_plan', true)
     from all_mine`,
    values: [
      ...versionsOf(steps.map(({ projection }) => projection)),
      steps.map(({ old }) => old),
      past.position,
      past.recordedAt,
      announcement,
      searchPathOf(steps.map(({ projection }) => projection)),
    ],
  });
  return rows[0]?.ours === true;
}
