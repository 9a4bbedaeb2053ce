import type pg from 'pg';
import type { Instant } from '../../domain/ids.ts';

/** Events looked at in one statement. */
const WINDOW = 10_000;

/**
 * Takes away events of a category recorded before a moment, oldest first, at most about `limit` a call. It moves
 * along the log from where it stopped last, so it never looks at the same events twice; the log's last event
 * always stays. A digest of each stays behind: it proves what was taken away, and that the log still fits.
 */
export async function prune(
  pool: Pick<pg.Pool, 'query'>,
  { category, before, limit }: { category: 'presence'; before: Instant; limit: number },
): Promise<number> {
  let pruned = 0;
  while (pruned < limit) {
    const { rows } = await pool.query<{ looked: string; pruned: string }>(
      `with retention as (
         select through from event_store.retention for update
       ),
       span as (
         select e.position, e.stream, e.recorded_at
         from retention, lateral (
           select * from event_store.events e
           where e.position > retention.through
             and e.position < (select max(position) from event_store.events)
           order by e.position
           limit ${WINDOW}
         ) e
       ),
       old as (
         select position, stream from span
         where position < coalesce((select min(position) from span where recorded_at >= $1), 9223372036854775807)
       ),
       gone as (
         delete from event_store.events e using old
         where e.position = old.position and starts_with(old.stream, $2)
         returning e.*
       ),
       left_behind as (
         insert into event_store.pruned (position, digest, recorded_at)
         select position, event_store.digest_of(
             position, stream, revision, event_id, type, version, data, metadata, recorded_at), recorded_at
         from gone
         returning 1
       ),
       moved as (
         update event_store.retention set
           through = greatest(through, coalesce((select max(position) from old), through)),
           pruned = pruned + (select count(*) from left_behind)
         returning 1
       )
       select (select count(*) from old) as looked, (select count(*) from gone) as pruned from moved`,
      [before, `${category}-`],
    );
    pruned += Number(rows[0]?.pruned ?? 0);
    if (Number(rows[0]?.looked ?? 0) < WINDOW) break;
  }
  return pruned;
}
