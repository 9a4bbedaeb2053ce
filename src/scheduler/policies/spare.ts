import type { HitId, ReservationId } from '../../domain/ids.ts';
import { placesComing, placesFor, placesOpen, type SparePlaces } from '../../domain/recruiting.ts';
import { isExpirable, type OpenHit, type Policy, type Post, type RecruitingNeed, type Situation } from '../plan.ts';

/**
 * Offers a place for everybody who is missing and a few to spare, for some who come leave again. What the market offers
 * beyond that is taken off it: each place can be accepted by somebody who waits, for money, for nobody.
 */
export const spare =
  (sparePlaces: SparePlaces): Policy =>
  (situation) => {
    const missing = sum(situation.needs.map((need) => need.missing));
    // The full ones too: whoever gives a place back puts it on the market again.
    if (missing === 0) return { post: [], expire: situation.openHits.map(({ hitId }) => hitId) };
    const wanted = placesFor(missing, sparePlaces);
    const offered = sum(situation.openHits.map((hit) => placesOpen(hit) + placesComing(hit, situation.now)));
    return offered > wanted
      ? { post: [], expire: surplus(situation, offered - wanted) }
      : { post: posts(situation, wanted - offered), expire: [] };
  };

/** HITs for so many places: first for those who lack people and places, then the spare ones, one each in turn. */
function posts({ needs, openHits, now }: Situation, places: number): readonly Post[] {
  const inNeed = needs.filter(({ missing }) => missing > 0);
  const given = new Map<ReservationId, number>();
  let left = places;
  const give = ({ reservation: { reservationId } }: RecruitingNeed, count: number): void => {
    given.set(reservationId, (given.get(reservationId) ?? 0) + count);
    left -= count;
  };
  for (const need of inNeed) {
    const own = openHits.filter(({ recruitedFor }) => recruitedFor === need.reservation.reservationId);
    give(
      need,
      Math.min(left, Math.max(0, need.missing - sum(own.map((hit) => placesOpen(hit) + placesComing(hit, now))))),
    );
  }
  while (left > 0 && inNeed.length > 0) for (const need of inNeed) give(need, Math.min(left, 1));
  return inNeed.flatMap(({ reservation: { reservationId, maxAssignments } }) => {
    const count = given.get(reservationId) ?? 0;
    const full = { reservationId, hits: Math.floor(count / maxAssignments), places: maxAssignments };
    const rest = { reservationId, hits: 1, places: count % maxAssignments };
    return [...(full.hits > 0 ? [full] : []), ...(rest.places > 0 ? [rest] : [])];
  });
}

/**
 * HITs to take off the market so that it offers at least so many places less: those for reservations that lack nobody
 * first, then the oldest; none that would take more than is too many while others will do.
 */
function surplus({ needs, openHits, now }: Situation, places: number): readonly HitId[] {
  const inNeed = new Set<ReservationId | null>(
    needs.filter(({ missing }) => missing > 0).map(({ reservation }) => reservation.reservationId),
  );
  const candidates = openHits
    .filter((hit) => placesOpen(hit) > 0 && isExpirable(hit, now))
    .toSorted(
      (a, b) =>
        Number(inNeed.has(a.recruitedFor)) - Number(inNeed.has(b.recruitedFor)) ||
        a.requestedAt - b.requestedAt ||
        (a.hitId < b.hitId ? -1 : 1),
    );
  const leaving = new Set<OpenHit>();
  let tooMany = places;
  for (const hit of candidates) {
    if (placesOpen(hit) > tooMany) continue;
    leaving.add(hit);
    tooMany -= placesOpen(hit);
  }
  const smallest = candidates
    .filter((hit) => !leaving.has(hit))
    .toSorted((a, b) => placesOpen(a) - placesOpen(b))
    .at(0);
  if (tooMany > 0 && smallest !== undefined) leaving.add(smallest);
  return [...leaving].map(({ hitId }) => hitId);
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, one) => total + one, 0);
