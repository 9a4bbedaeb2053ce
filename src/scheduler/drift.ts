import type { AssignmentPhase } from '../domain/assignment.ts';
import type { HitPhase } from '../domain/hit.ts';
import type { AssignmentId, Instant, MarketplaceHitId } from '../domain/ids.ts';
import type { MarketplaceHit } from '../marketplace/port.ts';

/** A HIT as our log has it. */
export type OurHit = {
  readonly phase: HitPhase;
  readonly marketplaceHitId: MarketplaceHitId | null;
  readonly requestedAt: Instant;
  readonly expireRequestedAt: Instant | null;
  readonly leftAt: Instant | null;
};

/** An assignment of one of our HITs, as our log has it. */
export type OurAssignment = {
  readonly assignmentId: AssignmentId;
  readonly phase: AssignmentPhase;
  /** First arrival at the landing page. */
  readonly arrivedAt: Instant;
  /** Last arrival. */
  readonly waitingSince: Instant;
};

/** How a HIT on the market differs from what our log says of it; null if it does not. */
export type HitDrift =
  /** It was posted, and the answer never reached us. */
  | 'postUnknown'
  /** Nobody can or will work on it any more, and our log has it as offered. */
  | 'endUnknown'
  /** Our log has it as gone, and people can still accept it. */
  | 'stillOffered'
  /** A second HIT for one decision. */
  | 'duplicate';

/** The longest that a call and the record of its outcome take; what differs for less may be of a call under way. */
const LONGEST_CALL_MS = 2 * 60_000;

/** Whether a difference is older than any call that could have made it, so that somebody should know of it. */
export const isLasting = ({ requestedAt, expireRequestedAt, leftAt }: OurHit, now: Instant): boolean =>
  now >= Math.max(requestedAt, expireRequestedAt ?? 0, leftAt ?? 0) + LONGEST_CALL_MS;

export function hitDrift(listed: MarketplaceHit, ours: OurHit, now: Instant): HitDrift | null {
  const isOffered = (listed.status === 'open' || listed.status === 'taken') && listed.expiresAt > now;
  if (ours.marketplaceHitId === null)
    return (ours.phase === 'requested' || ours.phase === 'postFailed') && listed.status !== 'disposed'
      ? 'postUnknown'
      : null;
  if (ours.marketplaceHitId !== listed.marketplaceHitId) return isOffered ? 'duplicate' : null;
  if (ours.phase === 'posted' || ours.phase === 'expiring')
    return listed.status === 'ended' || listed.status === 'disposed' ? 'endUnknown' : null;
  return isOffered ? 'stillOffered' : null;
}

/** Handed in, whether reviewed or not. MTurk's "completed" counts only what was reviewed. */
const handedInThere = ({ maxAssignments, available, pending }: MarketplaceHit): number =>
  Math.max(0, maxAssignments - available - pending);

const isHandedIn = ({ phase }: OurAssignment): boolean =>
  phase === 'submitted' || phase === 'approved' || phase === 'rejected';
const isReviewed = ({ phase }: OurAssignment): boolean => phase === 'approved' || phase === 'rejected';
/** Still held by the worker, as far as we know. */
const isHeld = (assignment: OurAssignment): boolean =>
  assignment.phase !== 'returned' && assignment.phase !== 'abandoned' && !isHandedIn(assignment);

const count = <Item>(items: readonly Item[], holds: (item: Item) => boolean): number => items.filter(holds).length;

/** Whether the marketplace's counters say that work was handed in or reviewed of which we do not know. */
export const hasUnknownWork = (listed: MarketplaceHit, ours: readonly OurAssignment[]): boolean =>
  handedInThere(listed) > count(ours, isHandedIn) || listed.completed > count(ours, isReviewed);

/** Counters of the marketplace lag behind an accept (mturk.md: eventual consistency); nobody is given up sooner. */
const YOUNGEST_GONE_MS = 2 * 60_000;

/**
 * Assignments that our log has as held and the marketplace does not: the worker gave them back, or let their
 * time run out (MTurk tells neither in any listing). Someone whose page still pings is believed until the
 * assignment's time is up. Of a HIT with one place, whoever came last has it; where the counters leave open which
 * of several it was, nobody is given up.
 */
export function gone(
  listed: MarketplaceHit,
  ours: readonly OurAssignment[],
  { assignmentDurationSeconds }: { assignmentDurationSeconds: number },
  now: Instant,
): readonly { assignmentId: AssignmentId; as: 'returned' | 'abandoned' }[] {
  const held = ours.filter(isHeld);
  const missing = held.length - listed.pending;
  // Counted from the arrival, for lack of the moment of acceptance: later, never sooner.
  const isOverdue = ({ arrivedAt }: OurAssignment): boolean => now >= arrivedAt + assignmentDurationSeconds * 1000;
  const candidates = held.filter((assignment) =>
    assignment.phase === 'waiting' || assignment.phase === 'called'
      ? isOverdue(assignment)
      : now >= assignment.waitingSince + YOUNGEST_GONE_MS,
  );
  const last = Math.max(...held.map(({ arrivedAt }) => arrivedAt));
  const certain =
    listed.maxAssignments === 1 && listed.pending === 1
      ? candidates.filter(({ arrivedAt }) => arrivedAt < last)
      : candidates;
  if (certain.length > missing) return [];
  return certain.map((assignment) => ({
    assignmentId: assignment.assignmentId,
    as: isOverdue(assignment) ? 'abandoned' : 'returned',
  }));
}

const HOUR_MS = 3_600_000;

/**
 * Whether the marketplace may forget a HIT: it ended, all its work is reviewed, and it has been kept for
 * `disposeAfterHours` (a rejection can be overturned until then); an hour is enough if nobody ever took it.
 */
export function isDisposable(
  listed: MarketplaceHit,
  ours: OurHit,
  assignments: readonly OurAssignment[],
  { disposeAfterHours }: { disposeAfterHours: number },
  now: Instant,
): boolean {
  if (listed.status !== 'ended' || ours.phase !== 'expired' || listed.pending > 0) return false;
  if (handedInThere(listed) > listed.completed || assignments.some(isHeld)) return false;
  const endedAt = Math.max(Math.min(listed.expiresAt, now), ours.requestedAt, ours.expireRequestedAt ?? 0);
  const wasTouched = handedInThere(listed) > 0 || assignments.length > 0;
  const keepHours = wasTouched ? disposeAfterHours : Math.min(1, disposeAfterHours);
  return now >= endedAt + keepHours * HOUR_MS;
}
