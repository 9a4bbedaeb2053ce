import { z } from 'zod';
import { type Decision, type EventsOf, emit, nothing } from './decision.ts';
import { Instant, WorkerId } from './ids.ts';

/** MTurk's bound (AWS MTurk API reference, CreateWorkerBlock). */
export const BlockReason = z.string().trim().min(1).max(1024);

/** What operators decide about a person. A worker's own doings are in the streams of their assignments. */
export const workerEvents = {
  /**
   * From now on they never wait here and are never called. `onMarketplace`: the marketplace is to keep them from
   * our HITs, too, which it may hold against their account.
   */
  WorkerBlocked: z.object({ workerId: WorkerId, reason: BlockReason, onMarketplace: z.boolean(), at: Instant }),
  WorkerUnblocked: z.object({ at: Instant }),
  /** The marketplace keeps them from our HITs, or does so no more. */
  MarketplaceBlocked: z.object({ at: Instant }),
  MarketplaceUnblocked: z.object({ at: Instant }),
  /** The marketplace will never do it: here they are blocked, or not, all the same. */
  MarketplaceBlockFailed: z.object({ code: z.string(), message: z.string(), at: Instant }),
} as const;
export type WorkerEvent = EventsOf<typeof workerEvents>;

export type Worker = {
  readonly phase: 'welcome' | 'blocked';
  /** Why they are blocked. */
  readonly reason: string | null;
  /** What the marketplace was asked to do and has not answered to; else what it last did. */
  readonly marketplace: 'blocking' | 'blocked' | 'unblocking' | 'unblocked';
};

/** Everybody is welcome, known or not. */
export const anyWorker: Worker = { phase: 'welcome', reason: null, marketplace: 'unblocked' };

export function evolveWorker(state: Worker, event: WorkerEvent): Worker {
  switch (event.type) {
    case 'WorkerBlocked':
      return {
        phase: 'blocked',
        reason: event.data.reason,
        marketplace: event.data.onMarketplace && state.marketplace !== 'blocked' ? 'blocking' : state.marketplace,
      };
    case 'WorkerUnblocked':
      return {
        phase: 'welcome',
        reason: null,
        marketplace: state.marketplace === 'unblocked' ? 'unblocked' : 'unblocking',
      };
    case 'MarketplaceBlocked':
      return { ...state, marketplace: 'blocked' };
    case 'MarketplaceUnblocked':
      return { ...state, marketplace: 'unblocked' };
    case 'MarketplaceBlockFailed':
      return { ...state, marketplace: state.marketplace === 'blocking' ? 'unblocked' : 'blocked' };
  }
}

/** Blocking twice is one block, unless the second gives another reason or is the one that asks the marketplace as well. */
export function blockWorker(
  state: Worker,
  command: { workerId: WorkerId; reason: string; onMarketplace: boolean; at: Instant },
): Decision<WorkerEvent> {
  const isAsked = state.marketplace === 'blocking' || state.marketplace === 'blocked';
  const isSame = state.phase === 'blocked' && state.reason === command.reason;
  if (isSame && (isAsked || !command.onMarketplace)) return nothing;
  return emit({ type: 'WorkerBlocked', data: command });
}

export function unblockWorker(state: Worker, { at }: { at: Instant }): Decision<WorkerEvent> {
  return state.phase === 'welcome' ? nothing : emit({ type: 'WorkerUnblocked', data: { at } });
}

/** The marketplace did what was asked of it last; an answer to an older question is none. */
export function recordMarketplaceBlock(
  state: Worker,
  { as, at }: { as: 'blocked' | 'unblocked'; at: Instant },
): Decision<WorkerEvent> {
  if (as === 'blocked')
    return state.marketplace === 'blocking' ? emit({ type: 'MarketplaceBlocked', data: { at } }) : nothing;
  return state.marketplace === 'unblocking' ? emit({ type: 'MarketplaceUnblocked', data: { at } }) : nothing;
}

/** The marketplace will never do what was asked of it last; a refusal of an older question is none. */
export function recordMarketplaceBlockFailed(
  state: Worker,
  { as, ...fault }: { as: 'blocked' | 'unblocked'; code: string; message: string; at: Instant },
): Decision<WorkerEvent> {
  const isAsked = state.marketplace === (as === 'blocked' ? 'blocking' : 'unblocking');
  return isAsked ? emit({ type: 'MarketplaceBlockFailed', data: fault }) : nothing;
}
