import type { Batch, EventStore, SubscribeOptions } from '../event-store/port.ts';

/** A subscription that fetches the next batch while the last one is being worked on. */
export async function* readAhead(store: EventStore, options: SubscribeOptions): AsyncGenerator<Batch, void, void> {
  const ending = new AbortController();
  const signal = AbortSignal.any([options.signal, ending.signal]);
  const batches = store.subscribe({ ...options, signal })[Symbol.asyncIterator]();
  let next = fetch(batches);
  try {
    for (;;) {
      const fetched = await next;
      if (fetched.type === 'failed') throw fetched.error;
      if (fetched.result.done) return;
      next = fetch(batches);
      yield fetched.result.value;
    }
  } finally {
    ending.abort();
    await next;
    await batches.return?.();
  }
}

type Fetched = { type: 'fetched'; result: IteratorResult<Batch> } | { type: 'failed'; error: unknown };

/** A failure is kept until its turn comes, instead of being unhandled while a batch is worked on. */
const fetch = async (batches: AsyncIterator<Batch>): Promise<Fetched> => {
  try {
    return { type: 'fetched', result: await batches.next() };
  } catch (error) {
    return { type: 'failed', error };
  }
};
