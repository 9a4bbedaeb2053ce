import type { Instant } from '../domain/ids.ts';

/**
 * MTurk knows a `UniqueRequestToken` again for 24 hours. After that a repeated post would be a second HIT, and a
 * repeated bonus a second payment: an older request is given up.
 */
const TOKEN_LIFE_MS = 23 * 3_600_000;

export const isTooOld = (requestedAt: Instant, now: Instant): boolean => now >= requestedAt + TOKEN_LIFE_MS;

/** Code and message of a request that is given up. */
export const TOO_OLD = [
  'RequestTooOld',
  'the marketplace was out of reach for so long that its token has run out',
] as const;
