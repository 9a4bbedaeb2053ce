import type { Commands } from '../commands/commands.ts';
import type { Database } from '../postgres/pool.ts';
import { awaitingExpire, awaitingPost, type HitRow } from '../projections/hits.ts';
import { type BlockCommands, blocksToTell } from './blocks.ts';
import { type BonusCommands, bonusesToPay } from './bonuses.ts';
import { createErrands, type Errand, type ErrandDependencies } from './errands.ts';
import { type ReviewCommands, reviewsToCarryOut } from './reviews.ts';

export type PosterDependencies = ErrandDependencies & {
  readonly db: Database;
  readonly commands: Pick<
    Commands,
    'recordHitPosted' | 'recordHitPostFailed' | 'recordHitExpired' | 'recordHitExpireFailed'
  > &
    ReviewCommands &
    BonusCommands &
    BlockCommands;
};

/** Read in one go, so that those of a marketplace which rests do not hide the others. */
const MOST_READ = 200;

/**
 * Carries decisions to the marketplace. A decision is an event without an outcome: whatever crashed in
 * between, the next round takes it up again, and the token (the decision's event id) makes the call's
 * repetition the same call. So nothing is lost and nothing doubled. Should a HIT that was given up have been posted
 * after all, reconciliation finds it by its id.
 *
 * `round` makes a bounded number of calls, expiries first and money last, and answers how many; 0 means that nothing
 * can be done now.
 */
export function createPoster(deps: PosterDependencies) {
  const { db } = deps;
  const errands = createErrands(deps);
  const limit = MOST_READ;
  return {
    round: async (signal?: AbortSignal): Promise<number> => {
      const [expiries, posts, ...others] = await Promise.all([
        awaitingExpire(db, { limit }),
        awaitingPost(db, { limit }),
        blocksToTell(deps, { limit }),
        reviewsToCarryOut(deps, { limit }),
        bonusesToPay(deps, { limit }),
      ]);
      const ofHits = [...expiries.map((hit) => toExpire(deps, hit)), ...posts.map((hit) => toPost(deps, hit))];
      return errands.round([...ofHits, ...others.flat()], signal);
    },
  };
}

const toPost = ({ commands }: PosterDependencies, hit: HitRow): Errand => {
  const { hitId, token, fields, maxAssignments, sandbox, requestedAt: decidedAt } = hit;
  const context = { actor: 'marketplace', requestId: token } as const;
  return {
    key: `post ${hitId}`,
    sandbox,
    run: (call) =>
      call((market) => market.postHit({ token, decidedAt, hitId, fields, maxAssignments }), {
        done: ({ marketplaceHitId, expiresAt }) =>
          commands.recordHitPosted(context, { hitId, marketplaceHitId, expiresAt }),
        failed: (code, message) => commands.recordHitPostFailed(context, { hitId, code, message }),
      }),
  };
};

const toExpire = (
  { commands }: PosterDependencies,
  { hitId, token, marketplaceHitId, sandbox, expireRequestedAt }: HitRow,
): Errand => {
  const context = { actor: 'marketplace', requestId: token } as const;
  return {
    key: `expire ${hitId} asked ${expireRequestedAt}`,
    sandbox,
    run: async (call) => {
      if (marketplaceHitId === null) return;
      await call((market) => market.expireHit(marketplaceHitId), {
        done: () => commands.recordHitExpired(context, { hitId }),
        failed: (code, message) => commands.recordHitExpireFailed(context, { hitId, code, message }),
      });
    },
  };
};
