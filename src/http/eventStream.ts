import { setTimeout as sleep } from 'node:timers/promises';
import type { EventStore, Position } from '../event-store/port.ts';
import { type Entry, placeOf } from '../story/entry.ts';
import { type EventFormat, eventAsJson } from '../story/eventAsJson.ts';
import { type FeedOptions, readLog } from '../story/feed.ts';

type Source = Pick<EventStore, 'subscribe' | 'head'>;
type Asked = Omit<FeedOptions, 'follow'> & { readonly limit: number };

/** Proxies cut connections that say nothing for a minute. */
const HEARTBEAT_MS = 15_000;

/** Events up to the end of the log, a line each. */
export const eventLines = (store: Source, asked: Asked, format: EventFormat): AsyncGenerator<string, void, void> =>
  texts(store, asked, (entries) => entries.map((entry) => `${eventAsJson(entry, format)}\n`).join(''));

/** The same as a batch of CloudEvents: one JSON array. */
export async function* eventBatch(store: Source, asked: Asked): AsyncGenerator<string, void, void> {
  let before = '[';
  for await (const text of texts(store, asked, (entries) =>
    entries.map((entry) => eventAsJson(entry, 'cloudevents')).join(',\n'),
  )) {
    yield `${before}${text}`;
    before = ',\n';
  }
  yield before === '[' ? '[]\n' : ']\n';
}

async function* texts(
  store: Source,
  { limit, ...asked }: Asked,
  write: (entries: readonly Entry[]) => string,
): AsyncGenerator<string, void, void> {
  let left = limit;
  for await (const { entries } of readLog(store, { ...asked, follow: false })) {
    const taken = entries.slice(0, left);
    left -= taken.length;
    if (taken.length > 0) yield write(taken);
    if (left === 0) return;
  }
}

/**
 * Events as they happen, as server-sent events whose id is their position: a client that lost its connection goes on
 * after the last one it had. While nothing is to be told a comment keeps the connection alive, and says how far the log
 * was read, so that a client of rare types need not read it all again.
 */
export async function* liveEvents(
  store: Source,
  { limit, ...asked }: Asked,
  { format, heartbeatMs = HEARTBEAT_MS }: { format: EventFormat; heartbeatMs?: number },
): AsyncGenerator<string, void, void> {
  const chunks = readLog(store, { ...asked, follow: true });
  let left = limit;
  let reached: Position = asked.since.after;
  let next: ReturnType<typeof chunks.next> | null = null;
  yield 'retry: 1000\n\n';
  try {
    while (left > 0) {
      next ??= chunks.next();
      const result = await withinBeat(next, heartbeatMs, asked.signal);
      if (result === 'silence') {
        yield reached === '' ? ':\n\n' : `:\nid: ${reached}\n\n`;
        continue;
      }
      next = null;
      if (result.done) return;
      const taken = result.value.entries.slice(0, left);
      left -= taken.length;
      reached = result.value.position;
      if (taken.length > 0) yield taken.map((entry) => asServerSent(entry, format)).join('');
    }
  } finally {
    await chunks.return();
  }
}

async function withinBeat<Result>(next: Promise<Result>, ms: number, signal: AbortSignal): Promise<Result | 'silence'> {
  const heard = new AbortController();
  const silence = sleep(ms, 'silence' as const, { signal: AbortSignal.any([heard.signal, signal]) }).catch(() => next);
  try {
    return await Promise.race([next, silence]);
  } finally {
    heard.abort();
  }
}

/** JSON has no line breaks, so one line of data is enough. */
const asServerSent = (entry: Entry, format: EventFormat): string => {
  const type = entry.type === 'event' ? entry.event.type : 'unreadable';
  return `id: ${placeOf(entry).position}\nevent: ${type}\ndata: ${eventAsJson(entry, format)}\n\n`;
};

/** A response's body that makes its next piece when the last one was taken; `onCancel` hears that the client left. */
export function bodyOf(texts: AsyncGenerator<string, void, void>, onCancel: () => void): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  return new ReadableStream<Uint8Array>(
    {
      pull: async (controller) => {
        const { done, value } = await texts.next();
        if (done) controller.close();
        else controller.enqueue(encoder.encode(value));
      },
      cancel: async () => {
        onCancel();
        // Also one that waits to be asked for more must get to its end.
        await texts.return();
      },
    },
    { highWaterMark: 0 },
  );
}
