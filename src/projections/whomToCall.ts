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
 * in each group; people who missed a beat only if there are too few others. Each half of the union walks an index in
 * order, so that the cost follows `limit`, not how many wait. The statements here have no name: a plan that a connection
 * kept from when few waited would scan all who do.
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
          ${candidatesWhere('last_ping_at >= $2')}
        ), suspect as materialized (
          select * from (${candidatesWhere('last_ping_at >= $3 and last_ping_at < $2')}) suspects
          where (select count(*) from fresh) < asked.limit
        )
        select *, row_number() over (order by is_fresh desc, preferred desc, waiting_since, assignment_id) as place
        from (select *, true as is_fresh from fresh union all select *, false from suspect) candidates
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

const candidatesWhere = (heardOf: string): string => `
  (
    select w.*, true as preferred
    from unnest(asked."preferRecruitedFor") as prefer (reservation_id)
    cross join lateral (
      select * from waiting_pool
      where state = 'waiting' and proto_hit_id = asked."protoHitId" and recruited_for = prefer.reservation_id and reacts
        and ${heardOf}
      order by waiting_since
      limit asked.limit
    ) w
  )
  union
  (
    select w.*, coalesce(recruited_for = any(asked."preferRecruitedFor"), false) as preferred
    from waiting_pool w
    where state = 'waiting' and proto_hit_id = asked."protoHitId" and reacts and ${heardOf}
    order by waiting_since
    limit asked.limit
  )`;

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
