import type { PoolClient } from 'pg';
import { BEGINNING, type Position } from '../event-store/port.ts';
import { alone } from '../postgres/alone.ts';
import { inTransaction } from '../postgres/pool.ts';
import { versionsOf } from './checkpoints.ts';
import { type Aside, dropAside, type FoldJob, foldAside, foldRest } from './foldAside.ts';
import { type Projection, schemaAside, schemaOf } from './projection.ts';
import { chosenOf } from './rebuild.ts';
import { setUpReadModels } from './setUp.ts';
import { skippedEvents } from './stopped.ts';

/** A row that is not what the log makes of it; null: there is no such row. */
export type Difference = { readonly table: string; readonly inUse: unknown; readonly fromLog: unknown };

export type CheckReport = {
  /** Rows compared, by table. */
  readonly rows: Readonly<Record<string, number>>;
  /** The first of them, up to `MOST_SHOWN` a table. */
  readonly differences: readonly Difference[];
  /** How many rows differ, by table; tables without a difference are left out. */
  readonly differing: Readonly<Record<string, number>>;
};

const MOST_SHOWN = 20;

/**
 * Folds the log into scratch tables and compares them row by row with those in use, at the very position where these
 * stand. The service goes on meanwhile; the scratch tables go away in the end.
 */
export async function check({
  store,
  db,
  projections,
  names,
  log,
  onProgress,
  signal = new AbortController().signal,
  batchSize,
}: FoldJob): Promise<CheckReport> {
  const chosen = chosenOf(projections, names);
  return alone({ db, name: 'check', log, signal }, async () => {
    await setUpReadModels({ db, projections });
    const skipped = await skippedEvents(db, chosen);
    const aside: Aside = {
      store,
      db,
      projections: chosen,
      skipped,
      purpose: 'check',
      log,
      onProgress,
      signal,
      batchSize,
    };
    await dropAside(db, aside);
    try {
      const reached = await positionsInUse(db, chosen);
      const { places } = await foldAside(aside, [...reached.values()].sort()[0] ?? BEGINNING);
      return await inTransaction(db, async (tx) => {
        // From here on the tables in use stand still for this transaction, while the projector goes on.
        await tx.query('set transaction isolation level repeatable read');
        const standing = await positionsInUse(tx, chosen);
        for (const projection of chosen) {
          const upTo = standing.get(projection.name) ?? BEGINNING;
          const place = new Map([[projection.name, places.get(projection.name) ?? BEGINNING]]);
          await foldRest(tx, { ...aside, projections: [projection] }, place, upTo);
        }
        return compare(tx, chosen);
      });
    } finally {
      await dropAside(db, aside);
    }
  });
}

async function positionsInUse(
  db: Pick<PoolClient, 'query'>,
  projections: readonly Projection[],
): Promise<ReadonlyMap<string, Position>> {
  const { rows } = await db.query<{ projection: string; position: Position }>(
    `select projection, c.position from retainer.checkpoints c
     join unnest($1::text[], $2::int[]) as chosen (projection, version) using (projection, version)`,
    versionsOf(projections),
  );
  return new Map(rows.map(({ projection, position }) => [projection, position]));
}

type Compared = { table: string; rows: number; differing: number; shown: Omit<Difference, 'table'>[] | null };

async function compare(tx: PoolClient, projections: readonly Projection[]): Promise<CheckReport> {
  const tables = projections.flatMap((projection) => projection.tableNames.map((table) => ({ projection, table })));
  const { rows: keys } = await tx.query<{ table: string; key: string }>(
    `select c.relname as table, string_agg(quote_ident(a.attname), ', ') as key
     from pg_index i
     join pg_class c on c.oid = i.indrelid
     join pg_attribute a on a.attrelid = i.indrelid and a.attnum = any(i.indkey)
     where i.indisprimary and c.oid = any($1::regclass[])
     group by c.relname`,
    [tables.map(({ projection, table }) => `${schemaOf(projection)}.${table}`)],
  );
  const keyOf = new Map(keys.map(({ table, key }) => [table, key]));
  const { rows } = await tx.query<Compared>(
    tables
      .map(({ projection, table }) => {
        const [live, made] = [`${schemaOf(projection)}.${table}`, `${schemaAside(projection, 'check')}.${table}`];
        return `(
          with compared as (
            select to_jsonb(live) as "inUse", to_jsonb(made) as "fromLog"
            from ${live} live full join ${made} made using (${keyOf.get(table)})
          ), differing as (
            select * from compared where "inUse" is distinct from "fromLog"
          ), shown as (
            select * from differing limit ${MOST_SHOWN}
          )
          select '${table}' as table, (select count(*)::int from compared) as rows,
                 (select count(*)::int from differing) as differing, (select json_agg(shown) from shown) as shown
        )`;
      })
      .join(' union all '),
  );
  return {
    rows: Object.fromEntries(rows.map(({ table, rows }) => [table, rows])),
    differences: rows.flatMap(({ table, shown }) => (shown ?? []).map((one) => ({ table, ...one }))),
    differing: Object.fromEntries(
      rows.filter(({ differing }) => differing > 0).map(({ table, differing }) => [table, differing]),
    ),
  };
}
