import { z } from 'zod';
import type { Instant } from '../domain/ids.ts';

/** What is right where a time is asked for; completes "must be …". */
export const A_MOMENT = 'a time such as 2026-03-01T09:30:00Z or 2026-03-01T10:30:00+01:00, or milliseconds since 1970';

/** The last moment that JavaScript can name. */
const LAST = 8.64e15;

const iso = z.iso.datetime({ offset: true });

/** A time in words for machines: ISO 8601 with its zone, or whole milliseconds since 1970; null if it is neither. */
export function parseMoment(text: string): Instant | null {
  if (/^\d{1,16}$/.test(text)) return Number(text) <= LAST ? Number(text) : null;
  return iso.safeParse(text).success ? Date.parse(text) : null;
}

/** The same for people: always in UTC, to the millisecond. */
export const momentInWords = (at: Instant): string => new Date(at).toISOString();

/** How long something took, in the largest unit that says it: `0.9 s`, `2 min 5 s`, `3 h 10 min`. */
export function durationInWords(ms: number): string {
  if (ms < 60_000) return `${Number((ms / 1000).toFixed(1))} s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  return `${Math.floor(seconds / 3_600)} h ${Math.floor((seconds % 3_600) / 60)} min`;
}
