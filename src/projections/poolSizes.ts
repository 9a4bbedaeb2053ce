import type { Instant } from '../domain/ids.ts';
import type { Queryable } from './projection.ts';

export type PoolSize = {
  /** The ProtoHIT's name (`hitTypeId`). */
  readonly protoHit: string;
  /** Heard of lately, reacting, and free to be called. */
  readonly waiting: number;
  /** Called, and holding a slot of a reservation. */
  readonly called: number;
};

/** The retainer pools, the largest first; ProtoHITs whose pool is empty are left out. */
export async function poolSizes(
  db: Queryable,
  { now, pingTimeoutMs }: { now: Instant; pingTimeoutMs: number },
): Promise<readonly PoolSize[]> {
  const { rows } = await db.query<PoolSize>(
    `select p.fields->>'hitTypeId' as "protoHit", w.waiting, w.called
     from (
       select proto_hit_id,
              (count(*) filter (where state = 'waiting' and last_ping_at >= $1 and reacts))::int as waiting,
              (count(*) filter (where state = 'called' and holds_slot))::int as called
       from waiting_pool
       group by proto_hit_id
     ) w
     join proto_hits p using (proto_hit_id)
     where w.waiting + w.called > 0
     order by w.waiting + w.called desc, 1`,
    [now - pingTimeoutMs],
  );
  return rows;
}
