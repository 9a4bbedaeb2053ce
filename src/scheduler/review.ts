import type { Logger } from 'pino';
import type { Commands } from '../commands/commands.ts';
import type { Instant, MarketplaceHitId } from '../domain/ids.ts';
import type { Marketplace, MarketplaceAssignment, MarketplaceHit } from '../marketplace/port.ts';
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

const MOST_LOOKS = 50;
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
  readonly commands: Pick<Commands, 'markAssignment' | 'reopenSlot'>;
  readonly clock: () => Instant;
  readonly log: Logger;
}) {
  /** When a HIT was last looked at and, if all was recorded, what was seen: the same sight is not worth a call. */
  const looks = new Map<MarketplaceHitId, { readonly at: Instant; readonly sight: string | null }>();

  /** Answers whether all is recorded; if not, the next round looks again. */
  const record = async (
    marketplace: Marketplace,
    { assignmentId, workerId, status, answer }: MarketplaceAssignment,
    ours: TaskRow | undefined,
  ): Promise<boolean> => {
    if (ours === undefined || ours.workerId !== workerId) {
      // Ids in a landing page's URL are not signed: only the marketplace knows who really held it.
      log.warn({ assignmentId, workerId }, 'work handed in by someone who never arrived');
      return true;
    }
    const didAllThatWasAsked = ours.phase === 'released' && ours.released !== 'blocked';
    if (status !== 'submitted' || !didAllThatWasAsked) {
      await commands.markAssignment(context, { assignmentId, as: status, answer });
      return true;
    }
    const approval = await marketplace.approve(assignmentId);
    if (approval.type === 'fault') {
      log.warn({ assignmentId, code: approval.code, reason: approval.message }, 'cannot approve a released worker yet');
      return false;
    }
    await commands.markAssignment(context, { assignmentId, as: 'approved', answer });
    return true;
  };

  const look = async (marketplace: Marketplace, { listed, ours, assignments }: Known): Promise<boolean> => {
    const handedIn = await marketplace.listAssignments(listed.marketplaceHitId);
    if (handedIn.type === 'fault') {
      log.warn({ hitId: ours.hitId, code: handedIn.code }, 'cannot list the assignments of a HIT');
      return false;
    }
    let isComplete = true;
    for (const one of handedIn.value) {
      const known = assignments.find(({ assignmentId }) => assignmentId === one.assignmentId);
      if (!(await record(marketplace, one, known))) isComplete = false;
    }
    const there = new Set(handedIn.value.map(({ assignmentId }) => assignmentId));
    const notThere = assignments.filter(({ assignmentId }) => !there.has(assignmentId));
    for (const { assignmentId, as } of gone(listed, notThere, ours.fields, clock())) {
      const reservationId = notThere.find((one) => one.assignmentId === assignmentId)?.reservationId ?? null;
      // The slot first: a crash in between leaves the assignment held, for the next round to find.
      if (reservationId !== null) await commands.reopenSlot(context, { reservationId, assignmentId, reason: as });
      await commands.markAssignment(context, { assignmentId, as });
    }
    return isComplete;
  };

  return {
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
