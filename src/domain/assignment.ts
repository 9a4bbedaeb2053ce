import { z } from 'zod';
import { Answer } from './answer.ts';
import { type Decision, type EventsOf, emit, nothing, refuse } from './decision.ts';
import { AssignmentId, HitId, Instant, MarketplaceHitId, ProtoHitId, ReservationId, WorkerId } from './ids.ts';
import { evolveReview, noReview, type Review, reviewEvents } from './review.ts';

const ReleaseReason = z.enum(['notNeeded', 'waitedLongest', 'blocked']);
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
    at: Instant,
  }),
  TaskAssigned: z.object({ reservationId: ReservationId, foreignId: z.string(), at: Instant }),
  /** Came back to the page after being called. */
  WorkerResponded: z.object({
    reservationId: ReservationId,
    afterMs: z.number().int().nonnegative(),
    /** From the alarm to *Start*, by the page's own clock; null if the page does not say. */
    reactedAfterMs: z.number().int().nonnegative().nullable(),
    at: Instant,
  }),
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
      /** Once given, the same for ever. */
      readonly task: { readonly reservationId: ReservationId; readonly foreignId: string; readonly at: Instant } | null;
      readonly review: Review;
    };

export const noAssignment: Assignment = { phase: 'none' };

export function evolveAssignment(state: Assignment, event: AssignmentEvent): Assignment {
  if (event.type === 'WorkerArrived') {
    const { assignmentId: id, workerId, hitId, protoHitId, recruitedFor, isSigned, at: waitingSince } = event.data;
    const { task, released, review } =
      state.phase === 'none' ? { task: null, released: null, review: noReview } : state;
    const phase = task ? 'called' : 'waiting';
    return { phase, id, workerId, hitId, protoHitId, recruitedFor, isSigned, waitingSince, released, task, review };
  }
  if (state.phase === 'none') return state;
  const review = evolveReview(state.review, event);
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

/** The marketplace has the worker's result. */
const isHandedIn = (state: Assignment): boolean =>
  state.phase === 'submitted' || state.phase === 'approved' || state.phase === 'rejected';

/** Gone without a result, as far as we know; a ping proves otherwise. */
export const isGone = (state: { readonly phase: Assignment['phase'] }): boolean =>
  state.phase === 'lost' || state.phase === 'returned' || state.phase === 'abandoned';

/**
 * What a request of a worker's page shows for itself: the token of its assignment (`signed`), the wish to be given it
 * (`asks`), or nothing (`unsigned`), as pages of the original's do.
 */
export type Session = 'signed' | 'asks' | 'unsigned';

/** Whether a request may be somebody else's, who guessed the ids. An assignment begun unsigned stays so. */
export const isUnproven = ({ isSigned }: { readonly isSigned: boolean }, session: Session): boolean =>
  isSigned && session !== 'signed';

const unknown = refuse('notFound', 'Bad assignment');

/**
 * A worker is at the landing page. The first ping brings them in; a ping after they were lost brings them
 * back, at the end of the queue. An assignment belongs to one worker: a ping as somebody else is refused.
 *
 * Whoever was released once, or has no time left to hand in, never waits again: were they called, they could
 * do nothing about it, nor does somebody who was blocked. They are told in the same breath that the wait is over.
 */
export function arrive(
  state: Assignment,
  { isBlocked = false, ...worker }: z.infer<typeof assignmentEvents.WorkerArrived> & { isBlocked?: boolean },
): Decision<AssignmentEvent> {
  if (state.phase !== 'none') {
    if (state.workerId !== worker.workerId || state.hitId !== worker.hitId)
      return refuse('conflict', 'Bad assignment: it belongs to another worker or HIT');
    if (!isGone(state)) return nothing;
  }
  const reason = isBlocked ? 'blocked' : whyNotAgain(state);
  const isSigned = state.phase === 'none' ? worker.isSigned : state.isSigned;
  const arrived: AssignmentEvent = { type: 'WorkerArrived', data: { ...worker, isSigned } };
  return reason !== null && (state.phase === 'none' || state.task === null)
    ? emit<AssignmentEvent>(arrived, { type: 'WorkerReleased', data: { reason, at: worker.at } })
    : emit(arrived);
}

/** Whose wait was over stays released, whoever they tell that they are back. */
function whyNotAgain(state: Assignment): ReleaseReason | null {
  if (state.phase === 'none') return null;
  return state.phase === 'abandoned' ? (state.released ?? 'waitedLongest') : state.released;
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
export function respond(
  state: Assignment,
  { reactedAfterMs, at }: { reactedAfterMs?: number | undefined; at: Instant },
): Decision<AssignmentEvent> {
  if (state.phase === 'none') return unknown;
  if (state.phase !== 'called' || !state.task) return nothing;
  const { reservationId, at: calledAt } = state.task;
  const afterMs = Math.max(0, at - calledAt);
  return emit({
    type: 'WorkerResponded',
    data: { reservationId, afterMs, reactedAfterMs: reactedAfterMs ?? null, at },
  });
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

/** What a marketplace says of an assignment, with its own moments; what it does not tell is left out. `at`: now. */
export type Seen = {
  readonly answer?: Answer | undefined;
  readonly fieldsLeftOut?: number | undefined;
  readonly acceptedAt?: Instant | undefined;
  readonly submittedAt?: Instant | undefined;
  readonly reviewedAt?: Instant | undefined;
};
type SeenNow = Seen & { readonly at: Instant };

/**
 * When something happened by the marketplace's clock, at the latest now: one that is ahead of ours must not put into the
 * log what is still to come. Nor before the call, if there was one: some marketplaces count whole seconds.
 */
const momentOf = (state: { readonly task: { readonly at: Instant } | null }, told: Instant | undefined, now: Instant) =>
  Math.min(now, Math.max(told ?? now, state.task?.at ?? 0));

type Known = Exclude<Assignment, { readonly phase: 'none' }>;

const submitted = (
  state: Known,
  { answer, fieldsLeftOut = 0, acceptedAt, submittedAt, at }: SeenNow,
): AssignmentEvent => ({
  type: 'AssignmentSubmitted',
  data: {
    ...(answer === undefined ? {} : { answer }),
    ...(fieldsLeftOut === 0 ? {} : { fieldsLeftOut }),
    ...(acceptedAt === undefined ? {} : { acceptedAt: Math.min(acceptedAt, at) }),
    at: momentOf(state, submittedAt, at),
  },
});

/** The marketplace has the result. */
export function markSubmitted(state: Assignment, seen: SeenNow): Decision<AssignmentEvent> {
  if (state.phase === 'none') return unknown;
  return isHandedIn(state) ? nothing : emit(submitted(state, seen));
}

/** What the marketplace had decided on before we heard that it was handed in: neither answer nor moment is lost for that. */
const firstHeard = (state: Known, seen: SeenNow): readonly AssignmentEvent[] =>
  isHandedIn(state) || (seen.answer === undefined && seen.submittedAt === undefined) ? [] : [submitted(state, seen)];

/** The marketplace pays the worker. */
export function markApproved(state: Assignment, seen: SeenNow): Decision<AssignmentEvent> {
  if (state.phase === 'none') return unknown;
  const at = momentOf(state, seen.reviewedAt, seen.at);
  return state.phase === 'approved'
    ? nothing
    : emit(...firstHeard(state, seen), { type: 'AssignmentApproved', data: { at } });
}

/** The requester refused to pay. A rejection may be turned into an approval, never the other way round. */
export function markRejected(state: Assignment, seen: SeenNow): Decision<AssignmentEvent> {
  if (state.phase === 'none') return unknown;
  const at = momentOf(state, seen.reviewedAt, seen.at);
  return state.phase === 'rejected' || state.phase === 'approved'
    ? nothing
    : emit(...firstHeard(state, seen), { type: 'AssignmentRejected', data: { at } });
}
