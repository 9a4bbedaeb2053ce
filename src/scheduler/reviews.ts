import type { Commands } from '../commands/commands.ts';
import type { Database } from '../postgres/pool.ts';
import { awaitingReview } from '../projections/reviews.ts';
import type { Errand } from './errands.ts';

export type ReviewCommands = Pick<Commands, 'markAssignment' | 'recordReviewFailed'>;

/**
 * Approvals and rejections without an outcome. Both are idempotent by nature: an adapter that finds the work reviewed
 * as asked answers `done`, whoever was first (auto-approval, or our own call of before a crash).
 */
export async function reviewsToCarryOut(
  { db, commands }: { readonly db: Database; readonly commands: ReviewCommands },
  { limit }: { limit: number },
): Promise<readonly Errand[]> {
  const asked = await awaitingReview(db, { limit });
  return asked.map(({ assignmentId, asked, token, overridesRejection, feedback, sandbox }) => {
    const context = { actor: 'marketplace', requestId: token } as const;
    return {
      key: `review ${token}`,
      sandbox,
      run: (call) =>
        call(
          (market) =>
            asked === 'approval'
              ? market.approve(assignmentId, { overridesRejection })
              : market.reject(assignmentId, feedback ?? ''),
          {
            done: () =>
              commands.markAssignment(context, { assignmentId, as: asked === 'approval' ? 'approved' : 'rejected' }),
            failed: (code, message) => commands.recordReviewFailed(context, { assignmentId, code, message }),
          },
        ),
    };
  });
}
