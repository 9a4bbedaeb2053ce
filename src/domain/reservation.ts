import { z } from 'zod';
import { type Decision, type EventsOf, emit, nothing, refuse } from './decision.ts';
import { AssignmentId, Instant, ProtoHitId, ReservationId, WorkerId } from './ids.ts';
import { SmallNumber } from './number.ts';

export const reservationEvents = {
  ReservationMade: z.object({
    reservationId: ReservationId,
    protoHitId: ProtoHitId,
    foreignId: z.string(),
    payload: z.json(),
    /** When work is expected; steers recruiting only. */
    expectedAt: Instant,
    numAssignments: z.number().int().min(1).max(10_000),
    number: SmallNumber.optional(),
    at: Instant,
  }),
  ReservationInvoked: z.object({ foreignId: z.string(), at: Instant }),
  /** Whoever is dispatched from now on gets this; those who were dispatched before keep what they got. */
  ForeignIdChanged: z.object({ foreignId: z.string(), at: Instant }),
  /** It was invoked long ago and nobody finished it: no more HITs are posted for it. Who comes by is still sent to it. */
  RecruitingStopped: z.object({ at: Instant }),
  RecruitingResumed: z.object({ at: Instant }),
  WorkerDispatched: z.object({ assignmentId: AssignmentId, workerId: WorkerId, at: Instant }),
  /** A dispatched worker never came: their slot is free for another. */
  SlotReopened: z.object({
    assignmentId: AssignmentId,
    reason: z.enum(['lost', 'neverResponded', 'returned', 'abandoned']),
    at: Instant,
  }),
  ReservationFinished: z.object({ at: Instant }),
  ReservationUnfinished: z.object({ at: Instant }),
  ReservationCancelled: z.object({ at: Instant }),
  ReservationTimedOut: z.object({ at: Instant }),
} as const;
export type ReservationEvent = EventsOf<typeof reservationEvents>;

export type ReservationPhase = 'made' | 'invoked' | 'finished' | 'cancelled' | 'timedOut';

export type Reservation =
  | { readonly phase: 'none' }
  | {
      readonly phase: ReservationPhase;
      readonly id: ReservationId;
      readonly protoHitId: ProtoHitId;
      readonly foreignId: string;
      readonly numAssignments: number;
      readonly expectedAt: Instant;
      /** Null until invoked; kept when closed, so that unfinish knows where it stood. */
      readonly invokedAt: Instant | null;
      /**
       * Patience runs from here. Until invoked: `expectedAt`, or the unfinish if that came later. From then on: the
       * invoke, or what opened it or its recruiting again.
       */
      readonly patientSince: Instant;
      /** Nobody finished it in time: its HITs have left the market. */
      readonly isRecruitingStopped: boolean;
      /** Who holds a slot now. */
      readonly dispatched: ReadonlyMap<AssignmentId, WorkerId>;
    };

export const noReservation: Reservation = { phase: 'none' };

export function evolveReservation(state: Reservation, event: ReservationEvent): Reservation {
  if (event.type === 'ReservationMade') {
    const { reservationId, protoHitId, foreignId, numAssignments, expectedAt } = event.data;
    return {
      phase: 'made',
      id: reservationId,
      protoHitId,
      foreignId,
      numAssignments,
      expectedAt,
      invokedAt: null,
      patientSince: expectedAt,
      isRecruitingStopped: false,
      dispatched: new Map(),
    };
  }
  if (state.phase === 'none') return state;
  switch (event.type) {
    case 'ReservationInvoked':
      return {
        ...state,
        phase: 'invoked',
        foreignId: event.data.foreignId,
        invokedAt: event.data.at,
        patientSince: event.data.at,
      };
    case 'ForeignIdChanged':
      return { ...state, foreignId: event.data.foreignId };
    case 'RecruitingStopped':
      return { ...state, isRecruitingStopped: true };
    case 'RecruitingResumed':
      return { ...state, isRecruitingStopped: false, patientSince: event.data.at };
    case 'WorkerDispatched':
      return {
        ...state,
        dispatched: new Map(state.dispatched).set(event.data.assignmentId, event.data.workerId),
      };
    case 'SlotReopened': {
      const dispatched = new Map(state.dispatched);
      dispatched.delete(event.data.assignmentId);
      return { ...state, dispatched };
    }
    case 'ReservationFinished':
      return { ...state, phase: 'finished' };
    case 'ReservationCancelled':
      return { ...state, phase: 'cancelled' };
    case 'ReservationTimedOut':
      return { ...state, phase: 'timedOut' };
    case 'ReservationUnfinished':
      return {
        ...state,
        phase: state.invokedAt === null ? 'made' : 'invoked',
        patientSince: patienceFrom(state, event.data.at),
        isRecruitingStopped: false,
      };
  }
}

/** From when on patience runs with a reservation that was opened again. */
export const patienceFrom = (
  { invokedAt, expectedAt }: { readonly invokedAt: Instant | null; readonly expectedAt: Instant },
  openedAt: Instant,
): Instant => (invokedAt === null ? Math.max(expectedAt, openedAt) : openedAt);

/** No worker is sent to it any more. */
export const isClosed = (state: Reservation): boolean =>
  state.phase === 'finished' || state.phase === 'cancelled' || state.phase === 'timedOut';

export const openSlots = (state: Reservation): number =>
  state.phase === 'invoked' ? state.numAssignments - state.dispatched.size : 0;

const unknown = refuse('notFound', 'WorkReservation.DoesNotExist');

