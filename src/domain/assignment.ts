import { z } from 'zod';
import { Answer } from './answer.ts';
import { type Decision, type EventsOf, emit, nothing, refuse } from './decision.ts';
import { AssignmentId, HitId, Instant, MarketplaceHitId, ProtoHitId, ReservationId, WorkerId } from './ids.ts';
import { evolveReview, noReview, type Review, reviewEvents } from './review.ts';

/**
 * `tooLate`: was called, and somebody else got the place before they started. `over`: was called, and the reservation
 * ended before they started. The others ended a wait.
 */
const ReleaseReason = z.enum(['notNeeded', 'waitedLongest', 'blocked', 'tooLate', 'over']);
export type ReleaseReason = z.infer<typeof ReleaseReason>;

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
    /** Its page got a token with the first ping; from then on only requests that show it are taken. */
    isSigned: z.boolean(),
    /** Their page was never heard of: the marketplace says that they have the assignment. */
    seenBy: z.literal('marketplace').optional(),
    /** Somebody else had the assignment before: this is a stay of its own. */
    takesOver: z.literal(true).optional(),
    at: Instant,
  }),
  /** The page that lost its token got another; those of earlier generations open nothing from here on. */
  TokenRenewed: z.object({ generation: z.int().positive(), at: Instant }),
  /** `generation`: of the token that opens the task; left out of the first. */
  TaskAssigned: z.object({
    reservationId: ReservationId,
    foreignId: z.string(),
    generation: z.int().positive().optional(),
    at: Instant,
  }),
  /** Came back to the page after being called. */
  WorkerResponded: z.object({
    reservationId: ReservationId,
    afterMs: z.number().int().nonnegative(),
    /** From the alarm to *Start*, by the page's own clock; null if the page does not say. */
    reactedAfterMs: z.number().int().nonnegative().nullable(),
    at: Instant,
  }),
  /** Did not come, or gave up: their slot is open for another. Until that one is called, coming gets it back. */
  SlotLost: z.object({ reservationId: ReservationId, at: Instant }),
  /** Told that the wait is over: may submit the HIT and be paid. */
  WorkerReleased: z.object({ reason: ReleaseReason, at: Instant }),
  WorkerLost: z.object({ lastPingAt: Instant, at: Instant }),
  AssignmentReturned: z.object({ at: Instant }),
  AssignmentAbandoned: z.object({ at: Instant }),
  /**
   * `answer`: what the worker handed in, as far as the marketplace tells, and how many of its fields are left out of it
   * for want of room. `at`, here and of the review: by the marketplace's clock, if it says; when it was heard of is when
   * it was recorded. `acceptedAt`: when the worker accepted the HIT, by the same clock.
   */
  AssignmentSubmitted: z.object({
    answer: Answer.optional(),
    fieldsLeftOut: z.int().positive().optional(),
    acceptedAt: Instant.optional(),
    at: Instant,
  }),
  AssignmentApproved: z.object({ at: Instant }),
  AssignmentRejected: z.object({ at: Instant }),
  ...reviewEvents,
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
      readonly isSigned: boolean;
      readonly waitingSince: Instant;
      /** Why their wait was ended; null if it never was. */
      readonly released: ReleaseReason | null;
      readonly task: Task | null;
      /**
       * Of the tokens given out for this assignment one after the other, which is the one that counts: each person who
       * holds it has one of their own, for the marketplace gives ids out again, and so has a page that lost its own.
       */
      readonly generation: number;
      readonly review: Review;
    };

/** What somebody was called to: the same as long as they hold the assignment. */
export type Task = {
  readonly reservationId: ReservationId;
  readonly foreignId: string;
  readonly at: Instant;
  /** False once the slot was opened for somebody else. */
  readonly holdsSlot: boolean;
  /** They came to it, and have it for ever. */
  readonly hasBegun: boolean;
};

export const noAssignment: Assignment = { phase: 'none' };

export function evolveAssignment(state: Assignment, event: AssignmentEvent): Assignment {
  if (event.type === 'WorkerArrived') return arrived(state, event.data);
  if (state.phase === 'none') return state;
  const review = evolveReview(state.review, event);
  switch (event.type) {
    case 'TokenRenewed':
      return { ...state, generation: event.data.generation };
    case 'TaskAssigned': {
      const { reservationId, foreignId, at } = event.data;
      return { ...state, phase: 'called', task: { reservationId, foreignId, at, holdsSlot: true, hasBegun: false } };
    }
    case 'WorkerResponded':
      return { ...state, phase: 'working', task: state.task && { ...state.task, holdsSlot: true, hasBegun: true } };
    case 'SlotLost':
      return { ...state, task: state.task && { ...state.task, holdsSlot: false } };
    case 'WorkerReleased':
      return {
        ...state,
        phase: 'released',
        released: event.data.reason,
        task: state.task && { ...state.task, holdsSlot: false },
      };
    case 'WorkerLost':
      return { ...state, phase: 'lost' };
    case 'AssignmentReturned':
      return { ...state, phase: 'returned' };
    case 'AssignmentAbandoned':
      return { ...state, phase: 'abandoned' };
    case 'AssignmentSubmitted':
      return { ...state, phase: 'submitted' };
    case 'AssignmentApproved':
      return { ...state, phase: 'approved', review };
    case 'AssignmentRejected':
      return { ...state, phase: 'rejected', review };
    case 'ApprovalRequested':
    case 'RejectionRequested':
    case 'ReviewFailed':
    case 'BonusGranted':
    case 'BonusPaid':
    case 'BonusFailed':
      return { ...state, review };
  }
}

