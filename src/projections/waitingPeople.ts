import type { Instant } from '../domain/ids.ts';
import type { WaitingPeople } from '../domain/needs.ts';
import type { Queryable } from './projection.ts';

/**
 * SQL: who waits, is heard of and reacts, a row a person and ProtoHIT, however many assignments they wait with. Every
 * figure of waiting people comes from here. `since`: the parameter that holds the moment before which nobody was heard of;
 * `where`: of whom else not to speak.
 */
export const waitingPeople = ({ since, where = 'true' }: { since: `$${number}`; where?: string }): string => `
  select proto_hit_id, worker_id,
         coalesce(array_agg(distinct recruited_for) filter (where recruited_for is not null), '{}') as recruited_for
  from waiting_pool
  where state = 'waiting' and last_ping_at >= ${since} and reacts and ${where}
  group by proto_hit_id, worker_id`;

/** What scheduler and lists share out among reservations: people by what is to be said of them. */
export async function peopleWaiting(
  db: Queryable,
  { now, pingTimeoutMs, protoHitIds }: { now: Instant; pingTimeoutMs: number; protoHitIds?: readonly string[] },
): Promise<readonly WaitingPeople[]> {
  const { rows } = await db.query<WaitingPeople>(
    `select proto_hit_id as "protoHitId", recruited_for as "recruitedFor", holds, count(*)::int as waiting
     from (
       select p.*, array(
         select distinct t.reservation_id
         from tasks t join reservations r using (reservation_id)
         where t.worker_id = p.worker_id and t.holds_slot and r.proto_hit_id = p.proto_hit_id
           and r.phase in ('made', 'invoked')
         order by 1
       ) as holds
       from (${waitingPeople({ since: '$1', where: '($2::uuid[] is null or proto_hit_id = any($2))' })}) p
     ) people
     group by proto_hit_id, recruited_for, holds`,
    [now - pingTimeoutMs, protoHitIds],
  );
  return rows;
}
