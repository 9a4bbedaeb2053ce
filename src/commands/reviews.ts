import { streamOf } from '../domain/event.ts';
import { type AssignmentId, BonusId } from '../domain/ids.ts';
import {
  grantBonus,
  recordBonusFailed,
  recordBonusPaid,
  recordReviewFailed,
  requestApproval,
  requestRejection,
} from '../domain/review.ts';
import { commitBonus } from './access/commit.ts';
import { assignments, load } from './aggregates.ts';
import { type CommandResult, type Context, type Dependencies, settled } from './context.ts';
import { idFor } from './ids.ts';
import { onAssignment } from './onAssignment.ts';

/** What is decided about work that was handed in. */
export type Verdict =
  | { readonly type: 'approve' }
  /** The worker reads the feedback. */
  | { readonly type: 'reject'; readonly feedback: string };

/** What became of a decision about many: of how many it holds, and of which not, and why. */
export type Reviewed = {
  readonly done: number;
  readonly refused: readonly { readonly assignmentId: AssignmentId; readonly why: string }[];
};

type Fault = { readonly code: string; readonly message: string };

/** What is decided about work that was handed in, and what the marketplace answered. The poster carries it out. */
export const reviewCommands = (deps: Dependencies) => ({
  /**
   * Decides about any number of assignments at once. Each is decided for itself: that one is refused keeps the
   * others from nothing. Their appends share commits, and the answer waits for the read models once.
   */
  reviewAssignments: async (
    context: Context,
    { assignmentIds, verdict }: { assignmentIds: readonly AssignmentId[]; verdict: Verdict },
  ): Promise<CommandResult<Reviewed>> => {
    const ids = [...new Set(assignmentIds)];
    const results = await Promise.all(
      ids.map((id) =>
        onAssignment(deps, context, id, (state, at) =>
          verdict.type === 'approve'
            ? requestApproval(state, { at })
            : requestRejection(state, { feedback: verdict.feedback, at }),
        ),
      ),
    );
    const refused = results.flatMap((result, index) => {
      const assignmentId = ids[index];
      return result.type === 'refused' && assignmentId !== undefined
        ? [{ assignmentId, why: result.refusal.message }]
        : [];
    });
    const position = results.reduce<CommandResult<null> & { type: 'done' }>(
      (last, result) => (result.type === 'done' && (result.position ?? '') > (last.position ?? '') ? result : last),
      { type: 'done', value: null, position: null },
    ).position;
    return settled(deps, { type: 'done', value: { done: ids.length - refused.length, refused }, position });
  },

  /** Decides to pay something on top of the reward; answers with the bonus's id. */
  grantBonus: async (
    context: Context,
    { assignmentId, ...bonus }: { assignmentId: AssignmentId; amountCents: number; reason: string },
  ): Promise<CommandResult<BonusId>> => {
    const bonusId = BonusId.parse(idFor(context, `bonus ${assignmentId}`));
    // Nothing is committed for a bonus that cannot be granted.
    const { state } = await load(deps.store, assignments, streamOf.assignment(assignmentId));
    const decided = grantBonus(state, { ...bonus, bonusId, at: deps.clock() });
    if (decided.type === 'accepted' && decided.events.length > 0) {
      const tooDear = await commitBonus(deps, context, { ...bonus, assignmentId, bonusId });
      if (tooDear !== null) return tooDear;
    }
    const result = await onAssignment(deps, context, assignmentId, (state, at) =>
      grantBonus(state, { ...bonus, bonusId, at }),
    );
    return settled(deps, result.type === 'refused' ? result : { ...result, value: bonusId });
  },

  recordReviewFailed: (context: Context, { assignmentId, ...fault }: { assignmentId: AssignmentId } & Fault) =>
    onAssignment(deps, context, assignmentId, (state, at) => recordReviewFailed(state, { ...fault, at })),

  recordBonusPaid: (context: Context, { assignmentId, bonusId }: { assignmentId: AssignmentId; bonusId: BonusId }) =>
    onAssignment(deps, context, assignmentId, (state, at) => recordBonusPaid(state, { bonusId, at })),

  recordBonusFailed: (
    context: Context,
    { assignmentId, ...failed }: { assignmentId: AssignmentId; bonusId: BonusId } & Fault,
  ) => onAssignment(deps, context, assignmentId, (state, at) => recordBonusFailed(state, { ...failed, at })),
});
