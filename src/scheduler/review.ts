import type { Logger } from 'pino';
import type { Commands } from '../commands/commands.ts';
import type { AssignmentId, Instant, MarketplaceHitId } from '../domain/ids.ts';
import type { Marketplace, MarketplaceAssignment, MarketplaceFault, MarketplaceHit } from '../marketplace/port.ts';
import type { HitRow } from '../projections/hits.ts';
import type { TaskRow } from '../projections/tasks.ts';
import { concurrently } from './concurrently.ts';
import { gone, hasUnknownWork } from './drift.ts';

/** A HIT that the marketplace lists and our log knows, with the assignments that our log knows of it. */
export type Known = {
  readonly listed: MarketplaceHit;
  readonly ours: HitRow;
  readonly assignments: readonly TaskRow[];
};

/** Whose results the marketplace has, and whether all of that is recorded. */
type HandedIn = {
  readonly type: 'done';
  readonly assignmentIds: ReadonlySet<AssignmentId>;
  readonly isComplete: boolean;
};

const MOST_LOOKS = 50;
const CLOCK_SKEW_MS = 5_000;
const WARN_OF_CLOCK_EVERY_MS = 3_600_000;
const CALLS_AT_ONCE = 4;
const context = { actor: 'marketplace', requestId: 'reconcile' } as const;

/**
 * Learns what became of assignments: handed in, reviewed, given back, abandoned. One call for a HIT, and only
 * when the listing's counters say that something happened. Workers who waited, were released and handed in are
 * approved at once: they did all that was asked of them (Dallinger #1952, ParlAI #2843). Whoever was released because
 * they are blocked is not: that is for an operator to decide, or for the marketplace's auto-approval.
 */
