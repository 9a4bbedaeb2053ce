import type { HitPhase } from '../../domain/hit.ts';
import type { HitId, Instant, MarketplaceHitId, ProtoHitId, ReservationId } from '../../domain/ids.ts';
import type { Queryable } from '../projection.ts';
import { filterOf, type Page, pageOf, UUID } from './page.ts';

export type HitShown = {
  readonly hitId: HitId;
  readonly marketplaceHitId: MarketplaceHitId | null;
  readonly protoHitId: ProtoHitId;
  readonly hitTypeId: string;
  readonly title: string;
  readonly recruitedFor: ReservationId | null;
  readonly phase: HitPhase;
  readonly sandbox: boolean;
  readonly rewardCents: number;
  readonly maxAssignments: number;
  readonly arrivals: number;
  readonly requestedAt: Instant;
  readonly postedAt: Instant | null;
  readonly expiresAt: Instant | null;
};

export type HitFilter = {
  /** The id of a HIT (ours or the marketplace's), of a ProtoHIT or a reservation. */
  readonly search: string | null;
  readonly phase: HitPhase | null;
};

const FOUND = `h.hit_id in (
  select hit_id from hits where hit_id = ${UUID}
  union all select hit_id from hits where marketplace_hit_id = $
  union all select hit_id from hits where proto_hit_id = ${UUID}
  union all select hit_id from hits where recruited_for = ${UUID})`;

/** Newest first, by when they were decided. */
export const browseHits = (db: Queryable, { search, phase }: HitFilter, page: Page): Promise<readonly HitShown[]> =>
  pageOf<HitShown>(
    db,
    `select h.hit_id as "hitId", h.marketplace_hit_id as "marketplaceHitId", h.proto_hit_id as "protoHitId",
            h.fields ->> 'hitTypeId' as "hitTypeId", h.fields ->> 'title' as title, h.recruited_for as "recruitedFor",
            h.phase, h.sandbox, (h.fields ->> 'rewardCents')::int as "rewardCents",
            h.max_assignments as "maxAssignments", h.arrivals, h.requested_at as "requestedAt",
            h.posted_at as "postedAt", h.expires_at as "expiresAt"
     from hits h`,
    { at: 'h.requested_at', id: 'h.hit_id::text' },
    filterOf([
      [FOUND, search],
      ['h.phase = $', phase],
    ]),
    page,
  );
