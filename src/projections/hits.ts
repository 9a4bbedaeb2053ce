import { streamId } from '../domain/event.ts';
import type { HitPhase } from '../domain/hit.ts';
import type { EventId, HitId, Instant, MarketplaceHitId, ProtoHitId, ReservationId } from '../domain/ids.ts';
import type { ProtoHitFields } from '../domain/protoHit.ts';
import { columnsOf, foldInto, type Table } from './fold.ts';
import type { Queryable, Recorded } from './projection.ts';

export type HitRow = {
  readonly hitId: HitId;
  readonly protoHitId: ProtoHitId;
  readonly recruitedFor: ReservationId | null;
  readonly phase: HitPhase;
  readonly marketplaceHitId: MarketplaceHitId | null;
  /** Makes the call to the marketplace idempotent: the id of the event that decided it. */
  readonly token: EventId;
  readonly fields: ProtoHitFields;
  readonly sandbox: boolean;
  readonly maxAssignments: number;
  readonly requestedAt: Instant;
  readonly postedAt: Instant | null;
  /** When the marketplace refused it for good. */
  readonly failedAt: Instant | null;
  /** When its lifetime ends on the marketplace. */
  readonly expiresAt: Instant | null;
  /** When it was last asked to leave; kept when the marketplace would not let it go. */
  readonly expireRequestedAt: Instant | null;
  /** When the marketplace was seen to have taken it off. */
  readonly leftAt: Instant | null;
  /** Asked to leave before the marketplace had answered to the post. */
  readonly expireWhenPosted: boolean;
  /** Workers who came to the landing page through it. */
  readonly arrivals: number;
  /** What the marketplace last said: places that nobody has accepted, and those held; null: nothing that was news. */
  readonly listedAvailable: number | null;
  readonly listedPending: number | null;
  /** Who had come by then, and when that was. */
  readonly listedArrivals: number | null;
  readonly listedAt: Instant | null;
};

const table: Table<HitRow> = {
  name: 'hits',
  ddl: `
    create table hits (
      hit_id uuid primary key,
      proto_hit_id uuid not null,
      recruited_for uuid,
      phase text not null,
      marketplace_hit_id text,
      token uuid not null,
      fields jsonb not null,
      sandbox boolean not null,
      max_assignments int not null,
      requested_at double precision not null,
      posted_at double precision,
      failed_at double precision,
      expires_at double precision,
      expire_requested_at double precision,
      expire_when_posted boolean not null,
      arrivals int not null,
      left_at double precision,
      listed_available int,
      listed_pending int,
      listed_arrivals int,
      listed_at double precision
    );
    create index hits_by_age on hits (requested_at, hit_id);
    create index hits_by_marketplace_id on hits (marketplace_hit_id);
    create index hits_to_post on hits (requested_at) where phase = 'requested';
    create index hits_to_expire on hits (expire_requested_at) where phase = 'expiring';
    create index hits_open on hits (proto_hit_id) where phase in ('requested', 'posted');
    create index hits_open_by_recruiter on hits (recruited_for) where phase in ('requested', 'posted');
    create index hits_by_recruiter on hits (recruited_for);
    create index hits_on_market on hits (requested_at)
      where marketplace_hit_id is not null and phase <> 'disposed';
    create index hits_failed on hits (failed_at) where failed_at is not null;
    create index hits_by_post on hits (proto_hit_id, posted_at);`,
  key: 'hitId',
  columns: [
    'hitId',
    'protoHitId',
    'recruitedFor',
    'phase',
    'marketplaceHitId',
    'token',
    'fields',
    'sandbox',
    'maxAssignments',
    'requestedAt',
    'postedAt',
    'failedAt',
    'expiresAt',
    'expireRequestedAt',
    'expireWhenPosted',
    'arrivals',
    'leftAt',
    'listedAvailable',
    'listedPending',
    'listedArrivals',
    'listedAt',
  ],
};