export function createReview({
  commands,
  clock,
  log,
}: {
  readonly commands: Pick<Commands, 'markAssignment' | 'markUnseen' | 'reopenSlot'>;
  readonly clock: () => Instant;
  readonly log: Logger;
}) {
  /** When a HIT was last looked at and, if all was recorded, what was seen: the same sight is not worth a call. */
  let warnOfClockAgainAt: Instant = 0;
  const looks = new Map<MarketplaceHitId, { readonly at: Instant; readonly sight: string | null }>();

  /** The log holds nothing that is still to come: a clock that is ahead is not believed, and said so now and then. */
  const warnOfClock = (submittedAt: Instant | undefined): void => {
    const now = clock();
    const aheadMs = (submittedAt ?? now) - now;
    if (aheadMs <= CLOCK_SKEW_MS || now < warnOfClockAgainAt) return;
    warnOfClockAgainAt = now + WARN_OF_CLOCK_EVERY_MS;
    log.warn({ aheadMs }, "the marketplace's clock is ahead of ours: what was handed in counts as handed in now");
  };

  /** Answers whether all is recorded; if not, the next round looks again. */
  const record = async (
    marketplace: Marketplace,
    { assignmentId, workerId, status, marketplaceHitId, ...seen }: MarketplaceAssignment,
    ours: TaskRow | undefined,
  ): Promise<boolean> => {
    if (ours === undefined || ours.workerId !== workerId) {
      // Ids in a landing page's URL are not signed: only the marketplace knows who really held it.
      const unseen = { assignmentId, workerId, marketplaceHitId, as: status, ...seen };
      const result = await commands.markUnseen(context, unseen);
      log.warn({ assignmentId, workerId, result: result.type }, 'work handed in by someone who never arrived');
      return true;
    }
    if (ours.phase === status) return true;
    warnOfClock(seen.submittedAt);
    const didAllThatWasAsked = ours.phase === 'released' && ours.released !== 'blocked';
    if (status !== 'submitted' || !didAllThatWasAsked) {
      await commands.markAssignment(context, { assignmentId, as: status, ...seen });
      return true;
    }
    const approval = await marketplace.approve(assignmentId);
    if (approval.type === 'fault') {
      log.warn({ assignmentId, code: approval.code, reason: approval.message }, 'cannot approve a released worker yet');
      return false;
    }
    await commands.markAssignment(context, { assignmentId, as: 'approved', ...seen });
    return true;
  };

  /**
   * Records what was handed in for a HIT, unless the marketplace does not say. `ours` is asked after it has answered: the
   * assignments that our log knows of the HIT.
   */
  const handedIn = async (
    marketplace: Marketplace,
    { hitId, marketplaceHitId }: Pick<HitRow, 'hitId'> & { readonly marketplaceHitId: MarketplaceHitId },
    ours: () => Promise<readonly TaskRow[]>,
  ): Promise<HandedIn | MarketplaceFault> => {
    const found = await marketplace.listAssignments(marketplaceHitId);
    if (found.type === 'fault') {
      const { code, message, lasting } = found;
      // Whoever watches all calls warns of what passes, once.
      log[lasting === 'final' ? 'warn' : 'debug'](
        { hitId, code, reason: message },
        'cannot list the assignments of a HIT',
      );
      return found;
    }
    let isComplete = true;
    const assignments = found.value.length === 0 ? [] : await ours();
    for (const one of found.value) {
      const known = assignments.find(({ assignmentId }) => assignmentId === one.assignmentId);
      if (!(await record(marketplace, one, known))) isComplete = false;
    }
    return { type: 'done', assignmentIds: new Set(found.value.map(({ assignmentId }) => assignmentId)), isComplete };
  };

  const look = async (marketplace: Marketplace, { listed, ours, assignments }: Known): Promise<boolean> => {
    const { hitId } = ours;
    const { marketplaceHitId } = listed;
    const found = await handedIn(marketplace, { hitId, marketplaceHitId }, async () => assignments);
    if (found.type === 'fault') return false;
    const notThere = assignments.filter(({ assignmentId }) => !found.assignmentIds.has(assignmentId));
    for (const { assignmentId, as } of gone(listed, notThere, ours.fields, clock())) {
      const reservationId = notThere.find((one) => one.assignmentId === assignmentId)?.reservationId ?? null;
      // The slot first: a crash in between leaves the assignment held, for the next round to find.
      if (reservationId !== null) await commands.reopenSlot(context, { reservationId, assignmentId, reason: as });
      await commands.markAssignment(context, { assignmentId, as });
    }
    return found.isComplete;
  };

  return {
    handedIn,
    /** `known`: all of one marketplace's listing that our log knows, too. */
    round: async (marketplace: Marketplace, known: readonly Known[], signal?: AbortSignal): Promise<void> => {
      const now = clock();
      const listed = new Set(known.map((one) => one.listed.marketplaceHitId));
      for (const id of looks.keys()) if (!listed.has(id)) looks.delete(id);

      const due = known
        .filter(
          ({ listed, ours, assignments }) =>
            hasUnknownWork(listed, assignments) || gone(listed, assignments, ours.fields, now).length > 0,
        )
        .map((one) => ({ one, id: one.listed.marketplaceHitId, sight: sightOf(one, now) }))
        .filter(({ id, sight }) => looks.get(id)?.sight !== sight)
        .sort((a, b) => (looks.get(a.id)?.at ?? 0) - (looks.get(b.id)?.at ?? 0))
        .slice(0, MOST_LOOKS);
      await concurrently(due, { limit: CALLS_AT_ONCE, signal }, async ({ one, id, sight }) => {
        // One that fails goes to the end of the queue, or a few of them would keep all others from their turn.
        looks.set(id, { at: now, sight: null });
        if (await look(marketplace, one)) looks.set(id, { at: now, sight });
      });
    },
  };
}

const sightOf = ({ listed, ours, assignments }: Known, now: Instant): string =>
  JSON.stringify([
    listed.available,
    listed.pending,
    listed.completed,
    assignments.map(({ assignmentId, phase }) => [assignmentId, phase]),
    gone(listed, assignments, ours.fields, now),
  ]);
