import type { z } from 'zod';
import type { Decision } from '../domain/decision.ts';
import { streamOf } from '../domain/event.ts';
import {
  type Hit,
  type HitEvent,
  type hitEvents,
  recordDisposed,
  recordExpired,
  recordExpireFailed,
  recordListed,
  recordPosted,
  recordPostFailed,
  requestExpire,
  requestPost,
} from '../domain/hit.ts';
import type { HitId, Instant, MarketplaceHitId, ReservationId } from '../domain/ids.ts';
import { hits } from './aggregates.ts';
import { type CommandResult, type Context, type Dependencies, settled } from './context.ts';
import { handleOne, nothingToTell } from './handle.ts';

type Fault = { readonly code: string; readonly message: string };

/** What the scheduler decides about HITs, and what the marketplace answered. */
export const hitCommands = (deps: Dependencies) => {
  const onHit = (
    context: Context,
    hitId: HitId,
    decide: (state: Hit, at: Instant) => Decision<HitEvent>,
    recruitedFor: ReservationId | null = null,
  ): Promise<CommandResult<null>> =>
    handleOne(deps, context, hits, streamOf.hit(hitId), decide, nothingToTell, (state) =>
      state.phase === 'none' ? recruitedFor : state.recruitedFor,
    );

  return {
    /** Decides to post HITs; each becomes a stream of its own. The poster carries them out. */
    requestHitPost: async (
      context: Context,
      { hits: orders }: { hits: readonly Omit<z.infer<typeof hitEvents.HitPostRequested>, 'at'>[] },
    ): Promise<void> => {
      const results = await Promise.all(
        orders.map((order) =>
          onHit(context, order.hitId, (state, at) => requestPost(state, { ...order, at }), order.recruitedFor),
        ),
      );
      await Promise.all(results.map((result) => settled(deps, result)));
    },

    /** Decides that HITs leave the market. */
    requestHitExpire: async (
      context: Context,
      { hitIds, reason }: { hitIds: readonly HitId[]; reason: 'cancelled' | 'notNeeded' | 'finishedAll' },
    ): Promise<void> => {
      const results = await Promise.all(
        hitIds.map((hitId) => onHit(context, hitId, (state, at) => requestExpire(state, { reason, at }))),
      );
      await Promise.all(results.map((result) => settled(deps, result)));
    },

    recordHitPosted: (
      context: Context,
      { hitId, ...posted }: { hitId: HitId; marketplaceHitId: MarketplaceHitId; expiresAt: Instant },
    ) => onHit(context, hitId, (state, at) => recordPosted(state, { ...posted, at })),

    recordHitPostFailed: (context: Context, { hitId, ...fault }: { hitId: HitId } & Fault) =>
      onHit(context, hitId, (state, at) => recordPostFailed(state, { ...fault, at })),

    recordHitExpired: (context: Context, { hitId }: { hitId: HitId }) =>
      onHit(context, hitId, (state, at) => recordExpired(state, { at })),

    recordHitExpireFailed: (context: Context, { hitId, ...fault }: { hitId: HitId } & Fault) =>
      onHit(context, hitId, (state, at) => recordExpireFailed(state, { ...fault, at })),

    /** What the marketplace's listing says of HITs on offer. */
    recordHitsListed: async (
      context: Context,
      { listed }: { listed: readonly { hitId: HitId; available: number; pending: number; arrivals: number }[] },
    ): Promise<void> => {
      await Promise.all(
        listed.map(({ hitId, ...counts }) =>
          onHit(context, hitId, (state, at) => recordListed(state, { ...counts, at })),
        ),
      );
    },

    recordHitDisposed: (context: Context, { hitId }: { hitId: HitId }) =>
      onHit(context, hitId, (state, at) => recordDisposed(state, { at })),
  };
};
