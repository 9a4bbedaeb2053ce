import type { AssignmentId, Instant, MarketplaceHitId } from '../domain/ids.ts';
import type { HandingIn } from '../postgres/handedIn.ts';

/** How a hint is followed. */
export type Looks = {
  /** From a hint to the first look, and from each look to the next; after the last the poll is enough. */
  readonly afterMs: readonly [first: number, ...others: number[]];
};

/** Pages that say again and again that they submit have this many looks; after that the poll is enough for them. */
const MOST_LOOKS_AN_ASSIGNMENT = 12;
/** Looks at one HIT are no closer than this, however many hints come. */
const CLOSEST_LOOKS_MS = 250;
/** Most that is remembered: HITs to look at, and assignments that had looks. */
const MOST_REMEMBERED = 10_000;

type Hinted = { readonly awaited: ReadonlySet<AssignmentId>; readonly looks: number; readonly dueAt: Instant };

/**
 * Which HITs to look at, because somebody said that they hand in: a few times with growing pauses, until what was awaited
 * has shown up. Marketplaces need a moment; and anybody with an assignment can say it, as often as they like.
 */
export function createHints({ afterMs }: Looks, clock: () => Instant) {
  const hinted = new Map<MarketplaceHitId, Hinted>();
  const lookedAt = new Map<MarketplaceHitId, Instant>();
  const spent = new Map<AssignmentId, number>();

  return {
    add: ({ marketplaceHitId, assignmentId }: HandingIn): void => {
      if (hinted.size >= MOST_REMEMBERED || (spent.get(assignmentId) ?? 0) >= MOST_LOOKS_AN_ASSIGNMENT) return;
      const dueAt = Math.max(clock() + afterMs[0], (lookedAt.get(marketplaceHitId) ?? 0) + CLOSEST_LOOKS_MS);
      const before = hinted.get(marketplaceHitId);
      hinted.set(marketplaceHitId, {
        awaited: new Set([...(before?.awaited ?? []), assignmentId]),
        looks: 0,
        dueAt: Math.min(dueAt, before?.dueAt ?? dueAt),
      });
    },
    due: (now: Instant): readonly MarketplaceHitId[] =>
      [...hinted].flatMap(([id, { dueAt }]) => (dueAt <= now ? [id] : [])),
    forget: (id: MarketplaceHitId): void => {
      hinted.delete(id);
    },
    /** A HIT was looked at, and these were recorded. */
    looked: (id: MarketplaceHitId, found: ReadonlySet<AssignmentId>): void => {
      const one = hinted.get(id);
      if (one === undefined) return;
      remember(lookedAt, id, clock());
      const missing = [...one.awaited].filter((assignmentId) => !found.has(assignmentId));
      for (const assignmentId of missing) remember(spent, assignmentId, (spent.get(assignmentId) ?? 0) + 1);
      const awaited = new Set(
        missing.filter((assignmentId) => (spent.get(assignmentId) ?? 0) < MOST_LOOKS_AN_ASSIGNMENT),
      );
      const pause = afterMs[one.looks + 1];
      if (awaited.size === 0 || pause === undefined) hinted.delete(id);
      else hinted.set(id, { awaited, looks: one.looks + 1, dueAt: clock() + pause });
    },
  };
}

function remember<Key, Value>(kept: Map<Key, Value>, key: Key, value: Value): void {
  kept.delete(key);
  kept.set(key, value);
  const [oldest] = kept.keys();
  if (kept.size > MOST_REMEMBERED && oldest !== undefined) kept.delete(oldest);
}
