import type { CommandResult } from '../../commands/context.ts';
import type { Assignment } from '../../domain/assignment.ts';
import type { AssignmentId, Instant } from '../../domain/ids.ts';
import type { Session } from '../../domain/session.ts';
import type { Task } from '../../projections/tasks.ts';
import { type Call, type Called, callOf, type Standing, WAIT } from './call.ts';

/** Records that somebody whose page cannot say so comes to their task; answers with how things stand after it. */
export type TakeTask = (options: {
  assignmentId: AssignmentId;
  generation: number;
  mayBeLost: boolean;
}) => Promise<CommandResult<Assignment>>;

export type Telling = {
  /** What to tell a page, by the row of its assignment. */
  readonly of: (row: Task) => Promise<Call>;
  /** What to tell one that was called a moment ago, before the read models show it. */
  readonly ofCalled: (called: Called, session: Session) => Promise<Call>;
};

/** Decides what a page is told; `keptMs`: how long a called worker's place is surely kept. */
export function createTelling({
  takeTask,
  keptMs,
  clock,
}: {
  takeTask: TakeTask;
  keptMs: number;
  clock: () => Instant;
}): Telling {
  const take = async (
    { assignmentId, generation }: Pick<Task, 'assignmentId' | 'generation'>,
    mayBeLost: boolean,
  ): Promise<Call> => {
    const result = await takeTask({ assignmentId, generation, mayBeLost });
    const standing = result.type === 'refused' ? null : standingOf(result.value);
    const call = standing === null ? WAIT : callOf(standing, { now: clock(), keptMs });
    return call === 'take' ? WAIT : call;
  };
  return {
    of: async (row) => {
      const call = callOf({ ...row, hasBegun: row.respondedAt !== null }, { now: clock(), keptMs });
      return call === 'take' ? take(row, !row.holdsSlot) : call;
    },
    ofCalled: async (called, session) => {
      // Only who got a token has one that is right.
      const isSigned = typeof session === 'object';
      const standing = { ...called, isSigned, holdsSlot: true, slotIsOpen: null, released: null, hasBegun: false };
      const call = callOf(standing, { now: clock(), keptMs });
      return call === 'take' ? take(called, false) : call;
    },
  };
}

function standingOf(state: Assignment): Standing | null {
  if (state.phase === 'none') return null;
  const { phase, isSigned, released, task } = state;
  return {
    phase,
    isSigned,
    released,
    foreignId: task?.foreignId ?? null,
    calledAt: task?.at ?? null,
    holdsSlot: task?.holdsSlot ?? false,
    hasBegun: task?.hasBegun ?? false,
    slotIsOpen: null,
  };
}
