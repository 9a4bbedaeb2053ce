import { z } from 'zod';
import { type Decision, type EventsOf, emit, nothing, refuse } from './decision.ts';
import { AssignmentId, HitId, Instant, MarketplaceHitId, ProtoHitId, ReservationId, WorkerId } from './ids.ts';

const ReleaseReason = z.enum(['notNeeded', 'waitedLongest']);
type ReleaseReason = z.infer<typeof ReleaseReason>;

export const assignmentEvents = {
  /** First ping, or the first after the worker was lost. */
  WorkerArrived: z.object({
    assignmentId: AssignmentId,
    workerId: WorkerId,
    hitId: HitId,
    marketplaceHitId: MarketplaceHitId,
    protoHitId: ProtoHitId,
    /** The reservation whose HIT brought the worker here; null if none did. */
    recruitedFor: ReservationId.nullable(),
    at: Instant,
  }),
  TaskAssigned: z.object({ reservationId: ReservationId, foreignId: z.string(), at: Instant }),
  /** Came back to the page after being called. */
  WorkerResponded: z.object({ reservationId: ReservationId, afterMs: z.number().int().nonnegative(), at: Instant }),
  /** Told that the wait is over: may submit the HIT and be paid. */
  WorkerReleased: z.object({ reason: ReleaseReason, at: Instant }),
  WorkerLost: z.object({ lastPingAt: Instant, at: Instant }),
  AssignmentReturned: z.object({ at: Instant }),
  AssignmentAbandoned: z.object({ at: Instant }),
  AssignmentSubmitted: z.object({ at: Instant }),
  AssignmentApproved: z.object({ at: Instant }),
  AssignmentRejected: z.object({ at: Instant }),
} as const;
export type AssignmentEvent = EventsOf<typeof assignmentEvents>;

export type AssignmentPhase =
  | 'waiting'
  | 'called'
  | 'working'
  | 'released'
  | 'lost'
  | 'returned'
  | 'abandoned'
  | 'submitted'
  | 'approved'
  | 'rejected';

export type Assignment =
  | { readonly phase: 'none' }
  | {
      readonly phase: AssignmentPhase;
      readonly id: AssignmentId;
      readonly workerId: WorkerId;
      readonly hitId: HitId;
      readonly protoHitId: ProtoHitId;
      readonly recruitedFor: ReservationId | null;
      readonly waitingSince: Instant;
      /** Why their wait was ended; null if it never was. */
      readonly released: ReleaseReason | null;
      /** Once given, the same for ever. */
      readonly task: { readonly reservationId: ReservationId; readonly foreignId: string; readonly at: Instant } | null;
    };

export const noAssignment: Assignment = { phase: 'none' };

export function evolveAssignment(state: Assignment, event: AssignmentEvent): Assignment {
  if (event.type === 'WorkerArrived') {
    const { assignmentId: id, workerId, hitId, protoHitId, recruitedFor, at: waitingSince } = event.data;
    const { task, released } = state.phase === 'none' ? { task: null, released: null } : state;
    const phase = task ? 'called' : 'waiting';
    return { phase, id, workerId, hitId, protoHitId, recruitedFor, waitingSince, released, task };
  }
  if (state.phase === 'none') return state;
  switch (event.type) {
    case 'TaskAssigned':
      return { ...state, phase: 'called', task: event.data };
    case 'WorkerResponded':
      return { ...state, phase: 'working' };
    case 'WorkerReleased':
      return { ...state, phase: 'released', released: event.data.reason };
    case 'WorkerLost':
      return { ...state, phase: 'lost' };
    case 'AssignmentReturned':
      return { ...state, phase: 'returned' };
    case 'AssignmentAbandoned':
      return { ...state, phase: 'abandoned' };
    case 'AssignmentSubmitted':
      return { ...state, phase: 'submitted' };
    case 'AssignmentApproved':
      return { ...state, phase: 'approved' };
    case 'AssignmentRejected':
      return { ...state, phase: 'rejected' };
  }
}

/** The marketplace has the worker's result. */
const isHandedIn = (state: Assignment): boolean =>
  state.phase === 'submitted' || state.phase === 'approved' || state.phase === 'rejected';

/** Gone without a result, as far as we know; a ping proves otherwise. */
const isGone = (state: Assignment): boolean =>
  state.phase === 'lost' || state.phase === 'returned' || state.phase === 'abandoned';

const unknown = refuse('notFound', 'Bad assignment');

/**
 * A worker is at the landing page. The first ping brings them in; a ping after they were lost brings them
 * back, at the end of the queue. An assignment belongs to one worker: a ping as somebody else is refused.
 *
 * Whoever was released once, or has no time left to hand in, never waits again: were they called, they could
 * do nothing about it. They are told in the same breath that the wait is over.
 */
