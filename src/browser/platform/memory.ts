import { attempt } from './attempt.ts';

/**
 * What a browser keeps of an assignment, over a reload (`sessionStorage`) or for all tabs (`localStorage`); given
 * something, keeps that. A frame of another origin may be denied it: then nothing is known, and a reload asks for the
 * click again.
 */
export function memory<Kept extends object>(
  assignmentId: string,
  kept?: Kept,
  place: 'sessionStorage' | 'localStorage' = 'localStorage',
): Partial<Kept> {
  return attempt(() => {
    const storage = window[place];
    const key = `retainer:${assignmentId}`;
    if (kept) storage[key] = JSON.stringify(kept);
    return (JSON.parse(storage[key] ?? '{}') ?? {}) as Partial<Kept>;
  }, {});
}
