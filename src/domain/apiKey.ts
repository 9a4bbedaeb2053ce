import { z } from 'zod';
import { type Decision, type EventsOf, emit, nothing, refuse } from './decision.ts';
import { ApiKeyId, Instant } from './ids.ts';

/** The log knows that a key was issued or revoked, never the key: its hash lives in a table of its own. */
export const apiKeyEvents = {
  ApiKeyIssued: z.object({ apiKeyId: ApiKeyId, label: z.string().max(255), at: Instant }),
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
  command: { apiKeyId: ApiKeyId; label: string; at: Instant },
): Decision<ApiKeyEvent> {
  return state.phase === 'none' ? emit({ type: 'ApiKeyIssued', data: command }) : nothing;
}

export function revoke(state: ApiKey, { at }: { at: Instant }): Decision<ApiKeyEvent> {
  if (state.phase === 'none') return refuse('notFound', 'no such API key');
  return state.phase === 'revoked' ? nothing : emit({ type: 'ApiKeyRevoked', data: { at } });
}
