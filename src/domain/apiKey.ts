import { z } from 'zod';
import { type Decision, type EventsOf, emit, nothing, refuse } from './decision.ts';
import { ApiKeyId, Instant, ProtoHitId } from './ids.ts';

/**
 * What a key opens: `commands` change something, `read` asks how things stand, `audit` reads the log itself, `admin` is
 * all of them and what is the operator's.
 */
export const Scope = z.enum(['commands', 'read', 'audit', 'admin']);
export type Scope = z.infer<typeof Scope>;

/** What an operator calls a key. */
export const Label = z.string().max(255);

/** A key that somebody brings along: long enough not to be guessed, and fit for a header. */
export const BroughtKey = z.string().regex(/^[\x21-\x7e]{16,255}$/);
export const A_BROUGHT_KEY = '16 to 255 printable ASCII characters without spaces';

/** The log knows that a key was issued or revoked, never the key: its hash lives in a table of its own. */
export const apiKeyEvents = {
  ApiKeyIssued: z.object({
    apiKeyId: ApiKeyId,
    label: Label,
    scopes: z.array(Scope).min(1),
    /** The one ProtoHIT it is limited to; null: every one. */
    protoHitId: ProtoHitId.nullable(),
    /** US cents that it may commit a day on the marketplace's real side; left out: as much as the installation. */
    dailyBudgetCents: z.number().int().nonnegative().optional(),
    at: Instant,
  }),
  ApiKeyRevoked: z.object({ at: Instant }),
} as const;
export type ApiKeyEvent = EventsOf<typeof apiKeyEvents>;

export type ApiKey = { readonly phase: 'none' | 'live' | 'revoked' };

export const noApiKey: ApiKey = { phase: 'none' };

export function evolveApiKey(_: ApiKey, event: ApiKeyEvent): ApiKey {
  switch (event.type) {
    case 'ApiKeyIssued':
      return { phase: 'live' };
    case 'ApiKeyRevoked':
      return { phase: 'revoked' };
  }
}

export function issue(
  state: ApiKey,
  command: {
    apiKeyId: ApiKeyId;
    label: string;
    scopes: Scope[];
    protoHitId: ProtoHitId | null;
    dailyBudgetCents?: number | undefined;
    at: Instant;
  },
): Decision<ApiKeyEvent> {
  return state.phase === 'none' ? emit({ type: 'ApiKeyIssued', data: command }) : nothing;
}

export function revoke(state: ApiKey, { at }: { at: Instant }): Decision<ApiKeyEvent> {
  if (state.phase === 'none') return refuse('notFound', 'no such API key');
  return state.phase === 'revoked' ? nothing : emit({ type: 'ApiKeyRevoked', data: { at } });
}
