import type { AssignmentId } from '../../domain/ids.ts';
import { createBuckets } from '../access/buckets.ts';

/** A page says every two and a half seconds that it waits: what it says again within this says nothing new. */
const FRESH_MS = 1_000;
/** Pings a second that are stored for one assignment, and how many of them at once. */
const STORED_A_SECOND = 2;
const STORED_AT_ONCE = 6;
const MOST_REMEMBERED = 50_000;

/** Keeps what one page's pings may add to the log to what somebody reads. */
export type Repeats = {
  /** The same was stored for this assignment a moment ago. */
  readonly isRepeated: (id: AssignmentId, said: string) => boolean;
  readonly isTooMuch: (id: AssignmentId) => boolean;
  readonly stored: (id: AssignmentId, said: string) => void;
};

export function createRepeats(now: () => number = performance.now.bind(performance)): Repeats {
  const last = new Map<AssignmentId, { said: string; at: number }>();
  return {
    isRepeated: (id, said) => {
      const known = last.get(id);
      return known !== undefined && known.said === said && now() - known.at < FRESH_MS;
    },
    isTooMuch: createBuckets({ capacity: STORED_AT_ONCE, perSecond: STORED_A_SECOND, now }),
    stored: (id, said) => {
      last.delete(id);
      last.set(id, { said, at: now() });
      const [oldest] = last.keys();
      if (last.size > MOST_REMEMBERED && oldest !== undefined) last.delete(oldest);
    },
  };
}