export const hits = foldInto({
  table,
  version: 3,
  events: [
    'HitPostRequested',
    'HitPosted',
    'HitPostFailed',
    'WorkerArrived',
    'HitExpireRequested',
    'HitExpired',
    'HitExpireFailed',
    'HitDisposed',
    'HitListed',
  ],
  keyOf: (event) => (event.type === 'WorkerArrived' ? event.data.hitId : streamId(event.stream)),
  evolve: (row, event): HitRow | null => {
    if (event.type === 'HitPostRequested') return requested(event);
    if (row === null) return null;
    const { at } = event.data;
    switch (event.type) {
      case 'HitPosted': {
        const { marketplaceHitId, expiresAt } = event.data;
        const phase = row.expireWhenPosted ? 'expiring' : 'posted';
        return { ...row, phase, marketplaceHitId, expiresAt, postedAt: at };
      }
      case 'HitPostFailed':
        return { ...row, phase: 'postFailed', failedAt: at };
      case 'WorkerArrived':
        // The first event of an assignment; the later ones are of people who came back.
        return event.revision === 0 ? { ...row, arrivals: row.arrivals + 1 } : row;
      case 'HitExpireRequested':
        return row.phase === 'requested'
          ? { ...row, expireWhenPosted: true, expireRequestedAt: at }
          : { ...row, phase: 'expiring', expireRequestedAt: at };
      case 'HitExpired':
        return { ...row, phase: 'expired', leftAt: row.leftAt ?? at };
      case 'HitExpireFailed':
        return { ...row, phase: 'posted', expireWhenPosted: false };
      case 'HitDisposed':
        return { ...row, phase: 'disposed', leftAt: row.leftAt ?? at };
      case 'HitListed': {
        const { available: listedAvailable, pending: listedPending, arrivals: listedArrivals } = event.data;
        return { ...row, listedAvailable, listedPending, listedArrivals, listedAt: at };
      }
    }
  },
});

const requested = ({ id, data: { at, ...order } }: Recorded<'HitPostRequested'>): HitRow => ({
  ...order,
  token: id,
  phase: 'requested',
  requestedAt: at,
  marketplaceHitId: null,
  postedAt: null,
  failedAt: null,
  expiresAt: null,
  expireRequestedAt: null,
  expireWhenPosted: false,
  arrivals: 0,
  leftAt: null,
  listedAvailable: null,
  listedPending: null,
  listedArrivals: null,
  listedAt: null,
});

const rowsWhere = async (
  db: Queryable,
  conditionAndOrder: string,
  parameters: readonly unknown[],
): Promise<readonly HitRow[]> => {
  const select = `select ${columnsOf(table, 'h')} from hits h`;
  const { rows } = await db.query<HitRow>(`${select} where ${conditionAndOrder}`, [...parameters]);
  return rows;
};

export const findHit = async (db: Queryable, id: HitId): Promise<HitRow | undefined> =>
  (await hitsByIds(db, [id])).get(id);

export async function hitsByIds(db: Queryable, ids: readonly HitId[]): Promise<ReadonlyMap<HitId, HitRow>> {
  const rows = await rowsWhere(db, 'h.hit_id = any($1)', [ids]);
  return new Map(rows.map((row) => [row.hitId, row]));
}

/** What a landing page knows of its HIT is the marketplace's id. */
export async function hitsByMarketplaceIds(
  db: Queryable,
  ids: readonly MarketplaceHitId[],
): Promise<ReadonlyMap<MarketplaceHitId, HitRow>> {
  const rows = await rowsWhere(db, 'h.marketplace_hit_id = any($1)', [ids]);
  return new Map(rows.flatMap((row) => (row.marketplaceHitId === null ? [] : [[row.marketplaceHitId, row]])));
}

/** Newest first; `before` is the last one of the page before. */
export const listHits = (
  db: Queryable,
  { limit, before, protoHitId }: { limit: number; before?: HitId | undefined; protoHitId?: ProtoHitId | null },
): Promise<readonly HitRow[]> =>
  rowsWhere(
    db,
    `($2::uuid is null or (h.requested_at, h.hit_id) <
        (select requested_at, hit_id from hits where hit_id = $2))
     and ($3::uuid is null or h.proto_hit_id = $3)
     order by h.requested_at desc, h.hit_id desc
     limit $1`,
    [limit, before, protoHitId],
  );

/** Of a ProtoHIT, those that the marketplace took; newest first. */
export const newestHitsPosted = (
  db: Queryable,
  { protoHitId, limit }: { protoHitId: ProtoHitId; limit: number },
): Promise<readonly HitRow[]> =>
  rowsWhere(
    db,
    'h.proto_hit_id = $1 and h.posted_at is not null order by h.proto_hit_id desc, h.posted_at desc limit $2',
    [protoHitId, limit],
  );

/** Decided, and not known to be posted or refused; oldest first. */
export const awaitingPost = (db: Queryable, { limit = 1000 }: { limit?: number } = {}): Promise<readonly HitRow[]> =>
  rowsWhere(db, `h.phase = 'requested' order by h.requested_at, h.hit_id limit $1`, [limit]);

/** On the market, and asked to leave it; oldest request first. */
export const awaitingExpire = (db: Queryable, { limit = 1000 }: { limit?: number } = {}): Promise<readonly HitRow[]> =>
  rowsWhere(db, `h.phase = 'expiring' order by h.expire_requested_at, h.hit_id limit $1`, [limit]);

