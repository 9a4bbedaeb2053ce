import { idOfName } from '../commands/ids.ts';
import { HitId, type ReservationId } from '../domain/ids.ts';

/**
 * Returns a function that gives a reservation's HITs their ids, one after the other: the first by number that are not
 * `used` yet. Who plans from the same view gives the same ids, and a HIT that was decided twice is one.
 */
export function freeHitIds(
  used: ReadonlyMap<ReservationId, ReadonlySet<HitId>>,
): (reservationId: ReservationId) => HitId {
  const next = new Map<ReservationId, number>();
  return (reservationId) => {
    const taken = used.get(reservationId);
    for (let number = next.get(reservationId) ?? 0; ; number++) {
      const hitId = HitId.parse(idOfName('hit', `${reservationId}/${number}`));
      if (taken?.has(hitId)) continue;
      next.set(reservationId, number + 1);
      return hitId;
    }
  };
}
