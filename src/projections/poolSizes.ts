import type { Instant } from '../domain/ids.ts';
import type { Queryable } from './projection.ts';
import { waitingPeople } from './waitingPeople.ts';

export type PoolSize = {
  /** The ProtoHIT's name (`hitTypeId`). */
  readonly protoHit: string;
  /** Heard of lately, reacting, and free to be called. */
  readonly waiting: number;
  /** Called, and holding a slot of a reservation. */
  readonly called: number;
};

/** The retainer pools in people, the largest first; ProtoHITs whose pool is empty are left out. */
export async function poolSizes(
  db: Queryable,
  { now, pingTimeoutMs }: { now: Instant; pingTimeoutMs: number },
): Promise<readonly PoolSize[]> {
  const { rows } = await db.query<PoolSize>(
    `select p.fields->>'hitTypeId' as "protoHit", w.waiting, w.called
     from (
       select proto_hit_id, coalesce(waiting, 0) as waiting, coalesce(called, 0) as called
       from (
         select proto_hit_id, count(*)::int as waiting
         from (${waitingPeople({ since: '$1' })}) people
         group by proto_hit_id
       ) w
       full join (
         select proto_hit_id, count(distinct worker_id)::int as called
         from waiting_pool
         where state = 'called' and holds_slot
         group by proto_hit_id
       ) c using (proto_hit_id)
     ) w
     join proto_hits p using (proto_hit_id)
     where w.waiting + w.called > 0
     order by w.waiting + w.called desc, 1`,
    [now - pingTimeoutMs],
  );
  return rows;
}

/** People who wait in all: some wait for two ProtoHITs. */
export async function countPeopleWaiting(
  db: Queryable,
  { now, pingTimeoutMs }: { now: Instant; pingTimeoutMs: number },
): Promise<number> {
  const { rows } = await db.query<{ people: number }>(
    `select count(distinct worker_id)::int as people from (${waitingPeople({ since: '$1' })}) people`,
    [now - pingTimeoutMs],
  );
  return rows[0]?.people ?? 0;
}
