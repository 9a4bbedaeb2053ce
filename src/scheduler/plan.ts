import type { HitId, Instant, ProtoHitId, ReservationId } from '../domain/ids.ts';
import { type Need, needsOf, type ReservationDemand, type WaitingPeople } from '../domain/needs.ts';
import type { PlacesOfHit } from '../domain/recruiting.ts';

/** A reservation, with the most places that a HIT of its ProtoHIT has. */
export type RecruitedReservation = ReservationDemand & { readonly maxAssignments: number };
export type Demand = readonly RecruitedReservation[];

/** A HIT that can still bring someone: requested or on the market, and not about to leave it. */
export type OpenHit = PlacesOfHit & {
  readonly hitId: HitId;
  readonly protoHitId: ProtoHitId;
  readonly recruitedFor: ReservationId | null;
  readonly requestedAt: Instant;
  /** When it was last asked to leave the market and the marketplace refused; null if never. */
  readonly expireRequestedAt: Instant | null;
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

/** What a reservation lacks, as a policy sees it. */
export type RecruitingNeed = Need<RecruitedReservation> & {
  /** Of all who wait, those who came by a HIT that was posted for it. */
  readonly recruited: number;
};

/** One ProtoHIT that has open reservations or open HITs, as a policy sees it. */
export type Situation = {
  readonly protoHitId: ProtoHitId;
  /** Its open reservations, the soonest expected first. */
  readonly needs: readonly RecruitingNeed[];
  readonly openHits: readonly OpenHit[];
  readonly now: Instant;
};

/** HITs to post for a reservation, each with so many places. */
export type Post = { readonly reservationId: ReservationId; readonly hits: number; readonly places: number };

/** How many HITs to post for which reservation, and which to take off the market early. */
export type Recruiting = { readonly post: readonly Post[]; readonly expire: readonly HitId[] };

/** How to recruit. Pure: the same situation gives the same answer. `plan` holds it to the bounds. */
export type Policy = (situation: Situation) => Recruiting;

export type Plan = {
  readonly post: readonly (Post & { readonly protoHitId: ProtoHitId })[];
  readonly expire: readonly HitId[];
};

/** What no policy may exceed. The original had no bound: it posted on as long as anyone was missing. */
export type Bounds = {
  /** HITs of one ProtoHIT on the market, or on their way there, that have a place as the marketplace says. */
  readonly maxOpenHits: number;
};

const SHORTEST_REST_MS = 60_000;
const LONGEST_REST_MS = 10 * 60_000;
const ASK_AGAIN_TO_EXPIRE_MS = 10 * 60_000;

/**
 * Returns the HITs to post and to expire for a demand and a supply. The policy decides how to recruit; every policy is
 * held to this: it posts for open reservations only, no ProtoHIT has more open HITs than its bound, and one whose posts
 * fail rests.
 */
export function plan(demand: Demand, supply: Supply, now: Instant, policy: Policy, { maxOpenHits }: Bounds): Plan {
  const reservations = groupByProtoHit(demand);
  const hits = groupByProtoHit(supply.hits);
  const plans = [...new Set([...reservations.keys(), ...hits.keys()])].map((protoHitId): Plan => {
    const openHits = hits.get(protoHitId) ?? [];
    const needs = needsOf(reservations.get(protoHitId) ?? [], supply.waiting).map((need) => ({
      ...need,
      recruited: recruitedFor(need.reservation, supply.waiting),
    }));
    const wanted = policy({ protoHitId, needs, openHits, now });
    const room = Math.max(0, maxOpenHits - openHits.filter(isOnOffer).length);
    const failing = supply.failures.find((failure) => failure.protoHitId === protoHitId);
    // One post at a time shows whether the fault is gone.
    const most = failing === undefined ? room : isResting(failing, now) ? 0 : Math.min(room, 1);
    const early = new Set(wanted.expire);
    return {
      post: upTo(most, wanted.post, needs).map((post) => ({ protoHitId, ...post })),
      expire: openHits.filter((hit) => early.has(hit.hitId) && isExpirable(hit, now)).map(({ hitId }) => hitId),
    };
  });
  return { post: plans.flatMap(({ post }) => post), expire: plans.flatMap(({ expire }) => expire) };
}

const recruitedFor = ({ reservationId }: ReservationDemand, waiting: Supply['waiting']): number =>
  waiting
    .filter((people) => people.recruitedFor.includes(reservationId))
    .reduce((sum, people) => sum + people.waiting, 0);

/** The policy's posts, as far as they are for an open reservation and fit under the bound. */
function upTo(most: number, wanted: Recruiting['post'], needs: readonly RecruitingNeed[]): Recruiting['post'] {
  const open = new Set(needs.map(({ reservation }) => reservation.reservationId));
  let room = most;
  return wanted.flatMap(({ reservationId, hits, places }) => {
    if (!open.has(reservationId)) return [];
    const fitting = Math.min(room, Math.max(0, Math.floor(hits)));
    room -= fitting;
    return fitting === 0 ? [] : { reservationId, hits: fitting, places };
  });
}

/** Rests as long as it has been failing already: 1, 1, 2, 4, 8, 10, 10… minutes between tries. */
const isResting = ({ firstAt, lastAt }: { firstAt: Instant; lastAt: Instant }, now: Instant): boolean =>
  now < lastAt + Math.min(LONGEST_REST_MS, Math.max(SHORTEST_REST_MS, lastAt - firstAt));

/** Whether to ask a HIT to leave; one that the marketplace would not let go stays for a while before it is asked again. */
export const isExpirable = ({ expireRequestedAt }: OpenHit, now: Instant): boolean =>
  expireRequestedAt === null || now >= expireRequestedAt + ASK_AGAIN_TO_EXPIRE_MS;

/** By what the marketplace says alone: people who only say that they came leave a HIT on offer. */
const isOnOffer = ({ listedAvailable, maxAssignments }: OpenHit): boolean => (listedAvailable ?? maxAssignments) > 0;

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
