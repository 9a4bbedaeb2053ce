import { BEGINNING } from '../event-store/port.ts';
import { type Database, inTransaction } from '../postgres/pool.ts';
import type { Projection } from './projection.ts';

/** Statements that make a projection's tables anew and empty. */
export const emptyTables = ({ tables, tableNames }: Projection): string =>
  `${tableNames.map((name) => `drop table if exists read_models.${name};`).join('\n')}\n${tables}\n`;

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
       from unnest($1::text[], $2::text[]) as wanted (projection, table_name)
       left join retainer.checkpoints using (projection)
       group by projection
       having bool_or(position is null or to_regclass('read_models.' || table_name) is null)`,
      [
        projections.flatMap(({ name, tableNames }) => tableNames.map(() => name)),
        projections.flatMap(({ tableNames }) => tableNames),
      ],
    );
    const missing = projections.filter(({ name }) => rows.some(({ projection }) => projection === name));
    if (missing.length === 0) return;
    await tx.query(missing.map(emptyTables).join(''));
    await tx.query(
      `insert into retainer.checkpoints (projection, version, position)
       select projection, version, $3 from unnest($1::text[], $2::int[]) as made (projection, version)
       on conflict (projection) do update set version = excluded.version, position = excluded.position`,
      [missing.map(({ name }) => name), missing.map(({ version }) => version), BEGINNING],
    );
  });
}
