import { leaseLockSql } from '../postgres/lease.ts';
import { type Database, inTransaction } from '../postgres/pool.ts';
import { versionsOf } from './checkpoints.ts';
import { type Projection, schemaOf } from './projection.ts';

/** Kept for this long after the last node that used it ended: a roll-out may be taken back. */
const KEEP = '1 hour';

/** The lease of whoever keeps a version of a projection up to date. */
export const leaseOf = ({ name, version }: Parameters<typeof schemaOf>[0]): string => `projector ${name} v${version}`;

/**
 * Drops the tables of versions older than these, if no node works for them (their lease is free) and none has for an
 * hour; answers which. Should an old node come back it makes its tables anew from the log.
 */
export async function dropOldVersions(db: Database, projections: readonly Projection[]): Promise<readonly string[]> {
  return inTransaction(db, async (tx) => {
    const { rows } = await tx.query<{ name: string; version: number }>(
      `select c.projection as name, c.version
       from retainer.checkpoints c
       join unnest($1::text[], $2::int[]) as known (projection, version) on known.projection = c.projection
       where c.version < known.version and c.updated_at < now() - interval '${KEEP}'
         and pg_try_advisory_xact_lock(${leaseLockSql(`format('${leaseOf({ name: '%s', version: '%s' })}', c.projection, c.version)`)})`,
      versionsOf(projections),
    );
    if (rows.length === 0) return [];
    const schemas = rows.map(schemaOf);
    await tx.query(schemas.map((schema) => `drop schema if exists ${schema} cascade`).join(';'));
    await tx.query(
      `delete from retainer.checkpoints c
       using unnest($1::text[], $2::int[]) as gone (projection, version)
       where c.projection = gone.projection and c.version = gone.version`,
      [rows.map(({ name }) => name), rows.map(({ version }) => version)],
    );
    return schemas;
  });
}
