import type { HitId, Instant, ProtoHitId, ReservationId } from '../domain/ids.ts';
import { type Need, needsOf, type ReservationDemand, type WaitingPeople } from '../domain/needs.ts';

export type Demand = readonly ReservationDemand[];

/** A HIT that can still bring someone: requested or on the market, and not about to leave it. */
export type OpenHit = {
  readonly hitId: HitId;
  readonly protoHitId: ProtoHitId;
  readonly recruitedFor: ReservationId | null;
  readonly requestedAt: Instant;
  /** When it was last asked to leave the market and the marketplace refused; null if never. */
  readonly expireRequestedAt: Instant | null;
  readonly maxAssignments: number;
  /** Workers who came to the landing page through it. */
  readonly arrivals: number;
};

export type Supply = {
  /** People at the landing page with no task, each in one group. */
  readonly waiting: readonly WaitingPeople[];
  readonly hits: readonly OpenHit[];
  /** Posts that the marketplace refused since the last one that it took. */
  readonly failures: readonly {
    readonly protoHitId: ProtoHitId;
    readonly firstAt: Instant;
    readonly lastAt: Instant;
  }[];
};

/** One ProtoHIT with at least one worker missing, as a policy sees it. */
export type Situation = {
  readonly protoHitId: ProtoHitId;
  /** Soonest expected first. */
  readonly needs: readonly Need[];
  readonly openHits: readonly OpenHit[];
  readonly now: Instant;
};

/** How many HITs to post for which reservation, and which to take off the market early. */
export type Recruiting = {
  readonly post: readonly { readonly reservationId: ReservationId; readonly hits: number }[];
  readonly expire: readonly HitId[];
};

/** How to recruit. Pure: the same situation gives the same answer. `plan` holds it to the bounds. */
export type Policy = (situation: Situation) => Recruiting;

export type Plan = {
  readonly post: readonly {
    readonly protoHitId: ProtoHitId;
    readonly reservationId: ReservationId;
    readonly hits: number;
  }[];
  readonly expire: readonly HitId[];
};

/** What no policy may exceed. The original had no bound: it posted on as long as anyone was missing. */
export type Bounds = {
  /** HITs of one ProtoHIT on the market, or on their way there, that still have a place. */
  readonly maxOpenHits: number;
};

const SHORTEST_REST_MS = 60_000;
const LONGEST_REST_MS = 10 * 60_000;
const ASK_AGAIN_TO_EXPIRE_MS = 10 * 60_000;

/**
 * Demand and supply → HITs to post and to expire. The policy decides how to recruit; this holds for every
 * policy: nothing is posted where nobody is missing, and every HIT there leaves the market; no ProtoHIT has
 * more open HITs than its bound; a ProtoHIT whose posts fail rests.
 */
export function plan(demand: Demand, supply: Supply, now: Instant, policy: Policy, { maxOpenHits }: Bounds): Plan {
  const reservations = groupByProtoHit(demand);
  const hits = groupByProtoHit(supply.hits);
  const plans = [...new Set([...reservations.keys(), ...hits.keys()])].map((protoHitId): Plan => {
    const openHits = hits.get(protoHitId) ?? [];
    const needs = needsOf(reservations.get(protoHitId) ?? [], supply.waiting);
    const missing = needs.reduce((sum, need) => sum + need.missing, 0);
    if (missing === 0) return { post: [], expire: expirable(openHits, now) };

    const wanted = policy({ protoHitId, needs, openHits, now });
    const room = Math.max(0, maxOpenHits - openHits.filter(hasPlace).length);
    const failing = supply.failures.find((failure) => failure.protoHitId === protoHitId);
    // One post at a time shows whether the fault is gone.
    const most = failing === undefined ? room : isResting(failing, now) ? 0 : Math.min(room, 1);
    const early = new Set(wanted.expire);
    return {
      post: upTo(most, wanted.post, needs).map((post) => ({ protoHitId, ...post })),
      expire: expirable(
        openHits.filter(({ hitId }) => early.has(hitId)),
        now,
      ),
    };
  });
  return { post: plans.flatMap(({ post }) => post), expire: plans.flatMap(({ expire }) => expire) };
}

/** The policy's posts, as far as they are for somebody missing and fit under the bound. */
function upTo(most: number, wanted: Recruiting['post'], needs: readonly Need[]): Recruiting['post'] {
  const inNeed = new Set(
    needs.filter(({ missing }) => missing > 0).map(({ reservation }) => reservation.reservationId),
  );
  let room = most;
  return wanted.flatMap(({ reservationId, hits }) => {
    if (!inNeed.has(reservationId)) return [];
    const fitting = Math.min(room, Math.max(0, Math.floor(hits)));
    room -= fitting;
    return fitting === 0 ? [] : { reservationId, hits: fitting };
  });
}

/** Rests as long as it has been failing already: 1, 1, 2, 4, 8, 10, 10… minutes between tries. */
const isResting = ({ firstAt, lastAt }: { firstAt: Instant; lastAt: Instant }, now: Instant): boolean =>
  now < lastAt + Math.min(LONGEST_REST_MS, Math.max(SHORTEST_REST_MS, lastAt - firstAt));

/** Those to ask to leave; one that the marketplace would not let go is left in peace for a while. */
const expirable = (hits: readonly OpenHit[], now: Instant): readonly HitId[] =>
  hits
    .filter(({ expireRequestedAt }) => expireRequestedAt === null || now >= expireRequestedAt + ASK_AGAIN_TO_EXPIRE_MS)
    .map(({ hitId }) => hitId);

const hasPlace = ({ arrivals, maxAssignments }: OpenHit): boolean => arrivals < maxAssignments;

function groupByProtoHit<Item extends { readonly protoHitId: ProtoHitId }>(
  items: readonly Item[],
): ReadonlyMap<ProtoHitId, readonly Item[]> {
  const groups = new Map<ProtoHitId, Item[]>();
  for (const item of items) {
    const group = groups.get(item.protoHitId);
    if (group) group.push(item);
    else groups.set(item.protoHitId, [item]);
  }
  return groups;
}
