import type { Instant, ProtoHitId, ReservationId } from '../domain/ids.ts';
import type { ReservationPhase } from '../domain/reservation.ts';
import type { Queryable } from './projection.ts';
import { waitingPeople } from './waitingPeople.ts';

/** A reservation as the status page lists it. Times in milliseconds since 1970. */
export type StatusListing = {
  readonly id: ReservationId;
  readonly foreignId: string;
  readonly protoHitId: ProtoHitId;
  readonly title: string;
  readonly sandbox: boolean;
  readonly phase: ReservationPhase;
  readonly expectedAt: Instant;
  readonly invokedAt: Instant | null;
  /** It is invoked, but no HITs are posted for it any more. */
  readonly isRecruitingStopped: boolean;
  /** Workers it calls for, who hold a slot, and of those, who were seen at work. */
  readonly asked: number;
  readonly dispatched: number;
  readonly responded: number;
};

/**
 * The newest `limit` reservations that a filter lets through, after `before` if it is given. Reads an index in order
 * and stops at the limit; a search looks at reservations in that order until it has found as many.
 */
export async function listStatus(
  db: Queryable,
  {
    limit,
    before,
    phase,
    protoHitId,
    search,
  }: {
    limit: number;
    before?: ReservationId | undefined;
    phase?: ReservationPhase | undefined;
    protoHitId?: ProtoHitId | undefined;
    /** Found in the foreign id or the ProtoHIT's title, or the id itself. */
    search?: string | undefined;
  },
): Promise<readonly StatusListing[]> {
  const { rows } = await db.query<StatusListing>(
    `select page.reservation_id as id, page.foreign_id as "foreignId", page.proto_hit_id as "protoHitId",
            p.fields ->> 'title' as title, p.sandbox, page.phase, page.expected_at as "expectedAt",
            page.invoked_at as "invokedAt",
            page.recruiting_stopped_at is not null as "isRecruitingStopped", page.num_assignments as asked, page.dispatched, page.responded
     from (
       select * from reservations r
       where ($1::uuid is null or (r.made_at, r.reservation_id) <
               (select made_at, reservation_id from reservations where reservation_id = $1))
         and ($2::text is null or r.phase = $2)
         and ($3::uuid is null or r.proto_hit_id = $3)
         and ($5::text is null or r.foreign_id ilike '%' || $5 || '%' or r.reservation_id::text = $5
              or r.proto_hit_id = any(array(
                   select proto_hit_id from proto_hits where fields ->> 'title' ilike '%' || $5 || '%')))
       order by r.made_at desc, r.reservation_id desc
       limit $4
     ) page
     join proto_hits p on p.proto_hit_id = page.proto_hit_id
     order by page.made_at desc, page.reservation_id desc`,
    [before, phase, protoHitId, limit, search?.replace(/[\\%_]/g, '\\$&')],
  );
  return rows;
}

/** The house as a whole, whatever a page shows of it. */
export type HouseNow = {
  /** People who wait, are heard of and react, by ProtoHIT; those nobody waits for are left out. */
  readonly waiting: Readonly<Record<ProtoHitId, number>>;
  /** People who wait in all: some wait for two ProtoHITs. */
  readonly people: number;
  /** Reservations made or invoked, and not closed. */
  readonly open: number;
  /** Slots of invoked reservations that nobody holds. */
  readonly missing: number;
  /** HITs that can be accepted. */
  readonly onMarket: number;
};

/** Counts by partial indexes: costs what waits and what is open, not what ever was. */
export async function houseNow(
  db: Queryable,
  { now, pingTimeoutMs }: { now: Instant; pingTimeoutMs: number },
): Promise<HouseNow> {
  const { rows } = await db.query<HouseNow>(
    `with people as materialized (${waitingPeople({ since: '$1' })})
     select (select coalesce(json_object_agg(proto_hit_id, many), '{}')
             from (select proto_hit_id, count(*) as many from people group by proto_hit_id) pool) as waiting,
            (select count(distinct worker_id)::int from people) as people,
            (select count(*)::int from reservations where phase in ('made', 'invoked')) as open,
            (select coalesce(sum(num_assignments - dispatched), 0)::int from reservations
             where phase = 'invoked' and dispatched < num_assignments) as missing,
            (select count(*)::int from hits where phase = 'posted' and expires_at > $2) as "onMarket"`,
    [now - pingTimeoutMs, now],
  );
  const [house] = rows;
  if (house === undefined) throw new Error('a query of one row brought none');
  return house;
}
