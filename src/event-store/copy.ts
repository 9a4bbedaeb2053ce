import { createHash } from 'node:crypto';
import type { NewEvent, StreamName } from '../domain/event.ts';
import { BEGINNING, type EventStore, type Position, type RecordedEvent, type StreamWrite } from './port.ts';

/** Most events in one append of a copy. */
const MOST_AT_ONCE = 500;

export type CopyReport = {
  readonly events: number;
  readonly streams: number;
  /** Streams whose events differ between the two logs; empty if the copy is true. */
  readonly different: readonly string[];
};

type Copying = {
  readonly from: EventStore;
  readonly to: EventStore;
  readonly signal: AbortSignal;
  readonly onProgress?: (progress: { done: number; total: number; what: 'copying' | 'verifying' }) => void;
};

/**
 * Copies a log into another, event by event in the order of the log, with ids, times and metadata, and then compares
 * both, stream by stream. Ids make every append that was made before the same append: whoever is interrupted begins
 * again and copies nothing twice. Throws if the target holds something else.
 */
export async function copyLog(copying: Copying): Promise<CopyReport> {
  const { from, to } = copying;
  await refuseOthers(from, to);
  const head = await from.head();
  await copyEvents(copying, head);
  return compare(copying, head);
}

/** A target is empty, or begins with the same event: what an interrupted copy has left. */
async function refuseOthers(from: EventStore, to: EventStore): Promise<void> {
  const [first, there] = await Promise.all([firstId(from), firstId(to)]);
  if (there !== null && there !== first) throw new Error('the target holds another log: give --to an empty store');
}

async function firstId(store: EventStore): Promise<string | null> {
  if ((await store.first()) === null) return null;
  const ending = new AbortController();
  for await (const { events } of store.subscribe({ after: BEGINNING, batchSize: 1, signal: ending.signal }))
    return events[0]?.id ?? null;
  return null;
}

async function copyEvents({ from, to, signal, onProgress }: Copying, head: Position): Promise<void> {
  const total = await from.count();
  let done = 0;
  const last = new Map<StreamName, number>();
  for await (const events of upTo(from, head, signal)) {
    for (const writes of inAppends(events, last)) {
      const result = await to.append(writes);
      if (result.type === 'conflict')
        throw new Error(`the target holds other events in stream ${result.stream}: give --to an empty store`);
    }
    done += events.length;
    onProgress?.({ done, total: Math.max(done, total), what: 'copying' });
  }
}

/**
 * Cuts events into appends that name a stream once, without changing their order. Revisions begin at 0 in the copy,
 * also of a stream whose first events were pruned.
 */
function* inAppends(events: readonly RecordedEvent[], last: Map<StreamName, number>): Generator<StreamWrite[]> {
  let writes: { stream: StreamName; expectedRevision: number | 'noStream'; events: NewEvent[] }[] = [];
  let size = 0;
  for (const { stream, revision: _, position: __, ...event } of events) {
    const current = writes.at(-1);
    if (current?.stream === stream) current.events.push(event);
    else {
      if (size >= MOST_AT_ONCE || writes.some((write) => write.stream === stream)) {
        yield writes;
        writes = [];
        size = 0;
      }
      writes.push({ stream, expectedRevision: last.get(stream) ?? 'noStream', events: [event] });
    }
    size++;
    last.set(stream, (last.get(stream) ?? -1) + 1);
  }
  if (writes.length > 0) yield writes;
}

async function compare({ from, to, signal, onProgress }: Copying, head: Position): Promise<CopyReport> {
  const total = await from.count();
  let done = 0;
  const count = (events: number): void => {
    done += events;
    onProgress?.({ done: Math.min(done, total), total, what: 'verifying' });
  };
  const source = await digests(upTo(from, head, signal), count);
  const target = await digests(upTo(to, await to.head(), signal), () => {});
  const names = new Set([...source.keys(), ...target.keys()]);
  const different = [...names].filter((stream) => source.get(stream) !== target.get(stream));
  return { events: done, streams: source.size, different };
}

/** What each stream adds up to: its events in order, without what depends on the store. */
async function digests(
  batches: AsyncIterable<readonly RecordedEvent[]>,
  count: (events: number) => void,
): Promise<ReadonlyMap<string, string>> {
  const sums = new Map<string, string>();
  for await (const events of batches) {
    for (const { stream, revision: _, position: __, ...event } of events) {
      const hash = createHash('sha256').update(sums.get(stream) ?? '');
      sums.set(
        stream,
        hash
          .update(JSON.stringify(sorted(event)))
          .digest('base64')
          .slice(0, 22),
      );
    }
    count(events.length);
  }
  return sums;
}

/** With fields in one order, whatever order a store gives them back in. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, one]) => one !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, one]) => [key, sorted(one)]),
  );
}

/** The log from its beginning to a position that is in it. */
async function* upTo(store: EventStore, head: Position, signal: AbortSignal): AsyncGenerator<readonly RecordedEvent[]> {
  if (head === BEGINNING) return;
  const ending = new AbortController();
  for await (const { events } of store.subscribe({
    after: BEGINNING,
    signal: AbortSignal.any([signal, ending.signal]),
  })) {
    yield events.filter(({ position }) => position <= head);
    if ((events.at(-1)?.position ?? BEGINNING) >= head) return;
  }
  throw new Error('interrupted: begin again, and what was copied is known');
}
