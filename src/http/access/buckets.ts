/** Tells whether one more by this key is too many now; if not, it is counted. */
export type IsTooMany = (key: string, cost?: number) => boolean;

/**
 * A bucket of tokens for each key, which fills up to `capacity` by `perSecond`. Of keys there are as many as somebody
 * cares to make up: the one that was not seen for longest is forgotten.
 */
export function createBuckets({
  capacity,
  perSecond,
  mostKeys = 50_000,
  now = performance.now.bind(performance),
}: {
  capacity: number;
  perSecond: number;
  mostKeys?: number;
  now?: () => number;
}): IsTooMany {
  const buckets = new Map<string, { tokens: number; at: number }>();
  return (key, cost = 1) => {
    const at = now();
    const known = buckets.get(key);
    const tokens = known ? Math.min(capacity, known.tokens + ((at - known.at) / 1_000) * perSecond) : capacity;
    const isTooMany = tokens < cost;
    buckets.delete(key);
    buckets.set(key, { tokens: isTooMany ? tokens : tokens - cost, at });
    const [oldest] = buckets.keys();
    if (buckets.size > mostKeys && oldest !== undefined) buckets.delete(oldest);
    return isTooMany;
  };
}

/** Takes a place for a key; null if it holds as many as it may, else what gives the place back. */
export type TakePlace = (key: string) => (() => void) | null;

export function createPlaces(most: number): TakePlace {
  const taken = new Map<string, number>();
  return (key) => {
    const held = taken.get(key) ?? 0;
    if (held >= most) return null;
    taken.set(key, held + 1);
    let isHeld = true;
    return () => {
      if (!isHeld) return;
      isHeld = false;
      const left = (taken.get(key) ?? 1) - 1;
      if (left === 0) taken.delete(key);
      else taken.set(key, left);
    };
  };
}
