import type { Logger } from 'pino';
import type { Commands } from '../commands/commands.ts';
import type { AssignmentId, Instant, MarketplaceHitId } from '../domain/ids.ts';
import type { EventStore } from '../event-store/port.ts';
import type { Marketplace } from '../marketplace/port.ts';
import type { HandingIn } from '../postgres/handedIn.ts';
import type { Database } from '../postgres/pool.ts';
import type { CaughtUp } from '../projections/caughtUp.ts';
import { type HitRow, hitsByMarketplaceIds, hitsOfPeopleAtWork } from '../projections/hits.ts';
import { tasksOnHits } from '../projections/tasks.ts';
import { concurrently } from './concurrently.ts';
import { createHints, type Looks } from './hints.ts';
import { createReview } from './review.ts';

export type QuickLookDependencies = {
  readonly db: Database;
  readonly store: Pick<EventStore, 'head'>;
  readonly caughtUp: Pick<CaughtUp, 'until'>;
  readonly commands: Pick<Commands, 'markAssignment' | 'markUnseen' | 'reopenSlot'>;
  readonly marketplaces: (sandbox: boolean) => Promise<Marketplace>;
  /** How often the marketplaces may be asked: one of one's own more often than somebody else's. */
  readonly looks: Looks & {
    /** Most HITs in one round of the poll, the longest not asked about first. */
    readonly mostAtWork: number;
  };
  readonly clock: () => Instant;
  readonly log: Logger;
};

/** While somebody is at work the marketplace is asked this often, whether or not a page says that it submits. */
const POLL_MS = 5_000;
const CALLS_AT_ONCE = 4;
const CATCH_UP_MS = 2_000;
const LONGEST_REST_MS = 60_000;
const NOBODY: ReadonlySet<AssignmentId> = new Set();

/**
 * Learns at once what people hand in, between the rounds of the reconciliation: of a HIT whose page says that it submits
 * by a few looks with growing pauses, and of every HIT with somebody at work every five seconds. While nobody works it
 * asks the marketplace nothing. `round` does what is due; it is cheap when nothing is, and never runs twice at once.
 */
export function createQuickLooks(deps: QuickLookDependencies) {
  const { db, store, caughtUp, marketplaces, looks, clock, log } = deps;
  const review = createReview(deps);
  const hints = createHints(looks, clock);
  const lookedAt = new Map<MarketplaceHitId, Instant>();
  const rests = new Map<boolean, { readonly faults: number; readonly until: Instant }>();
  let pollAt: Instant = 0;

  const atWork = async (now: Instant): Promise<readonly HitRow[]> => {
    if (now < pollAt) return [];
    pollAt = now + POLL_MS;
    const hits = await hitsOfPeopleAtWork(db, { now });
    const ids = new Set(hits.map(({ marketplaceHitId }) => marketplaceHitId));
    for (const id of lookedAt.keys()) if (!ids.has(id)) lookedAt.delete(id);
    const lastLook = ({ marketplaceHitId: id }: HitRow): Instant => (id === null ? now : (lookedAt.get(id) ?? 0));
    return hits.toSorted((a, b) => lastLook(a) - lastLook(b)).slice(0, looks.mostAtWork);
  };

  /** The assignments of a HIT as our log has them, with all that happened before the marketplace answered. */
  const ours = async ({ hitId }: HitRow) => {
    await caughtUp.until(await store.head(), { timeoutMs: CATCH_UP_MS });
    return (await tasksOnHits(db, [hitId])).get(hitId) ?? [];
  };

  const look = async (hit: HitRow): Promise<void> => {
    const { marketplaceHitId: id, sandbox } = hit;
    if (id === null) return;
    // The poll finds what a hint was given for while the marketplace was away.
    if (clock() < (rests.get(sandbox)?.until ?? 0)) return hints.looked(id, NOBODY);
    lookedAt.set(id, clock());
    const seen = await review.handedIn(await marketplaces(sandbox), { ...hit, marketplaceHitId: id }, () => ours(hit));
    if (seen.type === 'fault') {
      // What it refuses concerns that HIT; what passes concerns all of them.
      if (seen.lasting === 'final') return hints.looked(id, NOBODY);
      const faults = (rests.get(sandbox)?.faults ?? 0) + 1;
      rests.set(sandbox, { faults, until: clock() + Math.min(LONGEST_REST_MS, 1_000 * 2 ** Math.min(faults - 1, 10)) });
      return hints.looked(id, NOBODY);
    }
    rests.delete(sandbox);
    hints.looked(id, seen.isComplete ? seen.assignmentIds : NOBODY);
  };

  const once = async (signal?: AbortSignal): Promise<void> => {
    const now = clock();
    const hinted = hints.due(now);
    const [known, polled] = await Promise.all([
      hinted.length === 0 ? new Map<MarketplaceHitId, HitRow>() : hitsByMarketplaceIds(db, hinted),
      atWork(now),
    ]);
    for (const id of hinted) if (!known.has(id)) hints.forget(id);
    const hits = new Map([...polled, ...known.values()].map((hit) => [hit.hitId, hit]));
    await concurrently(hits.values(), { limit: CALLS_AT_ONCE, signal }, look);
  };

  let running = false;
  let again = false;
  return {
    /** Somebody is handing in. */
    hint: (hint: HandingIn): void => hints.add(hint),
    round: async (signal?: AbortSignal): Promise<void> => {
      again = running;
      if (running) return;
      running = true;
      try {
        do {
          again = false;
          await once(signal);
        } while (again && !signal?.aborted);
      } catch (error) {
        log.debug({ err: error }, 'a look at who is at work failed');
        throw error;
      } finally {
        running = false;
      }
    },
  };
}
