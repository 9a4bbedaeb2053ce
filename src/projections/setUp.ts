import { BEGINNING } from '../event-store/port.ts';
import { type Database, inTransaction } from '../postgres/pool.ts';
import { versionsOf } from './checkpoints.ts';
import { type Projection, schemaOf } from './projection.ts';

/** Statements, for a transaction, that make a projection's tables anew and empty in a schema, which they leave as the search path. */
export const emptyTables = ({ tables }: Projection, schema: string): string =>
  `drop schema if exists ${schema} cascade; create schema ${schema}; set local search_path = ${schema};\n${tables}\n`;

/**
 * Makes what is missing of the read models: tables, and checkpoints at the beginning of the log. Every node calls
 * it before it answers; when many start at once the others wait for the first.
 */
export async function setUpReadModels({
  db,
  projections,
}: {
  db: Database;
  projections: readonly Projection[];
}): Promise<void> {
  await inTransaction(db, async (tx) => {
    await tx.query(`select pg_advisory_xact_lock(hashtextextended('retainer read models', 0))`);
    const { rows } = await tx.query<{ projection: string }>(
      `select projection
       from unnest($1::text[], $2::int[], $3::text[]) as wanted (projection, version, table_name)
       left join retainer.checkpoints using (projection, version)
       group by projection
       having bool_or(position is null or to_regclass(table_name) is null)`,
      [
        projections.flatMap(({ name, tableNames }) => tableNames.map(() => name)),
        projections.flatMap(({ version, tableNames }) => tableNames.map(() => version)),
        projections.flatMap((projection) => projection.tableNames.map((table) => `${schemaOf(projection)}.${table}`)),
      ],
    );
    const missing = projections.filter(({ name }) => rows.some(({ projection }) => projection === name));
    if (missing.length === 0) return;
    await tx.query(missing.map((projection) => emptyTables(projection, schemaOf(projection))).join(''));
    await tx.query(
      `insert into retainer.checkpoints (projection, version, position)
       select projection, version, $3 from unnest($1::text[], $2::int[]) as made (projection, version)
       on conflict (projection, version) do update
       set position = excluded.position, recorded_at = null, stopped_position = null, stopped_type = null,
           stopped_error = null, stopped_at = null`,
      [...versionsOf(missing), BEGINNING],
    );
  });
}
