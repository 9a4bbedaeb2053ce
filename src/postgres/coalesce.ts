/** Thrown to callers when more keys wait for a look-up than its bound allows. */
export class TooManyWaiting extends Error {
  override readonly name = 'TooManyWaiting';
}

export type Coalesced<Key, Value> = ((key: Key) => Promise<Value | undefined>) & {
  /** Keys that wait for the next look-up. */
  readonly waiting: () => number;
};

/**
 * Turns look-ups by key into look-ups by many: calls of one turn of the event loop become one `load`. While a
 * load is under way the next calls gather, so that under pressure batches grow instead of queues.
 * Rejects whoever waits when their load rejects, and new callers beyond `maxKeys` waiting.
 */
export function coalesce<Key, Value>(
  load: (keys: readonly Key[]) => Promise<ReadonlyMap<Key, Value>>,
  { maxKeys, concurrency = 2 }: { maxKeys: number; concurrency?: number },
): Coalesced<Key, Value> {
  type Waiter = { resolve: (value: Value | undefined) => void; reject: (error: unknown) => void };
  let gathered = new Map<Key, Waiter[]>();
  let loading = 0;
  let scheduled = false;

  const flush = (): void => {
    scheduled = false;
    if (gathered.size === 0 || loading >= concurrency) return;
    const batch = gathered;
    gathered = new Map();
    loading++;
    load([...batch.keys()]).then(
      (found) => {
        loading--;
        for (const [key, waiters] of batch) for (const { resolve } of waiters) resolve(found.get(key));
        schedule();
      },
      (error: unknown) => {
        loading--;
        for (const waiters of batch.values()) for (const { reject } of waiters) reject(error);
        schedule();
      },
    );
  };

  const schedule = (): void => {
    if (scheduled || gathered.size === 0 || loading >= concurrency) return;
    scheduled = true;
    setImmediate(flush);
  };

  const lookUp = (key: Key): Promise<Value | undefined> =>
    new Promise((resolve, reject) => {
      const waiters = gathered.get(key);
      if (waiters) {
        waiters.push({ resolve, reject });
        return;
      }
      if (gathered.size >= maxKeys) {
        reject(new TooManyWaiting(`more than ${maxKeys} look-ups wait`));
        return;
      }
      gathered.set(key, [{ resolve, reject }]);
      schedule();
    });
  return Object.assign(lookUp, { waiting: () => gathered.size });
}
