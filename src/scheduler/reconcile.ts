import type { Logger } from 'pino';
import type { Commands } from '../commands/commands.ts';
import type { HitId, Instant, MarketplaceHitId } from '../domain/ids.ts';
import type { Marketplace, MarketplaceHit } from '../marketplace/port.ts';
import type { Database } from '../postgres/pool.ts';
import { hitsByIds, hitsOnMarket, sandboxesInUse } from '../projections/hits.ts';
import { tasksOnHits } from '../projections/tasks.ts';
import { concurrently } from './concurrently.ts';
import { hitDrift, isDisposable, isLasting } from './drift.ts';
import { createReview, type Known } from './review.ts';

export type ReconcileDependencies = {
  readonly db: Database;
  readonly commands: Pick<
    Commands,
    | 'recordHitPosted'
    | 'recordHitsListed'
    | 'recordHitExpired'
    | 'recordHitDisposed'
    | 'markAssignment'
    | 'markUnseen'
    | 'reopenSlot'
  >;
  readonly marketplaces: (sandbox: boolean) => Promise<Marketplace>;
  readonly settings: { readonly disposeAfterHours: number };
  readonly clock: () => Instant;
  readonly log: Logger;
};

/** Calls beyond the listing itself, a round and marketplace: small beside the few a second that MTurk takes. */
const MOST_EXPIRIES = 20;
const MOST_DISPOSALS = 20;
const CALLS_AT_ONCE = 4;

/** A marketplace may list a new HIT late. */
const LISTED_WITHIN_MS = 5 * 60_000;
const DISPOSE_AGAIN_AFTER_MS = 3_600_000;
/** However many pages a listing has, listing takes at most a tenth of the time. */
const REST_PER_LISTING = 9;

const context = { actor: 'marketplace', requestId: 'reconcile' } as const;

/**
 * Holds our log against what the marketplace lists and mends the difference: answers that never arrived, HITs
 * that ended or vanished, HITs on offer that should be gone, work handed in, assignments given back. A round a
 * minute. A HIT counts as vanished when two complete listings in a row lack it; a listing that broke off
 * proves nothing about what it lacks.
 */
