import { type Assignment, type AssignmentEvent, endCall, isHandedIn, loseSlot, respond } from './assignment.ts';
import type { Decision } from './decision.ts';
import type { Instant } from './ids.ts';
import { dispatch, isClosed, type Reservation, type ReservationEvent, reopenSlot } from './reservation.ts';

/** What is to be appended, in one, to the stream of an assignment and to that of the reservation it was called to. */
export type Place = {
  readonly assignment: readonly AssignmentEvent[];
  readonly reservation: readonly ReservationEvent[];
};

const UNCHANGED: Place = { assignment: [], reservation: [] };

const eventsOf = <Event>(decision: Decision<Event>): readonly Event[] =>
  decision.type === 'refused' ? [] : decision.events;

const holdsSlot = (assignment: Assignment, reservation: Reservation): boolean =>
  assignment.phase !== 'none' &&
  reservation.phase !== 'none' &&
  reservation.dispatched.get(assignment.id) === assignment.workerId;

/**
 * A called worker comes to the task. Who holds the slot has it for ever from here on. Who lost it gets it back while nobody
 * else has it; otherwise they hear that they came too late, or that it is over, and never get the task: a reservation never
 * has more people than it asked for. `reservation` is null where the assignment itself says that the slot is theirs.
 */
export function start(
  assignment: Assignment,
  reservation: Reservation | null,
  { reactedAfterMs, at }: { reactedAfterMs?: number | undefined; at: Instant },
): Place {
  if (assignment.phase !== 'called') return UNCHANGED;
  const responded = eventsOf(respond(assignment, { reactedAfterMs, at }));
  if (reservation === null) return { assignment: responded, reservation: [] };
  if (isClosed(reservation)) return endUnstarted(assignment, reservation, { at });
  if (holdsSlot(assignment, reservation)) return { assignment: responded, reservation: [] };
  const again = sentAgain(assignment, reservation, at);
  return again.length > 0
    ? { assignment: responded, reservation: again }
    : endUnstarted(assignment, reservation, { at });
}

/** Gives back a slot that nobody took meanwhile. */
const sentAgain = (
  { id: assignmentId, workerId }: Exclude<Assignment, { phase: 'none' }>,
  reservation: Reservation,
  at: Instant,
): readonly ReservationEvent[] => eventsOf(dispatch(reservation, { workers: [{ assignmentId, workerId }], at }));

/** Tells a called worker who has not started that the reservation is over, or that somebody else has their place. */
export function endUnstarted(assignment: Assignment, reservation: Reservation, { at }: { at: Instant }): Place {
  if (assignment.phase !== 'called' || reservation.phase === 'none') return UNCHANGED;
  const isOver = isClosed(reservation);
  const isHeld = holdsSlot(assignment, reservation);
  if (!isOver && (isHeld || sentAgain(assignment, reservation, at).length > 0)) return UNCHANGED;
  return {
    assignment: eventsOf(endCall(assignment, { reason: isOver ? 'over' : 'tooLate', at })),
    // Whoever unfinishes it finds the slot open.
    reservation: isHeld
      ? eventsOf(reopenSlot(reservation, { assignmentId: assignment.id, reason: 'neverResponded', at }))
      : [],
  };
}

/**
 * Opens the slot of a dispatched worker for another. Silence says nothing of somebody who came to the task: that one may
 * have left the page for the task's own, and only the marketplace knows that they gave up. Whoever handed in filled theirs.
 */
export function openSlotOf(
  assignment: Assignment,
  reservation: Reservation,
  command: Parameters<typeof reopenSlot>[1],
): Place {
  const isTheirs = holdsSlot(assignment, reservation);
  const isSilence = command.reason === 'lost' || command.reason === 'neverResponded';
  if (isTheirs && isSilence && assignment.phase !== 'none' && assignment.task?.hasBegun) return UNCHANGED;
  if (isTheirs && isHandedIn(assignment)) return UNCHANGED;
  const reopened = eventsOf(reopenSlot(reservation, command));
  if (reopened.length === 0 || !isTheirs || reservation.phase === 'none')
    return { assignment: [], reservation: reopened };
  return {
    assignment: eventsOf(loseSlot(assignment, { reservationId: reservation.id, at: command.at })),
    reservation: reopened,
  };
}
