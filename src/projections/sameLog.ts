import { WrongLog } from '../event-store/identity.ts';
import type { Queryable } from './projection.ts';

/** Throws `WrongLog` if the read models of this database were folded from another log. */
export async function expectSameLog(db: Queryable, logId: string): Promise<void> {
  const { rows } = await db.query<{ log_id: string }>(
    `with first as (
       insert into retainer.log (log_id) values ($1) on conflict (singleton) do nothing returning log_id
     )
     select log_id from first union all select log_id from retainer.log`,
    [logId],
  );
  const known = rows[0]?.log_id;
  if (known === logId) return;
  throw new WrongLog(
    `the read models in this database were made from another log (${known}) than the event store holds (${logId}). ` +
      'Give each event store a database of its own (DATABASE_URL)',
  );
}