export function createReconcile(deps: ReconcileDependencies) {
  const reconcilers = new Map([true, false].map((sandbox) => [sandbox, reconcilerOf(deps, sandbox)]));
  return {
    round: async (signal?: AbortSignal): Promise<void> => {
      const sandboxes = await sandboxesInUse(deps.db);
      await concurrently(sandboxes, { limit: 2, signal }, async (sandbox) => reconcilers.get(sandbox)?.(signal));
    },
  };
}
function reconcilerOf(deps: ReconcileDependencies, sandbox: boolean): (signal?: AbortSignal) => Promise<void> {
  const { db, commands, marketplaces, settings, clock, log } = deps;
  let restsUntil: Instant = 0;
  const review = createReview(deps);
  const disposeAgainAt = new Map<HitId, Instant>();

  const expireStray = async (marketplace: Marketplace, marketplaceHitId: MarketplaceHitId): Promise<void> => {
    const outcome = await marketplace.expireHit(marketplaceHitId);
    if (outcome.type === 'fault')
      log.warn({ marketplaceHitId, code: outcome.code, reason: outcome.message }, 'cannot expire a stray HIT yet');
  };

  /** What differs for HITs that are listed. */
  const mend = async (marketplace: Marketplace, known: readonly Known[], signal?: AbortSignal): Promise<void> => {
    const now = clock();
    const drifted = known.flatMap(({ listed, ours }) => {
      const drift = hitDrift(listed, ours, now);
      return drift === null ? [] : [{ drift, hitId: ours.hitId, listed, isLasting: isLasting(ours, now) }];
    });
    const isStray = ({ drift }: { drift: string }): boolean => drift === 'stillOffered' || drift === 'duplicate';
    const mendable = [...drifted.filter((one) => !isStray(one)), ...drifted.filter(isStray).slice(0, MOST_EXPIRIES)];
    await concurrently(mendable, { limit: CALLS_AT_ONCE, signal }, async ({ drift, hitId, listed, isLasting }) => {
      const { marketplaceHitId, expiresAt } = listed;
      // That a HIT has run out is what the marketplace is asked for every round, and what is younger than a call may be
      // of one under way; all else should not have happened.
      log[drift === 'endUnknown' || !isLasting ? 'debug' : 'warn'](
        { hitId, marketplaceHitId, drift },
        'our log and the marketplace differ',
      );
      switch (drift) {
        case 'postUnknown':
          return commands.recordHitPosted(context, { hitId, marketplaceHitId, expiresAt });
        case 'endUnknown':
          return commands.recordHitExpired(context, { hitId });
        case 'stillOffered':
        case 'duplicate':
          return expireStray(marketplace, marketplaceHitId);
      }
    });
  };

  /** HITs that our log has on the market and that no longer exist there. */
  const giveUpVanished = async (
    marketplace: Marketplace,
    listing: readonly MarketplaceHit[],
    startedAt: Instant,
    signal?: AbortSignal,
  ): Promise<void> => {
    const longAgo = startedAt - LISTED_WITHIN_MS;
    const onMarket = await hitsOnMarket(db, { sandbox, requestedBefore: longAgo });
    const expected = onMarket.filter(({ postedAt }) => postedAt !== null && postedAt < longAgo);
    const missing = lackedBy(listing, expected);
    if (missing.length === 0) return;
    const second = await list(marketplace);
    if (second.fault) return;
    await concurrently(lackedBy(second.hits, missing), { limit: CALLS_AT_ONCE, signal }, async ({ hitId }) => {
      log.info({ hitId, drift: 'vanished' }, 'our log and the marketplace differ');
      await commands.recordHitExpired(context, { hitId });
      await commands.recordHitDisposed(context, { hitId });
    });
  };

  const disposeEnded = async (
    marketplace: Marketplace,
    known: readonly Known[],
    signal?: AbortSignal,
  ): Promise<void> => {
    const now = clock();
    for (const [hitId, at] of disposeAgainAt) if (at <= now) disposeAgainAt.delete(hitId);
    const due = known
      .filter(({ listed, ours, assignments }) => isDisposable(listed, ours, assignments, settings, now))
      .filter(({ ours }) => !disposeAgainAt.has(ours.hitId))
      .slice(0, MOST_DISPOSALS);
    await concurrently(due, { limit: CALLS_AT_ONCE, signal }, async ({ listed, ours: { hitId } }) => {
      const outcome = await marketplace.disposeHit(listed.marketplaceHitId);
      if (outcome.type === 'done') return commands.recordHitDisposed(context, { hitId });
      disposeAgainAt.set(hitId, now + DISPOSE_AGAIN_AFTER_MS);
      log.debug({ hitId, code: outcome.code, reason: outcome.message }, 'cannot dispose of a HIT yet');
    });
  };

  return async (signal) => {
    const startedAt = clock();
    if (startedAt < restsUntil) return;
    const marketplace = await marketplaces(sandbox);
    const { hits, fault } = await list(marketplace);
    const listedAt = clock();
    restsUntil = listedAt + REST_PER_LISTING * (listedAt - startedAt);
    if (fault) log.warn({ sandbox, code: fault.code, reason: fault.message }, 'the listing of HITs broke off');

    const hitIds = hits.flatMap(({ hitId }) => (hitId === null ? [] : [hitId]));
    const [rows, assignments] = await Promise.all([hitsByIds(db, hitIds), tasksOnHits(db, hitIds)]);
    const known = hits.flatMap((listed): Known[] => {
      const ours = listed.hitId === null ? undefined : rows.get(listed.hitId);
      // Another installation may recruit with the same account: what is not in our log is not ours to touch.
      // The sandbox and the real side may be one account: each HIT is looked after once.
      return ours === undefined || ours.sandbox !== sandbox
        ? []
        : [{ listed, ours, assignments: assignments.get(ours.hitId) ?? [] }];
    });
    await mend(marketplace, known, signal);
    if (!fault) await giveUpVanished(marketplace, hits, startedAt, signal);
    const certain = known.filter(({ listed, ours }) => ours.marketplaceHitId === listed.marketplaceHitId);
    await commands.recordHitsListed(context, { listed: news(certain) });
    try {
      await review.round(marketplace, certain, signal);
    } finally {
      await disposeEnded(marketplace, certain, signal);
    }
  };
}

/** What the listing says of the places of HITs on offer, where that is not what our log has already. */
const news = (known: readonly Known[]) =>
  known.flatMap(({ listed: { available, pending }, ours }) => {
    const { hitId, phase, arrivals, maxAssignments, listedAvailable, listedPending, listedArrivals } = ours;
    const isKnown =
      available === (listedAvailable ?? maxAssignments) &&
      pending === (listedPending ?? 0) &&
      arrivals === (listedArrivals ?? 0);
    return phase !== 'posted' || isKnown ? [] : [{ hitId, available, pending, arrivals }];
  });

/** What the marketplace lists, up to the fault that ended the listing, if one did. */
async function list(marketplace: Marketplace) {
  const hits: MarketplaceHit[] = [];
  for await (const page of marketplace.listHits()) {
    if (page.type === 'fault') return { hits, fault: page };
    hits.push(...page.value);
  }
  return { hits, fault: null };
}

function lackedBy<Hit extends { readonly marketplaceHitId: MarketplaceHitId | null }>(
  listing: readonly MarketplaceHit[],
  expected: readonly Hit[],
): readonly Hit[] {
  const listed = new Set(listing.map(({ marketplaceHitId }) => marketplaceHitId));
  return expected.filter(({ marketplaceHitId }) => marketplaceHitId !== null && !listed.has(marketplaceHitId));
}
