import type { z } from 'zod';
import {
  type Assignment,
  type AssignmentEvent,
  type assignmentEvents,
  isGone,
  isHandedIn,
  noAssignment,
  type ReleaseReason,
} from './assignment.ts';
import { type Decision, emit, nothing, refuse } from './decision.ts';
import type { Instant } from './ids.ts';

/**
 * A worker is at the landing page. The first ping brings them in; a ping after they were lost brings them
 * back, at the end of the queue. An assignment belongs to one worker at a time: somebody else is refused until its holder
 * is gone, or is not heard of any more and was not at work. The marketplace gives the ids of returned assignments out again.
 *
 * Whoever was released once, or has no time left to hand in, never waits again: were they called, they could
 * do nothing about it, nor does somebody who was blocked. They are told in the same breath that the wait is over.
 */
export function arrive(
  state: Assignment,
  {
    isBlocked = false,
    silentSince = null,
    ...worker
  }: z.infer<typeof assignmentEvents.WorkerArrived> & {
    isBlocked?: boolean;
    /** When the assignment was last heard of, if that was too long ago for its holder to be there. */
    silentSince?: Instant | null;
  },
): Decision<AssignmentEvent> {
  if (state.phase !== 'none' && state.workerId !== worker.workerId) {
    const takenOver = takeOver(state, { silentSince, at: worker.at });
    return takenOver === null
      ? notTheirs
      : emit(...takenOver, ...arrivalOf(noAssignment, { ...worker, takesOver: true }, isBlocked));
  }
  if (state.phase !== 'none') {
    if (state.hitId !== worker.hitId) return notTheirs;
    if (!isGone(state)) return nothing;
  }
  return emit(...arrivalOf(state, worker, isBlocked));
}

/**
 * The marketplace says who has an assignment. It is believed, also of somebody whose page was never heard of, or who has
 * the assignment after somebody else; but not that work which was handed in is another's.
 */
export function seeHolder(
  state: Assignment,
  worker: z.infer<typeof assignmentEvents.WorkerArrived>,
): Decision<AssignmentEvent> {
  const seen = { ...worker, isSigned: false, seenBy: 'marketplace' } as const;
  if (state.phase === 'none') return emit({ type: 'WorkerArrived', data: seen });
  if (state.workerId === worker.workerId) return nothing;
  if (isHandedIn(state)) return notTheirs;
  const before = isGone(state) ? [] : [{ type: 'AssignmentReturned' as const, data: { at: worker.at } }];
  return emit<AssignmentEvent>(...before, { type: 'WorkerArrived', data: { ...seen, takesOver: true } });
}

const notTheirs = refuse('conflict', 'Bad assignment: it belongs to another worker or HIT');

/** Says of the one before that they have gone, as far as that is not known yet; null: they may be there. */
function takeOver(
  state: Exclude<Assignment, { phase: 'none' }>,
  { silentSince, at }: { silentSince: Instant | null; at: Instant },
): readonly AssignmentEvent[] | null {
  if (isGone(state)) return [];
  if (silentSince === null) return null;
  if (state.phase === 'released') return [];
  // Who is at work may have left the page for the task's own: that they are silent says nothing.
  return state.phase === 'waiting' || state.phase === 'called'
    ? [{ type: 'WorkerLost', data: { lastPingAt: silentSince, at } }]
    : null;
}

function arrivalOf(
  state: Assignment,
  worker: z.infer<typeof assignmentEvents.WorkerArrived>,
  isBlocked: boolean,
): readonly AssignmentEvent[] {
  const reason = isBlocked ? 'blocked' : whyNotAgain(state);
  const isSigned = state.phase === 'none' ? worker.isSigned : state.isSigned;
  const arrived: AssignmentEvent = { type: 'WorkerArrived', data: { ...worker, isSigned } };
  const comesToTask = state.phase !== 'none' && state.task !== null && state.released === null;
  return reason === null || comesToTask
    ? [arrived]
    : [arrived, { type: 'WorkerReleased', data: { reason, at: worker.at } }];
}

/** Whose wait was over stays released, whoever they tell that they are back. */
function whyNotAgain(state: Assignment): ReleaseReason | null {
  if (state.phase === 'none') return null;
  return state.phase === 'abandoned' ? (state.released ?? 'waitedLongest') : state.released;
}
