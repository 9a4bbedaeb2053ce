import type { Assignment, AssignmentEvent } from '../domain/assignment.ts';
import type { Decision } from '../domain/decision.ts';
import { streamOf } from '../domain/event.ts';
import type { AssignmentId, Instant } from '../domain/ids.ts';
import { assignments } from './aggregates.ts';
import type { CommandResult, Context, Dependencies } from './context.ts';
import { handleOne, nothingToTell } from './handle.ts';

/** A command on one assignment. Its events serve the reservation that the worker was called to, else the one that recruited them. */
export const onAssignment = (
  deps: Pick<Dependencies, 'store' | 'clock'>,
  context: Context,
  assignmentId: AssignmentId,
  decide: (state: Assignment, at: Instant) => Decision<AssignmentEvent>,
): Promise<CommandResult<null>> =>
  handleOne(deps, context, assignments, streamOf.assignment(assignmentId), decide, nothingToTell, (state) =>
    state.phase === 'none' ? undefined : (state.task?.reservationId ?? state.recruitedFor),
  );
