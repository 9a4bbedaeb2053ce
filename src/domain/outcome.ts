import type { Answer } from './answer.ts';
import { type Assignment, type AssignmentEvent, isHandedIn, unknownAssignment } from './assignment.ts';
import { type Decision, emit, nothing } from './decision.ts';
import type { Instant } from './ids.ts';

/** The marketplace reports that the assignment was given back before its time was up. */
export function markReturned(state: Assignment, { at }: { at: Instant }): Decision<AssignmentEvent> {
  if (state.phase === 'none') return unknownAssignment;
  if (isHandedIn(state) || state.phase === 'returned' || state.phase === 'abandoned') return nothing;
  return emit({ type: 'AssignmentReturned', data: { at } });
}

/** The marketplace reports that the assignment's time ran out without a result. */
export function markAbandoned(state: Assignment, { at }: { at: Instant }): Decision<AssignmentEvent> {
  if (state.phase === 'none') return unknownAssignment;
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
  if (state.phase === 'none') return unknownAssignment;
  return isHandedIn(state) ? nothing : emit(submitted(state, seen));
}

/** What the marketplace had decided on before we heard that it was handed in: neither answer nor moment is lost for that. */
const firstHeard = (state: Known, seen: SeenNow): readonly AssignmentEvent[] =>
  isHandedIn(state) || (seen.answer === undefined && seen.submittedAt === undefined) ? [] : [submitted(state, seen)];

/** The marketplace pays the worker. */
export function markApproved(state: Assignment, seen: SeenNow): Decision<AssignmentEvent> {
  if (state.phase === 'none') return unknownAssignment;
  const at = momentOf(state, seen.reviewedAt, seen.at);
  return state.phase === 'approved'
    ? nothing
    : emit(...firstHeard(state, seen), { type: 'AssignmentApproved', data: { at } });
}

/** The requester refused to pay. A rejection may be turned into an approval, never the other way round. */
export function markRejected(state: Assignment, seen: SeenNow): Decision<AssignmentEvent> {
  if (state.phase === 'none') return unknownAssignment;
  const at = momentOf(state, seen.reviewedAt, seen.at);
  return state.phase === 'rejected' || state.phase === 'approved'
    ? nothing
    : emit(...firstHeard(state, seen), { type: 'AssignmentRejected', data: { at } });
}
