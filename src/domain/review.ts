import { z } from 'zod';
import type { Assignment, AssignmentEvent } from './assignment.ts';
import { type Decision, emit, nothing, refuse } from './decision.ts';
import { BonusId, Instant } from './ids.ts';

/** MTurk's bounds (AWS MTurk API reference, RejectAssignment and SendBonus), but for the amount's upper one, which is ours. */
export const Feedback = z.string().trim().min(1).max(1024);
export const BonusReason = z.string().trim().min(1).max(4096);
export const BonusCents = z.number().int().min(1).max(10_000);

/** What operators and applications decide about work that was handed in. Part of an assignment's stream. */
export const reviewEvents = {
  /** The decision to pay. `overridesRejection`: the work was rejected before, and that was a mistake. */
  ApprovalRequested: z.object({ overridesRejection: z.boolean(), at: Instant }),
  /** The decision not to pay. The worker reads the feedback. */
  RejectionRequested: z.object({ feedback: Feedback, at: Instant }),
  /** The marketplace will never do what was decided; the work is as it was. */
  ReviewFailed: z.object({ code: z.string(), message: z.string(), at: Instant }),
  /** The decision to pay something on top. `bonusId` is the call's idempotency token. */
  BonusGranted: z.object({ bonusId: BonusId, amountCents: BonusCents, reason: BonusReason, at: Instant }),
  BonusPaid: z.object({ bonusId: BonusId, at: Instant }),
  BonusFailed: z.object({ bonusId: BonusId, code: z.string(), message: z.string(), at: Instant }),
} as const;

/** What was decided about an assignment, and is not known to be carried out. */
export type Review = {
  readonly asked: 'approval' | 'rejection' | null;
  /** What the worker is told of a rejection that was decided here. */
  readonly feedback: string | null;
  readonly bonuses: Readonly<Record<BonusId, 'granted' | 'paid' | 'failed'>>;
};

export const noReview: Review = { asked: null, feedback: null, bonuses: {} };

export function evolveReview(state: Review, event: AssignmentEvent): Review {
  const bonus = (bonusId: BonusId, phase: Review['bonuses'][BonusId]): Review => ({
    ...state,
    bonuses: { ...state.bonuses, [bonusId]: phase },
  });
  switch (event.type) {
    case 'ApprovalRequested':
      return { ...state, asked: 'approval', feedback: null };
    case 'RejectionRequested':
      return { ...state, asked: 'rejection', feedback: event.data.feedback };
    case 'ReviewFailed':
      return { ...state, asked: null, feedback: null };
    case 'AssignmentApproved':
    case 'AssignmentRejected':
      return { ...state, asked: null };
    case 'BonusGranted':
      return bonus(event.data.bonusId, 'granted');
    case 'BonusPaid':
      return bonus(event.data.bonusId, 'paid');
    case 'BonusFailed':
      return bonus(event.data.bonusId, 'failed');
    default:
      return state;
  }
}

const unknown = refuse('notFound', 'Assignment.DoesNotExist');
const notHandedIn = (phase: string): Decision<never> =>
  refuse('conflict', `the work was not handed in, as far as the marketplace has told: the assignment is ${phase}`);
const OTHER_WORDS = refuse('conflict', 'the work was rejected before, with other words, which the worker reads');
const underWay = (asked: 'approval' | 'rejection'): Decision<never> =>
  refuse('conflict', `${asked === 'approval' ? 'an approval' : 'a rejection'} is on its way to the marketplace`);

/**
 * Decides that a worker is paid; the poster carries it out. Work that was rejected may still be paid: that takes the
 * rejection back.
 */
export function requestApproval(state: Assignment, { at }: { at: Instant }): Decision<AssignmentEvent> {
  if (state.phase === 'none') return unknown;
  if (state.phase === 'approved' || state.review.asked === 'approval') return nothing;
  if (state.phase !== 'submitted' && state.phase !== 'rejected') return notHandedIn(state.phase);
  if (state.review.asked !== null) return underWay(state.review.asked);
  return emit({ type: 'ApprovalRequested', data: { overridesRejection: state.phase === 'rejected', at } });
}

/** Decides that a worker is not paid, and tells them why. What was paid cannot be taken back. */
export function requestRejection(
  state: Assignment,
  command: { feedback: string; at: Instant },
): Decision<AssignmentEvent> {
  if (state.phase === 'none') return unknown;
  if (state.phase === 'rejected' || state.review.asked === 'rejection') {
    const { feedback } = state.review;
    return feedback === null || feedback === command.feedback ? nothing : OTHER_WORDS;
  }
  if (state.phase === 'approved') return refuse('conflict', 'the work was approved, and is paid for');
  if (state.phase !== 'submitted') return notHandedIn(state.phase);
  if (state.review.asked !== null) return underWay(state.review.asked);
  return emit({ type: 'RejectionRequested', data: command });
}

/** The marketplace will not do what was decided. */
export function recordReviewFailed(
  state: Assignment,
  command: { code: string; message: string; at: Instant },
): Decision<AssignmentEvent> {
  if (state.phase === 'none') return unknown;
  return state.review.asked === null ? nothing : emit({ type: 'ReviewFailed', data: command });
}

/** Decides to pay something on top of the reward, as often as one likes; the same `bonusId` again is the same bonus. */
export function grantBonus(
  state: Assignment,
  command: { bonusId: BonusId; amountCents: number; reason: string; at: Instant },
): Decision<AssignmentEvent> {
  if (state.phase === 'none') return unknown;
  if (state.review.bonuses[command.bonusId] !== undefined) return nothing;
  // MTurk knows an assignment only once it was handed in (facebookresearch/ParlAI#2154).
  if (state.phase !== 'submitted' && state.phase !== 'approved' && state.phase !== 'rejected')
    return notHandedIn(state.phase);
  return emit({ type: 'BonusGranted', data: command });
}

/** The worker has it. */
export function recordBonusPaid(
  state: Assignment,
  command: { bonusId: BonusId; at: Instant },
): Decision<AssignmentEvent> {
  if (state.phase === 'none') return unknown;
  return state.review.bonuses[command.bonusId] === 'granted' ? emit({ type: 'BonusPaid', data: command }) : nothing;
}

/** The marketplace will never pay it. */
export function recordBonusFailed(
  state: Assignment,
  command: { bonusId: BonusId; code: string; message: string; at: Instant },
): Decision<AssignmentEvent> {
  if (state.phase === 'none') return unknown;
  return state.review.bonuses[command.bonusId] === 'granted' ? emit({ type: 'BonusFailed', data: command }) : nothing;
}
