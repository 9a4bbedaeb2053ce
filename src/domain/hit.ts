import { z } from 'zod';
import { type Decision, type EventsOf, emit, nothing, refuse } from './decision.ts';
import { HitId, Instant, MarketplaceHitId, ProtoHitId, ReservationId } from './ids.ts';
import { ProtoHitFields } from './protoHit.ts';

export const hitEvents = {
  /** The decision to post. Its event id is the call's idempotency token (MTurk: `UniqueRequestToken`). */
  HitPostRequested: z.object({
    hitId: HitId,
    protoHitId: ProtoHitId,
    recruitedFor: ReservationId.nullable(),
    /** As the ProtoHIT stood when the decision was made, so that a retry posts the same HIT. */
    fields: ProtoHitFields,
    sandbox: z.boolean(),
    maxAssignments: z.number().int().min(1),
    at: Instant,
  }),
  HitPosted: z.object({ marketplaceHitId: MarketplaceHitId, expiresAt: Instant, at: Instant }),
  /** The marketplace will never take this request; a passing fault leaves no event and is tried again. */
  HitPostFailed: z.object({ code: z.string(), message: z.string(), at: Instant }),
  HitExpireRequested: z.object({ reason: z.enum(['cancelled', 'notNeeded', 'finishedAll']), at: Instant }),
  /** Nobody can accept it any more: its lifetime ended, it was expired, or every assignment was taken. */
  HitExpired: z.object({ at: Instant }),
  HitExpireFailed: z.object({ code: z.string(), message: z.string(), at: Instant }),
  HitDisposed: z.object({ at: Instant }),
  /** What the marketplace's listing says of its places, recorded when it is not what was known. */
  HitListed: z.object({
    /** Places that nobody has accepted. */
    available: z.number().int().min(0),
    /** Accepted, and not handed in. */
    pending: z.number().int().min(0),
    /** Workers who had come to the landing page by then. */
    arrivals: z.number().int().min(0),
    at: Instant,
  }),
} as const;
export type HitEvent = EventsOf<typeof hitEvents>;

export type HitPhase = 'requested' | 'posted' | 'postFailed' | 'expiring' | 'expired' | 'disposed';

export type Hit =
  | { readonly phase: 'none' }
  | {
      readonly phase: HitPhase;
      readonly id: HitId;
      readonly protoHitId: ProtoHitId;
      readonly recruitedFor: ReservationId | null;
      readonly marketplaceHitId: MarketplaceHitId | null;
      /** Asked to expire while the marketplace had not yet answered to the post. */
      readonly expireWhenPosted: boolean;
      /** What the marketplace last said of its places; null: nothing that was news. */
      readonly listed: { readonly available: number; readonly pending: number; readonly arrivals: number } | null;
    };

export const noHit: Hit = { phase: 'none' };

export function evolveHit(state: Hit, event: HitEvent): Hit {
  if (event.type === 'HitPostRequested') {
    const { hitId: id, protoHitId, recruitedFor } = event.data;
    return {
      phase: 'requested',
      id,
      protoHitId,
      recruitedFor,
      marketplaceHitId: null,
      expireWhenPosted: false,
      listed: null,
    };
  }
  if (state.phase === 'none') return state;
  switch (event.type) {
    case 'HitPosted':
      return {
        ...state,
        phase: state.expireWhenPosted ? 'expiring' : 'posted',
        marketplaceHitId: event.data.marketplaceHitId,
      };
    case 'HitPostFailed':
      return { ...state, phase: 'postFailed' };
    case 'HitExpireRequested':
      return state.phase === 'requested' ? { ...state, expireWhenPosted: true } : { ...state, phase: 'expiring' };
    case 'HitExpired':
      return { ...state, phase: 'expired' };
    case 'HitExpireFailed':
      return { ...state, phase: 'posted', expireWhenPosted: false };
    case 'HitDisposed':
      return { ...state, phase: 'disposed' };
    case 'HitListed': {
      const { available, pending, arrivals } = event.data;
      return { ...state, listed: { available, pending, arrivals } };
    }
  }
}

const unknown = refuse('notFound', 'Hit.DoesNotExist');

/** Decides that a HIT is to be posted; the poster carries it out. */
export function requestPost(state: Hit, command: z.infer<typeof hitEvents.HitPostRequested>): Decision<HitEvent> {
  return state.phase === 'none' ? emit({ type: 'HitPostRequested', data: command }) : nothing;
}

/** The marketplace has it. The same answer twice (a retry, a reconciliation) is one posting. */
export function recordPosted(
  state: Hit,
  command: { marketplaceHitId: MarketplaceHitId; expiresAt: Instant; at: Instant },
): Decision<HitEvent> {
  if (state.phase === 'none') return unknown;
  if (state.phase !== 'requested' && state.phase !== 'postFailed') return nothing;
  return emit({ type: 'HitPosted', data: command });
}

/** The marketplace refused it for good. */
export function recordPostFailed(
  state: Hit,
  command: { code: string; message: string; at: Instant },
): Decision<HitEvent> {
  if (state.phase === 'none') return unknown;
  if (state.phase !== 'requested') return nothing;
  return emit({ type: 'HitPostFailed', data: command });
}

/** Decides that a HIT is to leave the market. One still being posted is expired as soon as it is known. */
export function requestExpire(
  state: Hit,
  command: { reason: 'cancelled' | 'notNeeded' | 'finishedAll'; at: Instant },
): Decision<HitEvent> {
  if (state.phase === 'none') return unknown;
  const canExpire = state.phase === 'posted' || (state.phase === 'requested' && !state.expireWhenPosted);
  return canExpire ? emit({ type: 'HitExpireRequested', data: command }) : nothing;
}

/** The marketplace no longer offers it. */
export function recordExpired(state: Hit, { at }: { at: Instant }): Decision<HitEvent> {
  if (state.phase === 'none') return unknown;
  if (state.phase !== 'posted' && state.phase !== 'expiring') return nothing;
  return emit({ type: 'HitExpired', data: { at } });
}

/** The marketplace will not expire it: it stays on the market until its lifetime ends. */
export function recordExpireFailed(
  state: Hit,
  command: { code: string; message: string; at: Instant },
): Decision<HitEvent> {
  if (state.phase === 'none') return unknown;
  if (state.phase !== 'expiring') return nothing;
  return emit({ type: 'HitExpireFailed', data: command });
}

/** What the marketplace says of the places of a HIT on offer. The same again is no news. */
export function recordListed(
  state: Hit,
  command: { available: number; pending: number; arrivals: number; at: Instant },
): Decision<HitEvent> {
  if (state.phase === 'none') return unknown;
  const { listed } = state;
  const isNews =
    listed === null ||
    listed.available !== command.available ||
    listed.pending !== command.pending ||
    listed.arrivals !== command.arrivals;
  return state.phase === 'posted' && isNews ? emit({ type: 'HitListed', data: command }) : nothing;
}

/** The marketplace has forgotten it, having had it. */
export function recordDisposed(state: Hit, { at }: { at: Instant }): Decision<HitEvent> {
  if (state.phase === 'none') return unknown;
  if (state.phase === 'disposed' || state.marketplaceHitId === null) return nothing;
  return emit({ type: 'HitDisposed', data: { at } });
}
