import type { Instant, ProtoHitId, ReservationId } from '../domain/ids.ts';
import { SUSPECT_AFTER_MS, type WaitingWorker } from '../domain/presence.ts';
import type { Queryable } from './projection.ts';

/** Up to `limit` workers of a ProtoHIT, rather those recruited for one of the named reservations. */
export type WorkersWanted = {
  readonly protoHitId: ProtoHitId;
  readonly preferRecruitedFor: readonly ReservationId[];
  readonly limit: number;
};

/**
 * Whom to call first, for each who asks: those recruited for one of the named reservations, then the longest-waiting,
 * in each group; people who missed a beat only if there are too few others. Each person once, however many assignments
 * they wait with, and nobody who holds a slot of all the named reservations already: there is nowhere to call them to.
 * Each half of the union walks an index in order, so that the cost follows `limit` and what one person hoards, not how
 * many wait. The statements here have no name: a plan that a connection kept from when few waited would scan all who do.
 */
export async function waitingWorkers(
  db: Queryable,
  wanted: readonly WorkersWanted[],
  { now, pingTimeoutMs }: { now: Instant; pingTimeoutMs: number },
): Promise<readonly (readonly WaitingWorker[])[]> {
  const { rows } = await db.query<{ n: number } & WaitingWorker>({
    text: `
      select asked.n, assignment_id as "assignmentId", worker_id as "workerId", proto_hit_id as "protoHitId",
             recruited_for as "recruitedFor", waiting_since as "waitingSince", last_ping_at as "lastPingAt"
      from json_to_recordset($1) as asked (n int, "protoHitId" uuid, "preferRecruitedFor" uuid[], "limit" int)
      cross join lateral (
        with fresh as materialized (
          ${candidates('$2')}
        ), suspect as materialized (
          select * from (${candidates('$3', '$2')}) suspects
          where (select count(*) from fresh) < asked.limit
        )
        select *, row_number() over (order by is_fresh desc, preferred desc, waiting_since, assignment_id) as place
        from (
          select distinct on (worker_id) *
          from (select *, true as is_fresh from fresh union all select *, false from suspect) candidates
          order by worker_id, is_fresh desc, preferred desc, waiting_since, assignment_id
        ) people
        order by place
        limit asked.limit
      ) called
      order by asked.n, place`,
    values: [
      JSON.stringify(
        wanted.map(({ protoHitId, preferRecruitedFor, limit }, n) => ({ n, protoHitId, preferRecruitedFor, limit })),
      ),
      ...[now - Math.min(SUSPECT_AFTER_MS, pingTimeoutMs), now - pingTimeoutMs],
    ],
  });
  const found = wanted.map((): WaitingWorker[] => []);
  for (const { n, ...worker } of rows) found[n]?.push(worker);
  return found;
}

/** Those last heard of at `since` or later, and before `until`. */
const candidates = (since: string, until?: string): string => {
  const heardOf = (who: string): string =>
    `${who}.last_ping_at >= ${since}${until === undefined ? '' : ` and ${who}.last_ping_at < ${until}`}`;
  return `
  (
    select w.*, true as preferred
    from unnest(asked."preferRecruitedFor") as prefer (reservation_id)
    cross join lateral (
      select w.* from waiting_pool w
      where w.state = 'waiting' and w.proto_hit_id = asked."protoHitId" and w.recruited_for = prefer.reservation_id
        and w.reacts and ${heardOf('w')} and ${isFirstOfTheirs(heardOf, 'and earlier.recruited_for = w.recruited_for')}
        and ${hasSomewhereToGo}
      order by w.waiting_since
      limit asked.limit
    ) w
  )
  union
  (
    select w.*, coalesce(w.recruited_for = any(asked."preferRecruitedFor"), false) as preferred
    from waiting_pool w
    where w.state = 'waiting' and w.proto_hit_id = asked."protoHitId" and w.reacts and ${heardOf('w')}
      and ${isFirstOfTheirs(heardOf)} and ${hasSomewhereToGo}
    order by w.waiting_since
    limit asked.limit
  )`;
};

/** One look-up by the person's id each: who waits with one assignment alone costs no more. */
const isFirstOfTheirs = (heardOf: (who: string) => string, and = ''): string => `not exists (
  select from waiting_pool earlier
  where earlier.state = 'waiting' and earlier.proto_hit_id = w.proto_hit_id and earlier.worker_id = w.worker_id
    and (earlier.waiting_since, earlier.assignment_id) < (w.waiting_since, w.assignment_id)
    and earlier.reacts and ${heardOf('earlier')} ${and})`;

const hasSomewhereToGo = `(cardinality(asked."preferRecruitedFor") = 0 or cardinality(asked."preferRecruitedFor") > (
  select count(distinct t.reservation_id) from tasks t
  where t.worker_id = w.worker_id and t.holds_slot and t.reservation_id = any(asked."preferRecruitedFor")))`;

/** Those of some ProtoHITs for which anybody waits. */
export async function awaitedProtoHits(
  db: Queryable,
  { protoHitIds, now, pingTimeoutMs }: { protoHitIds: readonly ProtoHitId[]; now: Instant; pingTimeoutMs: number },
): Promise<ReadonlySet<ProtoHitId>> {
  const { rows } = await db.query<{ protoHitId: ProtoHitId }>({
    text: `select asked.proto_hit_id as "protoHitId"
           from unnest($1::uuid[]) as asked (proto_hit_id)
           where exists (select from waiting_pool w
                         where w.state = 'waiting' and w.proto_hit_id = asked.proto_hit_id and w.reacts
                           and w.last_ping_at >= $2)`,
    values: [protoHitIds, now - pingTimeoutMs],
  });
  return new Set(rows.map(({ protoHitId }) => protoHitId));
}
