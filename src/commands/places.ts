import { type Assignment, evolveAssignment } from '../domain/assignment.ts';
import { replay } from '../domain/decision.ts';
import { streamOf } from '../domain/event.ts';
import type { AssignmentId, Instant, ReservationId } from '../domain/ids.ts';
import { endUnstarted, openSlotOf, type Place, start } from '../domain/place.ts';
import type { Reservation } from '../domain/reservation.ts';
import { calledTo } from '../projections/unstarted.ts';
import { assignments, type Loaded, load, reservations } from './aggregates.ts';
import { type CommandResult, type Context, type Dependencies, settled } from './context.ts';
import type { Dispatch } from './dispatch.ts';
import { handle, type Stamp, writeTo } from './handle.ts';

type Reopened = { readonly assignmentId: AssignmentId; readonly reason: Parameters<typeof openSlotOf>[2]['reason'] };

/**
 * Who has which place of a reservation, and who came to it. What touches a slot and its holder is one append to both
 * streams, so that nobody starts while their place is given away.
 */
export const placeCommands = (deps: Dependencies, dispatch: Dispatch) => {
  const { store, clock, db, log } = deps;

  const onPlace = (
    context: Context,
    { assignmentId, reservationId }: { assignmentId: AssignmentId; reservationId: ReservationId },
    decide: (assignment: Assignment, reservation: Reservation, at: Instant) => Place,
  ): Promise<CommandResult<{ readonly before: Reservation; readonly place: Place }>> =>
    handle(deps, async () => {
      const at = clock();
      const [assignment, reservation] = await Promise.all([
        load(store, assignments, streamOf.assignment(assignmentId)),
        load(store, reservations, streamOf.reservation(reservationId)),
      ]);
      const place = decide(assignment.state, reservation.state, at);
      const stamp: Stamp = { context, at, correlationId: reservationId };
      const writes = [writeTo(reservation, place.reservation, stamp), writeTo(assignment, place.assignment, stamp)];
      return { type: 'write', writes, value: { before: reservation.state, place }, seen: [reservation, assignment] };
    });

  return {
    /** A dispatched worker never came: the slot goes to the next one who waits. */
    reopenSlot: async (
      context: Context,
      { reservationId, ...slot }: Reopened & { reservationId: ReservationId },
    ): Promise<CommandResult<null>> => {
      const place = { assignmentId: slot.assignmentId, reservationId };
      const result = await onPlace(context, place, (assignment, reservation, at) =>
        openSlotOf(assignment, reservation, { ...slot, at }),
      );
      if (result.type === 'refused') return result;
      const { before } = result.value;
      if (before.phase === 'none') return { type: 'refused', refusal: NO_RESERVATION };
      const [answer] = await Promise.all([
        settled<null>(deps, { ...result, value: null }),
        dispatch(before.protoHitId, reservationId).catch((error: unknown) =>
          log.warn({ err: error }, 'dispatch failed after a slot was opened; the watch takes it up'),
        ),
      ]);
      return answer;
    },

    /** Tells a called worker who has not started that the reservation is over, or that somebody else has their place. */
    endUnstarted: (
      context: Context,
      place: { assignmentId: AssignmentId; reservationId: ReservationId },
    ): Promise<CommandResult<unknown>> =>
      onPlace(context, place, (assignment, reservation, at) => endUnstarted(assignment, reservation, { at })),

    /** The same to everybody who was called to a reservation. */
    endCallsTo: async (context: Context, reservationId: ReservationId): Promise<void> => {
      const called = await calledTo(db, reservationId);
      const ended = called.map((assignmentId) =>
        onPlace(context, { assignmentId, reservationId }, (assignment, reservation, at) =>
          endUnstarted(assignment, reservation, { at }),
        ),
      );
      await Promise.all(ended);
    },

    /**
     * A page that cannot say that its worker starts is about to get the task, which it shows in the same breath: that is
     * the response. Returns how things stand after it. `generation`: of the stay that the page belongs to, which may have
     * ended. `mayBeLost`: the slot may be somebody else's by now.
     */
    takeTask: ({
      assignmentId,
      generation,
      mayBeLost,
    }: {
      assignmentId: AssignmentId;
      generation: number;
      mayBeLost: boolean;
    }): Promise<CommandResult<Assignment>> =>
      handle(deps, async () => {
        const at = clock();
        const assignment = await load(store, assignments, streamOf.assignment(assignmentId));
        const { state } = assignment;
        if (state.phase === 'none' || state.generation !== generation)
          return { type: 'refused', refusal: NO_ASSIGNMENT };
        const reservation = await reservationToAsk(deps, state, mayBeLost);
        const place = start(state, reservation?.state ?? null, { at });
        const value = replay(evolveAssignment, state, place.assignment);
        const context = { actor: `worker:${state.workerId}`, requestId: assignmentId } as const;
        const correlationId = state.task?.reservationId;
        const writes = placeWrites(assignment, reservation, place, { context, at, correlationId });
        return { type: 'write', writes, value, seen: [assignment] };
      }),
  };
};

/**
 * The reservation that has to say whether a called worker's slot is still theirs; null where the assignment says so itself.
 * Loading it for everybody who starts would cost a large one's whole stream each time. `mayBeLost`: a read model knows of a
 * slot opened by a version of the service that told the reservation alone.
 */
export async function reservationToAsk(
  { store }: Pick<Dependencies, 'store'>,
  state: Assignment,
  mayBeLost: boolean,
): Promise<Loaded<Reservation> | null> {
  if (state.phase !== 'called' || state.task === null || (state.task.holdsSlot && !mayBeLost)) return null;
  return load(store, reservations, streamOf.reservation(state.task.reservationId));
}

/** What to append for a place that changed; `before`: what happened to the assignment in the same breath. */
export const placeWrites = (
  assignment: Loaded<Assignment>,
  reservation: Loaded<Reservation> | null,
  place: Place,
  stamp: Stamp,
) => [
  ...(reservation === null ? [] : [writeTo(reservation, place.reservation, stamp)]),
  writeTo(assignment, place.assignment, stamp),
];

const NO_ASSIGNMENT = { kind: 'notFound', message: 'Bad assignment' } as const;
const NO_RESERVATION = { kind: 'notFound', message: 'WorkReservation.DoesNotExist' } as const;
