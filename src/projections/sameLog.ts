import { WrongLog } from '../event-store/identity.ts';
import type { Queryable } from './projection.ts';

/**
 * Throws `WrongLog` if the read models of this database were folded from a log, and the event store is empty: nothing is
 * written to a store that will be refused.
 */
export async function expectNoLog(db: Queryable): Promise<void> {
  const { rows } = await db.query<{ log_id: string }>('select log_id from retainer.log');
  const known = rows[0]?.log_id;
  if (known === undefined) return;
  throw new WrongLog(
    `the event store is empty, and the read models in this database were made from a log (${known}): ` +
      "'retainer migrate-store' copies that log to it; for a new one use another database (DATABASE_URL)",
  );
}

/** Throws `WrongLog` if the read models of this database were folded from another log. */
export async function expectSameLog(db: Queryable, logId: string): Promise<void> {
  // The row is written anew as it is: several nodes may start at once, and what another has just stored no snapshot of
  // this statement's shows otherwise.
  const { rows } = await db.query<{ log_id: string }>(
    `insert into retainer.log as known (log_id) values ($1)
     on conflict (singleton) do update set log_id = known.log_id
     returning log_id`,
    [logId],
  );
  const known = rows[0]?.log_id;
  if (known === logId) return;
  throw new WrongLog(
    `the read models in this database were made from another log (${known}) than the event store holds (${logId}). ` +
      'Give each event store a database of its own (DATABASE_URL)',
  );
}
