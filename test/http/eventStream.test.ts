import { expect, test } from 'vitest';
import { BEGINNING, type EventStore } from '../../src/event-store/port.ts';
import { bodyOf, eventLines, liveEvents } from '../../src/http/eventStream.ts';
import { readLog } from '../../src/story/feed.ts';
import { newEvent } from '../support/events.ts';
import { happened, on } from '../support/happenings.ts';
import { createMemoryStore } from '../support/memoryStore.ts';

/** A log of so many pings, and how many of its events were handed out. */
async function logOf(
  count: number,
): Promise<{ store: EventStore; handedOut: () => number; ping: () => Promise<unknown> }> {
  const memory = createMemoryStore();
  let n = 0;
  const ping = () =>
    memory.append([
      { stream: on.presence(1), expectedRevision: 'any', events: [newEvent(happened.pinged(1, n), n++)] },
    ]);
  for (let i = 0; i < count; i++) await ping();
  let handedOut = 0;
  const store: EventStore = {
    ...memory,
    subscribe: async function* (options) {
      for await (const batch of memory.subscribe(options)) {
        handedOut += batch.events.length;
        yield batch;
      }
    },
  };
  return { store, handedOut: () => handedOut, ping };
}

const asked = (signal: AbortSignal) => ({
  since: { after: BEGINNING, from: null },
  types: null,
  limit: Number.POSITIVE_INFINITY,
  batchSize: 10,
  signal,
});
const never = new AbortController().signal;

test('nothing is read before somebody takes it, and one batch at a time', async () => {
  const { store, handedOut } = await logOf(1_000);
  const reader = bodyOf(eventLines(store, asked(never), 'ndjson'), () => {}).getReader();
  expect(handedOut()).toBe(0);
  for (const taken of [10, 20, 30]) {
    await reader.read();
    expect(handedOut()).toBe(taken);
  }
});

test('a client that leaves while it is owed more lets go of what was held for it', async () => {
  const { store, handedOut } = await logOf(1_000);
  const left = new AbortController();
  let isOver = false;
  async function* counted() {
    try {
      yield* liveEvents(store, asked(left.signal), { format: 'ndjson' });
    } finally {
      isOver = true;
    }
  }
  const reader = bodyOf(counted(), () => left.abort()).getReader();
  await reader.read();
  await reader.read();
  await reader.cancel();
  expect(isOver).toBe(true);
  expect(left.signal.aborted).toBe(true);
  expect(handedOut()).toBe(10);
});

test('silence is broken by comments, which say how far the log was read', async () => {
  const { store, ping } = await logOf(1);
  const leaving = new AbortController();
  const types = new Set(['HitDisposed'] as const);
  const live = liveEvents(store, { ...asked(leaving.signal), types }, { format: 'ndjson', heartbeatMs: 5 });
  const next = async () => (await live.next()).value;
  expect(await next()).toBe('retry: 1000\n\n');
  expect(await next()).toBe(`:\nid: ${await store.head()}\n\n`);
  await ping();
  await expect.poll(next).toBe(`:\nid: ${await store.head()}\n\n`);
  leaving.abort();
  await expect.poll(next).toBeUndefined();
});

test('a limit ends a live stream too', async () => {
  const { store } = await logOf(30);
  const told: string[] = [];
  for await (const text of liveEvents(store, { ...asked(never), limit: 12 }, { format: 'ndjson' })) told.push(text);
  expect(told.join('').match(/^data: /gm)).toHaveLength(12);
});

test('a part is not taken for the whole: reading that is stopped before its end fails', async () => {
  const { store } = await logOf(30);
  const stopping = new AbortController();
  const reading = (async () => {
    for await (const _ of readLog(store, { ...asked(stopping.signal), follow: false })) stopping.abort();
  })();
  await expect(reading).rejects.toThrow('broken off before its end');
});

test('what is appended while the log is read is left to the next who asks', async () => {
  const { store, ping } = await logOf(15);
  let read = 0;
  for await (const { entries } of readLog(store, { ...asked(never), follow: false })) {
    read += entries.length;
    await ping();
  }
  expect(read).toBe(15);
});
