import type { Instant } from '../domain/ids.ts';
import type { EventStore, Position } from '../event-store/port.ts';
import { type Projection, type Queryable, schemaAside, schemaOf } from './projection.ts';
import type { Stop } from './stopped.ts';

/** One version of a projection, as an operator looks at it. */
export type ProjectionReport = {
  readonly name: string;
  readonly version: number;
  /** `stopped`: stands still before an event. `other version`: this code does not use it; nodes of another do. */
  readonly state: 'running' | 'stopped' | 'other version';
  readonly position: Position;
  /** Events of the log that it has not seen, roughly. */
  readonly lagEvents: number;
  /** Since the event was recorded up to which it has come; 0 if it has seen all. */
  readonly lagSeconds: number;
  /** Tables and indexes. */
  readonly bytes: number;
  /** Of its tables, as Postgres estimates. */
  readonly rows: number;
  readonly stop: Stop | null;
  /** Why it last stood still, also when it goes on since. */
  readonly lastError: { readonly error: string; readonly at: Instant } | null;
  /** Events that operators let it pass over, and who did. */
  readonly skipped: readonly { readonly position: Position; readonly type: string; readonly by: string }[];
  /** Tables that are being made beside these, or were when a rebuild was interrupted: events still to fold, and which
   * of them it could not. */
  readonly rebuild: { readonly lagEvents: number; readonly stop: Stop | null } | null;
};

type Row = {
  name: string;
  version: number;
  position: Position;
  recordedAt: Instant | null;
  bytes: string;
  rows: string;
  stoppedPosition: Position | null;
  stoppedType: string | null;
  stoppedError: string | null;
  lastError: string | null;
  lastErrorAt: number | null;
  skipped: ProjectionReport['skipped'] | null;
  rebuildPosition: Position | null;
  rebuildStop: Stop | null;
};

/** Every projection, in the order given, and then what other versions have left or still use. */
export async function reportProjections({
  db,
  store,
  projections,
  now,
}: {
  db: Queryable;
  store: Pick<EventStore, 'count'>;
  projections: readonly Projection[];
  now: Instant;
}): Promise<readonly ProjectionReport[]> {
  const { rows } = await db.query<Row>(
    `with sizes as (
       select n.nspname, sum(pg_total_relation_size(c.oid)) as bytes, sum(greatest(c.reltuples, pg_stat_get_live_tuples(c.oid))) as rows
       from pg_class c
       join pg_namespace n on n.oid = c.relnamespace
       where c.relkind = 'r' and starts_with(n.nspname, 'read_models_')
       group by n.nspname
     )
     select c.projection as name, c.version, c.position, c.recorded_at as "recordedAt",
            coalesce(sizes.bytes, 0) as bytes, coalesce(sizes.rows, 0)::bigint as rows,
            c.stopped_position as "stoppedPosition", c.stopped_type as "stoppedType",
            c.stopped_error as "stoppedError", c.last_error as "lastError",
            extract(epoch from c.last_error_at)::float8 * 1000 as "lastErrorAt", r.position as "rebuildPosition",
            case when r.stopped_position is not null then json_build_object(
              'position', r.stopped_position, 'type', r.stopped_type, 'error', r.stopped_error) end as "rebuildStop",
            (select json_agg(json_build_object('position', s.position, 'type', s.type, 'by', s.skipped_by)
                             order by s.position collate "C")
             from retainer.skipped_events s
             where s.projection = c.projection and s.version = c.version) as skipped
     from retainer.checkpoints c
     left join sizes on sizes.nspname = format($1, c.projection, c.version)
     left join retainer.rebuilds r on r.schema = format($2, c.projection, c.version)
     order by array_position($3::text[], c.projection), c.projection, c.version desc`,
    [
      schemaOf({ name: '%s', version: '%s' }),
      schemaAside({ name: '%s', version: '%s' }, 'rebuild'),
      projections.map(({ name }) => name),
    ],
  );
  const places = new Set(rows.flatMap(({ position, rebuildPosition }) => [position, rebuildPosition ?? position]));
  const lags = new Map(await Promise.all([...places].map(async (place) => [place, await store.count(place)] as const)));
  const lagOf = (place: Position): number => lags.get(place) ?? 0;
  return rows.map((row) => {
    const { name, version, position, recordedAt, stoppedPosition, stoppedType, stoppedError } = row;
    const isOurs = projections.some((one) => one.name === name && one.version === version);
    const lagEvents = lagOf(position);
    return {
      name,
      version,
      state: !isOurs ? 'other version' : stoppedPosition !== null ? 'stopped' : 'running',
      position,
      lagEvents,
      lagSeconds: lagEvents === 0 || recordedAt === null ? 0 : Math.max(0, now - recordedAt) / 1000,
      bytes: Number(row.bytes),
      rows: Number(row.rows),
      stop:
        stoppedPosition === null
          ? null
          : { position: stoppedPosition, type: stoppedType ?? '', error: stoppedError ?? '' },
      lastError:
        row.lastError === null || row.lastErrorAt === null
          ? null
          : { error: row.lastError, at: Math.round(row.lastErrorAt) },
      skipped: row.skipped ?? [],
      rebuild: row.rebuildPosition === null ? null : { lagEvents: lagOf(row.rebuildPosition), stop: row.rebuildStop },
    };
  });
}
