import type { Instant, ProtoHitId, ReservationId } from './ids.ts';

/** What one open reservation (made or invoked, not timed out) asks for. */
export type ReservationDemand = {
  readonly reservationId: ReservationId;
  readonly protoHitId: ProtoHitId;
  readonly expectedAt: Instant;
  /** Null until invoked. */
  readonly invokedAt: Instant | null;
  readonly asked: number;
  /** Slots held by workers who were called, whether or not they have answered yet. */
  readonly dispatched: number;
};

/** How many people wait of whom the same is to be said. Each person is in one group, however many assignments they wait with. */
export type WaitingPeople = {
  readonly protoHitId: ProtoHitId;
  /** The reservations whose HITs brought them here. */
  readonly recruitedFor: readonly ReservationId[];
  /** The open reservations of which they hold a slot: they cannot fill another. */
  readonly holds: readonly ReservationId[];
  readonly waiting: number;
};

/** A reservation, and who would go to it if it were invoked now. */
export type Need<Reservation extends ReservationDemand = ReservationDemand> = {
  readonly reservation: Reservation;
  /** People who would go to it, at most as many as it has slots to fill. */
  readonly waiting: number;
  /** Workers still to be found, at least 0. */
  readonly missing: number;
};

/**
 * Shares those who wait among the reservations of one ProtoHIT as dispatch would: first those recruited for a
 * reservation, then the others, soonest expected first. Nobody is counted for two, nor for a reservation of which they
 * hold a slot.
 */
export function needsOf<Reservation extends ReservationDemand>(
  reservations: readonly Reservation[],
  people: readonly WaitingPeople[],
): readonly Need<Reservation>[] {
  const left = [...people].sort(byChoice).map((group) => ({ ...group }));
  const sorted = [...reservations].sort(
    (a, b) => a.expectedAt - b.expectedAt || (a.reservationId < b.reservationId ? -1 : 1),
  );
  const take = (
    { reservationId, protoHitId }: ReservationDemand,
    most: number,
    fits: (group: WaitingPeople) => boolean,
  ): number => {
    let taken = 0;
    for (const group of left) {
      if (taken >= most) break;
      if (group.protoHitId !== protoHitId || group.holds.includes(reservationId) || !fits(group)) continue;
      const some = Math.min(group.waiting, most - taken);
      group.waiting -= some;
      taken += some;
    }
    return taken;
  };
  const recruited = sorted.map((reservation) => {
    const slots = Math.max(0, reservation.asked - reservation.dispatched);
    const own = take(reservation, slots, ({ recruitedFor }) => recruitedFor.includes(reservation.reservationId));
    return { reservation, slots, own };
  });
  return recruited.map(({ reservation, slots, own }) => {
    const waiting = own + take(reservation, slots - own, () => true);
    return { reservation, waiting, missing: slots - waiting };
  });
}

/** Those who can go to the fewest reservations come first; the order in which groups are given does not matter. */
const byChoice = (a: WaitingPeople, b: WaitingPeople): number =>
  b.holds.length - a.holds.length || a.recruitedFor.length - b.recruitedFor.length || (keyOf(a) < keyOf(b) ? -1 : 1);

const keyOf = ({ holds, recruitedFor }: WaitingPeople): string => `${holds.join()} ${recruitedFor.join()}`;
