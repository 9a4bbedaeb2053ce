import type { Logger } from 'pino';
import type { Commands } from '../commands/commands.ts';
import type { HitId, Instant } from '../domain/ids.ts';
import type { Marketplace, MarketplaceFault, Outcome } from '../marketplace/port.ts';
import type { Database } from '../postgres/pool.ts';
import { awaitingExpire, awaitingPost, type HitRow } from '../projections/hits.ts';
import { concurrently } from './concurrently.ts';

export type PosterDependencies = {
  readonly db: Database;
  readonly commands: Pick<
    Commands,
    'recordHitPosted' | 'recordHitPostFailed' | 'recordHitExpired' | 'recordHitExpireFailed'
  >;
  /** Where HITs of a ProtoHIT go: the sandbox, or the real marketplace. */
  readonly marketplaces: (sandbox: boolean) => Promise<Marketplace>;
  readonly clock: () => Instant;
  readonly log: Logger;
};

const CALLS_AT_ONCE = 4;
/** Short rounds, so that a decision to expire never waits behind a hundred posts. */
const CALLS_A_ROUND = 20;
/** Read in one go, so that those of a marketplace which rests do not hide the others. */
const MOST_READ = 200;

const SHORTEST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 60_000;

/**
 * MTurk knows a `UniqueRequestToken` again for 24 hours. After that a repeated post would be a second HIT, so
 * an older request is given up; should it have been posted after all, reconciliation finds it by its id.
 */
const TOKEN_LIFE_MS = 23 * 3_600_000;

/**
 * Carries decisions to the marketplace. A decision is an event without an outcome: whatever crashed in
 * between, the next round takes it up again, and the token (the decision's event id) makes the call's
 * repetition the same call. So nothing is lost and nothing doubled. What is kept in memory is only patience:
 * when to call a failing marketplace again.
 *
 * `round` makes up to `CALLS_A_ROUND` calls, expiries first, and answers how many; 0 means that nothing can be
 * done now.
 */
export function createPoster({ db, commands, marketplaces, clock, log }: PosterDependencies) {
  const pauses = new Map<boolean, { faults: number; until: Instant }>();
  const tried = new Map<HitId, Instant>();
  /** Calls whose outcome is an event already, though the read model may not show it yet. */
  const answered = new Set<string>();

  const isResting = ({ sandbox }: HitRow): boolean => clock() < (pauses.get(sandbox)?.until ?? 0);

  /** Calls made side by side fail side by side: together they are one fault. */
  const pause = (hit: HitRow, { code, message }: MarketplaceFault): void => {
    if (isResting(hit)) return;
    const faults = (pauses.get(hit.sandbox)?.faults ?? 0) + 1;
    const pauseMs = Math.min(LONGEST_PAUSE_MS, SHORTEST_PAUSE_MS * 2 ** Math.min(faults - 1, 10));
    pauses.set(hit.sandbox, { faults, until: clock() + pauseMs });
    log.warn({ hitId: hit.hitId, code, reason: message, pauseMs }, 'the marketplace is unwell; the call is made again');
  };

  const call = async <Value>(
    hit: HitRow,
    key: string,
    make: (marketplace: Marketplace) => Promise<Outcome<Value>>,
    outcomes: { done: (value: Value) => Promise<unknown>; failed: (code: string, message: string) => Promise<unknown> },
  ): Promise<void> => {
    tried.set(hit.hitId, clock());
    const outcome = await marketplaces(hit.sandbox).then(make).catch(asFault);
    if (outcome.type === 'done') {
      if (!isResting(hit)) pauses.delete(hit.sandbox);
      await outcomes.done(outcome.value);
    } else if (outcome.lasting === 'final') {
      log.warn({ hitId: hit.hitId, code: outcome.code, reason: outcome.message }, `marketplace refused to ${key}`);
      await outcomes.failed(outcome.code, outcome.message);
    } else {
      pause(hit, outcome);
      return;
    }
    answered.add(key);
  };

  const post = async (hit: HitRow): Promise<void> => {
    const { hitId, token, fields, maxAssignments } = hit;
    const context = { actor: 'marketplace', requestId: token } as const;
    const failed = (code: string, message: string) => commands.recordHitPostFailed(context, { hitId, code, message });
    if (clock() >= hit.requestedAt + TOKEN_LIFE_MS) {
      await failed('RequestTooOld', 'the marketplace was out of reach for so long that its token has run out');
      answered.add(postKey(hit));
      return;
    }
    await call(hit, postKey(hit), (market) => market.postHit({ token, hitId, fields, maxAssignments }), {
      done: ({ marketplaceHitId, expiresAt }) =>
        commands.recordHitPosted(context, { hitId, marketplaceHitId, expiresAt }),
      failed,
    });
  };

  const expire = async (hit: HitRow): Promise<void> => {
    const { hitId, token, marketplaceHitId } = hit;
    if (marketplaceHitId === null) return;
    const context = { actor: 'marketplace', requestId: token } as const;
    await call(hit, expireKey(hit), (market) => market.expireHit(marketplaceHitId), {
      done: () => commands.recordHitExpired(context, { hitId }),
      failed: (code, message) => commands.recordHitExpireFailed(context, { hitId, code, message }),
    });
  };

  return {
    round: async (signal?: AbortSignal): Promise<number> => {
      const [expiries, posts] = await Promise.all([
        awaitingExpire(db, { limit: MOST_READ }),
        awaitingPost(db, { limit: MOST_READ }),
      ]);
      forgetOthers(answered, new Set([...expiries.map(expireKey), ...posts.map(postKey)]));
      forgetOthers(tried, new Set([...expiries, ...posts].map(({ hitId }) => hitId)));
      const due = [
        ...expiries.filter((hit) => !answered.has(expireKey(hit))).map((hit) => ({ hit, carryOut: expire })),
        ...posts.filter((hit) => !answered.has(postKey(hit))).map((hit) => ({ hit, carryOut: post })),
      ]
        .filter(({ hit }) => !isResting(hit))
        // One that fails again and again comes after those that were not tried yet.
        .sort((a, b) => (tried.get(a.hit.hitId) ?? 0) - (tried.get(b.hit.hitId) ?? 0));
      let calls = 0;
      await concurrently(due.slice(0, CALLS_A_ROUND), { limit: CALLS_AT_ONCE, signal }, async ({ hit, carryOut }) => {
        // The call before may have found the marketplace unwell.
        if (isResting(hit)) return;
        calls++;
        await carryOut(hit);
      });
      return calls;
    },
  };
}
const postKey = ({ hitId }: HitRow): string => `post ${hitId}`;
const expireKey = ({ hitId, expireRequestedAt }: HitRow): string => `expire ${hitId} asked ${expireRequestedAt}`;

const asFault = (error: unknown): MarketplaceFault => ({
  type: 'fault',
  lasting: 'passing',
  code: 'Unreachable',
  message: error instanceof Error ? error.message : String(error),
});

function forgetOthers<Key>(kept: Set<Key> | Map<Key, unknown>, current: ReadonlySet<Key>): void {
  for (const key of kept.keys()) if (!current.has(key)) kept.delete(key);
}