/** Requested or on the market, and not about to leave it: they can still bring someone. */
export const openHits = (db: Queryable, { now }: { now: Instant }): Promise<readonly HitRow[]> =>
  rowsWhere(
    db,
    `h.phase in ('requested', 'posted') and not h.expire_when_posted and (h.expires_at is null or h.expires_at > $1)
     order by h.requested_at, h.hit_id`,
    [now],
  );

/** Of those that a reservation recruits with, the ones that can be asked to leave. */
export const openHitsOfReservation = (db: Queryable, id: ReservationId): Promise<readonly HitRow[]> =>
  rowsWhere(
    db,
    `h.phase in ('requested', 'posted') and not h.expire_when_posted and h.recruited_for = $1
     order by h.requested_at, h.hit_id`,
    [id],
  );

/** Every HIT that was ever to be posted for each of these reservations. */
export async function hitIdsByRecruiter(
  db: Queryable,
  reservationIds: readonly ReservationId[],
): Promise<ReadonlyMap<ReservationId, ReadonlySet<HitId>>> {
  const { rows } = await db.query<{ reservationId: ReservationId; hitIds: readonly HitId[] }>(
    `select recruited_for as "reservationId", array_agg(hit_id::text) as "hitIds"
     from hits where recruited_for = any($1) group by recruited_for`,
    [reservationIds],
  );
  return new Map(rows.map(({ reservationId, hitIds }) => [reservationId, new Set(hitIds)]));
}

/** Open ones of ProtoHITs without an open reservation that still needs anybody. */
export const unneededHits = (
  db: Queryable,
  { now, protoHitId }: { now: Instant; protoHitId?: ProtoHitId | undefined },
): Promise<readonly HitRow[]> =>
  rowsWhere(
    db,
    `h.phase in ('requested', 'posted') and not h.expire_when_posted and (h.expires_at is null or h.expires_at > $1)
       and ($2::uuid is null or h.proto_hit_id = $2)
       and not exists (select from reservations r
                       where r.proto_hit_id = h.proto_hit_id and r.needs_workers)
     order by h.requested_at, h.hit_id`,
    [now, protoHitId],
  );

/** What a complete listing of the marketplace should show of the HITs requested before a moment. */
export const hitsOnMarket = (
  db: Queryable,
  { sandbox, requestedBefore }: { sandbox: boolean; requestedBefore: Instant },
): Promise<readonly HitRow[]> =>
  rowsWhere(
    db,
    `h.marketplace_hit_id is not null and h.phase <> 'disposed' and h.sandbox = $1 and h.requested_at < $2
     order by h.requested_at, h.hit_id`,
    [sandbox, requestedBefore],
  );

/** Of people called a day ago at the most: longer than that nobody is at work. */
const LONGEST_WORK_MS = 24 * 3_600_000;
/** People who were released hand in at once, or not at all. */
const LONGEST_RELEASE_MS = 5 * 60_000;

/** HITs on the marketplace with somebody who was called and has not handed in, or who was released a moment ago. */
export const hitsOfPeopleAtWork = (db: Queryable, { now }: { now: Instant }): Promise<readonly HitRow[]> =>
  rowsWhere(
    db,
    `h.marketplace_hit_id is not null and h.hit_id in (
       select hit_id from tasks where called_at >= $1 and phase in ('called', 'working')
       union
       select hit_id from tasks where coalesce(ended_at, called_at) >= $2 and phase = 'released')`,
    [now - LONGEST_WORK_MS, now - LONGEST_RELEASE_MS],
  );

/** Which of a marketplace's two sides have HITs of ours, or are about to. */
export async function sandboxesInUse(db: Queryable): Promise<readonly boolean[]> {
  const { rows } = await db.query<{ sandbox: boolean }>(
    `select distinct sandbox from hits
     where (marketplace_hit_id is not null and phase <> 'disposed') or phase = 'requested'`,
  );
  return rows.map(({ sandbox }) => sandbox);
}

/** Posts refused since a moment and since the last post of the same ProtoHIT that was taken: the first and the last. */
export async function postFailures(
  db: Queryable,
  { since }: { since: Instant },
): Promise<readonly { protoHitId: ProtoHitId; firstAt: Instant; lastAt: Instant }[]> {
  const { rows } = await db.query<{ protoHitId: ProtoHitId; firstAt: Instant; lastAt: Instant }>(
    `select failed.proto_hit_id as "protoHitId", min(failed.failed_at) as "firstAt", max(failed.failed_at) as "lastAt"
     from hits failed
     where failed.failed_at >= $1
       and not exists (select from hits posted
                       where posted.proto_hit_id = failed.proto_hit_id and posted.posted_at > failed.failed_at)
     group by failed.proto_hit_id`,
    [since],
  );
  return rows;
}