/** Announces work: recruiting begins, nobody is told yet. `delaySeconds` from now is when it is expected. */
export function make(
  state: Reservation,
  command: {
    reservationId: ReservationId;
    protoHitId: ProtoHitId;
    foreignId: string;
    payload: z.infer<ReturnType<typeof z.json>>;
    delaySeconds: number;
    numAssignments: number;
    number?: SmallNumber | undefined;
    at: Instant;
  },
): Decision<ReservationEvent> {
  if (state.phase !== 'none') return nothing;
  const { delaySeconds, ...made } = command;
  const expectedAt = command.at + Math.round(delaySeconds * 1000);
  return emit({ type: 'ReservationMade', data: { ...made, expectedAt } });
}

/**
 * A reservation calls for `numAssignments` workers; invoking it asks for them now. Invoking twice is one invocation; the
 * second may name the work differently, and recruiting that was stopped goes on. One that timed out is opened again: that
 * was the clock's decision. What the application itself finished or cancelled stays closed until it is unfinished.
 */
export function invoke(
  state: Reservation,
  { foreignId, at }: { foreignId: string | undefined; at: Instant },
): Decision<ReservationEvent> {
  if (state.phase === 'none') return unknown;
  const events: ReservationEvent[] = [];
  switch (state.phase) {
    case 'finished':
    case 'cancelled':
      return refuse('conflict', `reservation is ${state.phase}; unfinish it first`);
    case 'invoked':
      if (foreignId !== undefined && foreignId !== state.foreignId)
        events.push({ type: 'ForeignIdChanged', data: { foreignId, at } });
      if (state.isRecruitingStopped) events.push({ type: 'RecruitingResumed', data: { at } });
      return emit(...events);
    case 'timedOut':
      events.push({ type: 'ReservationUnfinished', data: { at } });
      break;
    case 'made':
      break;
  }
  return emit(...events, { type: 'ReservationInvoked', data: { foreignId: foreignId ?? state.foreignId, at } });
}

/**
 * Gives open slots to workers, one slot a person. Refused if it was not invoked, is closed, or has fewer
 * open slots than workers: a reservation never gets more than it asked for.
 */
export function dispatch(
  state: Reservation,
  { workers, at }: { workers: readonly { assignmentId: AssignmentId; workerId: WorkerId }[]; at: Instant },
): Decision<ReservationEvent> {
  if (state.phase === 'none') return unknown;
  if (state.phase !== 'invoked') return refuse('conflict', `reservation is ${state.phase}, not invoked`);
  if (workers.length > openSlots(state))
    return refuse('conflict', `${workers.length} workers for ${openSlots(state)} open slots`);
  const holders = new Set(state.dispatched.values());
  for (const { assignmentId, workerId } of workers) {
    if (holders.has(workerId)) return refuse('conflict', `worker ${workerId} holds a slot already`);
    if (state.dispatched.has(assignmentId))
      return refuse('conflict', `assignment ${assignmentId} holds a slot already`);
    holders.add(workerId);
  }
  return emit(
    ...workers.map(({ assignmentId, workerId }) => ({
      type: 'WorkerDispatched' as const,
      data: { assignmentId, workerId, at },
    })),
  );
}

/** Frees the slot of a dispatched worker who never came. */
export function reopenSlot(
  state: Reservation,
  command: { assignmentId: AssignmentId; reason: 'lost' | 'neverResponded' | 'returned' | 'abandoned'; at: Instant },
): Decision<ReservationEvent> {
  if (state.phase === 'none') return unknown;
  if (!state.dispatched.has(command.assignmentId)) return nothing;
  return emit({ type: 'SlotReopened', data: command });
}

/** No more workers are sent to it. Finishing one that is closed already changes nothing. */
export function finish(state: Reservation, { at }: { at: Instant }): Decision<ReservationEvent> {
  if (state.phase === 'none') return unknown;
  if (isClosed(state)) return nothing;
  return emit({ type: 'ReservationFinished', data: { at } });
}

/** Returns a finished, cancelled or timed-out reservation to where it stood. */
export function unfinish(state: Reservation, { at }: { at: Instant }): Decision<ReservationEvent> {
  if (state.phase === 'none') return unknown;
  if (!isClosed(state)) return nothing;
  return emit({ type: 'ReservationUnfinished', data: { at } });
}

/** Ends it, and its HITs with it. A finished or timed-out one may still be cancelled: its HITs then go at once. */
export function cancel(state: Reservation, { at }: { at: Instant }): Decision<ReservationEvent> {
  if (state.phase === 'none') return unknown;
  if (state.phase === 'cancelled') return nothing;
  return emit({ type: 'ReservationCancelled', data: { at } });
}

/** Gives up on a reservation that nobody invoked for `timeoutMinutes` after its work was expected. */
export function timeOut(
  state: Reservation,
  { timeoutMinutes, at }: { timeoutMinutes: number; at: Instant },
): Decision<ReservationEvent> {
  if (state.phase === 'none') return unknown;
  if (state.phase !== 'made' || at < state.patientSince + timeoutMinutes * 60_000) return nothing;
  return emit({ type: 'ReservationTimedOut', data: { at } });
}

/**
 * Ends recruiting for a reservation that was invoked `timeoutMinutes` ago and still lacks workers: its application may
 * have forgotten it, and every HIT costs money. It stays invoked, for those who wait or come by.
 */
export function stopRecruiting(
  state: Reservation,
  { timeoutMinutes, at }: { timeoutMinutes: number; at: Instant },
): Decision<ReservationEvent> {
  if (state.phase === 'none') return unknown;
  if (openSlots(state) === 0 || state.isRecruitingStopped) return nothing;
  if (at < state.patientSince + timeoutMinutes * 60_000) return nothing;
  return emit({ type: 'RecruitingStopped', data: { at } });
}