/** Somebody else than before begins a stay of their own; whoever comes back goes on with what they had. */
function arrived(before: Assignment, data: z.infer<typeof assignmentEvents.WorkerArrived>): Assignment {
  const { assignmentId: id, workerId, hitId, protoHitId, recruitedFor, isSigned, at: waitingSince } = data;
  const came = { id, workerId, hitId, protoHitId, recruitedFor, isSigned, waitingSince };
  if (before.phase === 'none' || before.workerId !== workerId) {
    const generation = before.phase === 'none' ? 0 : before.generation + 1;
    return { ...came, phase: 'waiting', released: null, task: null, review: noReview, generation };
  }
  const { released, task, review, generation } = before;
  const phase = task === null ? 'waiting' : task.hasBegun ? 'working' : 'called';
  return { ...came, phase, released, task, review, generation };
}

/** The marketplace has the worker's result. */
export const isHandedIn = (state: Assignment): boolean =>
  state.phase === 'submitted' || state.phase === 'approved' || state.phase === 'rejected';

/** Gone without a result, as far as we know; a ping proves otherwise. */
export const isGone = (state: { readonly phase: Assignment['phase'] }): boolean =>
  state.phase === 'lost' || state.phase === 'returned' || state.phase === 'abandoned';

export const unknownAssignment = refuse('notFound', 'Bad assignment');

/** Calls a waiting worker to a reservation. Refused unless they wait: an assignment never gets two tasks. */
export function assignTask(
  state: Assignment,
  task: { reservationId: ReservationId; foreignId: string; at: Instant },
): Decision<AssignmentEvent> {
  if (state.phase === 'none') return unknownAssignment;
  if (state.task) return refuse('conflict', 'the assignment has a task');
  if (state.phase !== 'waiting') return refuse('conflict', `the worker is ${state.phase}, not waiting`);
  const generation = state.generation === 0 ? {} : { generation: state.generation };
  return emit({ type: 'TaskAssigned', data: { ...task, ...generation } });
}

/** The called worker came back to the page. */
export function respond(
  state: Assignment,
  { reactedAfterMs, at }: { reactedAfterMs?: number | undefined; at: Instant },
): Decision<AssignmentEvent> {
  if (state.phase === 'none') return unknownAssignment;
  if (state.phase !== 'called' || !state.task) return nothing;
  const { reservationId, at: calledAt } = state.task;
  const afterMs = Math.max(0, at - calledAt);
  return emit({
    type: 'WorkerResponded',
    data: { reservationId, afterMs, reactedAfterMs: reactedAfterMs ?? null, at },
  });
}

/** The slot that a called worker held was opened for somebody else. */
export function loseSlot(
  state: Assignment,
  command: { reservationId: ReservationId; at: Instant },
): Decision<AssignmentEvent> {
  if (state.phase === 'none') return unknownAssignment;
  if (isHandedIn(state)) return nothing;
  if (!state.task?.holdsSlot || state.task.reservationId !== command.reservationId) return nothing;
  return emit({ type: 'SlotLost', data: command });
}

/** Ends the call of a worker who did not start: the place is somebody else's, or the reservation is over. */
export function endCall(
  state: Assignment,
  command: { reason: 'tooLate' | 'over'; at: Instant },
): Decision<AssignmentEvent> {
  if (state.phase === 'none') return unknownAssignment;
  return state.phase === 'called' ? emit({ type: 'WorkerReleased', data: command }) : nothing;
}

/** Ends the wait of a worker whom nobody will need, or who has waited as long as anyone may be asked to. */
export function release(state: Assignment, command: { reason: ReleaseReason; at: Instant }): Decision<AssignmentEvent> {
  if (state.phase === 'none') return unknownAssignment;
  if (state.phase !== 'waiting') return nothing;
  return emit({ type: 'WorkerReleased', data: command });
}

/** Pings stopped for longer than the grace time. Someone at work may have left the page for the task's own. */
export function lose(state: Assignment, command: { lastPingAt: Instant; at: Instant }): Decision<AssignmentEvent> {
  if (state.phase === 'none') return unknownAssignment;
  if (state.phase !== 'waiting' && state.phase !== 'called') return nothing;
  return emit({ type: 'WorkerLost', data: command });
}
