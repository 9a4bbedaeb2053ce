/** Most requests a second for one assignment: a page needs two, and a reconnecting one a few more. */
const MOST_A_SECOND = 20;

/** Counts requests by key in windows of a second; answers whether one more is too many. Memory is bounded by a window. */
export function createRate(now: () => number = performance.now.bind(performance)): (key: string) => boolean {
  let counts = new Map<string, number>();
  let windowEnds = 0;
  return (key) => {
    const time = now();
    if (time >= windowEnds) {
      counts = new Map();
      windowEnds = time + 1_000;
    }
    const count = (counts.get(key) ?? 0) + 1;
    counts.set(key, count);
    return count > MOST_A_SECOND;
  };
}