export function arrive(
  state: Assignment,
  worker: {
    assignmentId: AssignmentId;
    workerId: WorkerId;
    hitId: HitId;
    marketplaceHitId: MarketplaceHitId;
    protoHitId: ProtoHitId;
    recruitedFor: ReservationId | null;
    at: Instant;
  },
): Decision<AssignmentEvent> {
  if (state.phase !== 'none') {
    if (state.workerId !== worker.workerId || state.hitId !== worker.hitId)
      return refuse('conflict', 'Bad assignment: it belongs to another worker or HIT');
    if (!isGone(state)) return nothing;
    const reason = state.phase === 'abandoned' ? (state.released ?? 'waitedLongest') : state.released;
    if (state.task === null && reason !== null)
      return emit<AssignmentEvent>(
        { type: 'WorkerArrived', data: worker },
        { type: 'WorkerReleased', data: { reason, at: worker.at } },
      );
  }
  return emit({ type: 'WorkerArrived', data: worker });
}

/** Calls a waiting worker to a reservation. Refused unless they wait: an assignment never gets two tasks. */
export function assignTask(
  state: Assignment,
  task: { reservationId: ReservationId; foreignId: string; at: Instant },
): Decision<AssignmentEvent> {
  if (state.phase === 'none') return unknown;
  if (state.task) return refuse('conflict', 'the assignment has a task');
  if (state.phase !== 'waiting') return refuse('conflict', `the worker is ${state.phase}, not waiting`);
  return emit({ type: 'TaskAssigned', data: task });
}

/** The called worker came back to the page. */
export function respond(state: Assignment, { at }: { at: Instant }): Decision<AssignmentEvent> {
  if (state.phase === 'none') return unknown;
  if (state.phase !== 'called' || !state.task) return nothing;
  const { reservationId, at: calledAt } = state.task;
  return emit({ type: 'WorkerResponded', data: { reservationId, afterMs: Math.max(0, at - calledAt), at } });
}

/** Ends the wait of a worker whom nobody will need, or who has waited as long as anyone may be asked to. */
export function release(state: Assignment, command: { reason: ReleaseReason; at: Instant }): Decision<AssignmentEvent> {
  if (state.phase === 'none') return unknown;
  if (state.phase !== 'waiting') return nothing;
  return emit({ type: 'WorkerReleased', data: command });
}

/** Pings stopped for longer than the grace time. Someone at work may have left the page for the task's own. */
export function lose(state: Assignment, command: { lastPingAt: Instant; at: Instant }): Decision<AssignmentEvent> {
  if (state.phase === 'none') return unknown;
  if (state.phase !== 'waiting' && state.phase !== 'called') return nothing;
  return emit({ type: 'WorkerLost', data: command });
}

/** The marketplace reports that the assignment was given back before its time was up. */
export function markReturned(state: Assignment, { at }: { at: Instant }): Decision<AssignmentEvent> {
  if (state.phase === 'none') return unknown;
  if (isHandedIn(state) || state.phase === 'returned' || state.phase === 'abandoned') return nothing;
  return emit({ type: 'AssignmentReturned', data: { at } });
}

/** The marketplace reports that the assignment's time ran out without a result. */
export function markAbandoned(state: Assignment, { at }: { at: Instant }): Decision<AssignmentEvent> {
  if (state.phase === 'none') return unknown;
  if (isHandedIn(state) || state.phase === 'returned' || state.phase === 'abandoned') return nothing;
  return emit({ type: 'AssignmentAbandoned', data: { at } });
}

/** The marketplace has the result. */
export function markSubmitted(state: Assignment, { at }: { at: Instant }): Decision<AssignmentEvent> {
  if (state.phase === 'none') return unknown;
  return isHandedIn(state) ? nothing : emit({ type: 'AssignmentSubmitted', data: { at } });
}

/** The marketplace pays the worker. */
export function markApproved(state: Assignment, { at }: { at: Instant }): Decision<AssignmentEvent> {
  if (state.phase === 'none') return unknown;
  return state.phase === 'approved' ? nothing : emit({ type: 'AssignmentApproved', data: { at } });
}

/** The requester refused to pay. A rejection may be turned into an approval, never the other way round. */
export function markRejected(state: Assignment, { at }: { at: Instant }): Decision<AssignmentEvent> {
  if (state.phase === 'none') return unknown;
  return state.phase === 'rejected' || state.phase === 'approved'
    ? nothing
    : emit({ type: 'AssignmentRejected', data: { at } });
}
