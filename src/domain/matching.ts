import type { AssignmentId, Instant, ReservationId, WorkerId } from './ids.ts';
import { isSuspect, type WaitingWorker } from './presence.ts';

/** An invoked reservation with slots to fill. */
export type OpenReservation = {
  readonly reservationId: ReservationId;
  readonly invokedAt: Instant;
  readonly openSlots: number;
  /** People who hold one of its slots already: one slot a person. */
  readonly holders: ReadonlySet<WorkerId>;
};

export type Match = {
  readonly reservationId: ReservationId;
  readonly workers: readonly { readonly assignmentId: AssignmentId; readonly workerId: WorkerId }[];
};

/**
 * Which waiting worker goes to which reservation of one ProtoHIT. The oldest invoked reservation is served
 * first; for each, those recruited for it, then the longest-waiting; people who missed a beat come after
 * all others. Nobody is matched twice, not even with two assignments open.
 */
export function match(
  reservations: readonly OpenReservation[],
  waiting: readonly WaitingWorker[],
  now: Instant,
): readonly Match[] {
  const taken = new Set<WorkerId>();
  const matches: Match[] = [];
  for (const reservation of [...reservations].sort((a, b) => a.invokedAt - b.invokedAt)) {
    const workers: { assignmentId: AssignmentId; workerId: WorkerId }[] = [];
    for (const worker of [...waiting].sort(inOrderFor(reservation, now))) {
      if (workers.length >= reservation.openSlots) break;
      if (taken.has(worker.workerId) || reservation.holders.has(worker.workerId)) continue;
      taken.add(worker.workerId);
      workers.push({ assignmentId: worker.assignmentId, workerId: worker.workerId });
    }
    if (workers.length > 0) matches.push({ reservationId: reservation.reservationId, workers });
  }
  return matches;
}

const inOrderFor =
  ({ reservationId }: OpenReservation, now: Instant) =>
  (a: WaitingWorker, b: WaitingWorker): number =>
    Number(isSuspect(a.lastPingAt, now)) - Number(isSuspect(b.lastPingAt, now)) ||
    Number(b.recruitedFor === reservationId) - Number(a.recruitedFor === reservationId) ||
    a.waitingSince - b.waitingSince;
