import type { Instant, ProtoHitId } from '../domain/ids.ts';
import { type MarketNow, marketNow } from './marketPlaces.ts';
import type { Queryable } from './projection.ts';
import { waitingPeople } from './waitingPeople.ts';

/** Slots of open reservations that nobody holds: still to be dispatched. */
export type StillToDispatch = {
  /** Reservations made or invoked, and not closed. */
  readonly open: number;
  readonly missing: number;
  /** Of these, slots of invoked reservations: somebody is to come now. */
  readonly missingNow: number;
};

/** By an index on the phase: costs what is open, not what ever was. */
export async function stillToDispatch(db: Queryable): Promise<StillToDispatch> {
  const { rows } = await db.query<StillToDispatch>(
    `select count(*)::int as open, coalesce(sum(num_assignments - dispatched), 0)::int as missing,
            coalesce(sum(num_assignments - dispatched) filter (where phase = 'invoked'), 0)::int as "missingNow"
     from reservations
     where phase in ('made', 'invoked')`,
  );
  return rows[0] ?? { open: 0, missing: 0, missingNow: 0 };
}

/** The house as a whole, whatever a page shows of it. */
export type HouseNow = StillToDispatch &
  MarketNow & {
    /** People who wait, are heard of and react, by ProtoHIT; those nobody waits for are left out. */
    readonly waiting: Readonly<Record<ProtoHitId, number>>;
    /** People who wait in all: some wait for two ProtoHITs. */
    readonly people: number;
  };

export async function houseNow(
  db: Queryable,
  { now, pingTimeoutMs }: { now: Instant; pingTimeoutMs: number },
): Promise<HouseNow> {
  const [{ rows }, reservations, market] = await Promise.all([
    db.query<Pick<HouseNow, 'waiting' | 'people'>>(
      `with people as materialized (${waitingPeople({ since: '$1' })})
       select (select coalesce(json_object_agg(proto_hit_id, many), '{}')
               from (select proto_hit_id, count(*) as many from people group by proto_hit_id) pool) as waiting,
              (select count(distinct worker_id)::int from people) as people`,
      [now - pingTimeoutMs],
    ),
    stillToDispatch(db),
    marketNow(db, { now }),
  ]);
  return { ...(rows[0] ?? { waiting: {}, people: 0 }), ...reservations, ...market };
}
