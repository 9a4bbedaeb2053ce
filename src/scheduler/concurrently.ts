/**
 * Does `work` for every item, at most `limit` at a time, in order. One that fails does not keep the others from
 * their turn; after `limit` failures it is not the item's fault, and no further one is begun, nor once `signal`
 * aborts. Answers when everything begun has ended, and then throws the first failure.
 */
export async function concurrently<Item>(
  items: Iterable<Item>,
  { limit, signal }: { limit: number; signal?: AbortSignal | undefined },
  work: (item: Item) => Promise<unknown>,
): Promise<void> {
  const failures: unknown[] = [];
  const queue = items[Symbol.iterator]();
  const lane = async (): Promise<void> => {
    while (failures.length < limit && !signal?.aborted) {
      const next = queue.next();
      if (next.done) return;
      try {
        await work(next.value);
      } catch (error) {
        failures.push(error);
      }
    }
  };
  await Promise.all(Array.from({ length: limit }, lane));
  if (failures.length > 0) throw failures[0];
}
