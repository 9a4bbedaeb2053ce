import { createHash } from 'node:crypto';
import type { NewEvent, StreamName } from '../domain/event.ts';
import { UnreadableEvent } from './codec.ts';
import { refuseOthers } from './identity.ts';
import { BEGINNING, type EventStore, type Position, type RecordedEvent, type StreamWrite } from './port.ts';

/** Most events in one append of a copy. */
const MOST_AT_ONCE = 500;

export type CopyReport = {
  readonly events: number;
  readonly streams: number;
  /** Streams whose events differ between the two logs; empty if the copy is true. */
  readonly different: readonly string[];
  /** Something was appended to the source meanwhile: called again, the copy goes on with it. */
  readonly grew: boolean;
};

type Copying = {
  readonly from: EventStore;
  readonly to: EventStore;
  readonly signal: AbortSignal;
  readonly onProgress?: (progress: { done: number; total: number; what: 'copying' | 'verifying' }) => void;
};

/**
 * Copies a log into another, event by event in the order of the log, with ids, times and metadata, and then compares
 * both, stream by stream. Whoever is interrupted calls it again: it goes on after the last event that was copied.
 * Throws if there is no log of ours to copy, or if the target holds something else.
 */
export async function copyLog(copying: Copying): Promise<CopyReport> {
  const { from } = copying;
  const head = await from.head();
  if (head === BEGINNING) throw new Error('there is no log in --from: nothing to copy');
  await refuseOthers(from);
  await copyEvents(copying, head);
  const compared = await compare(copying, head);
  return { ...compared, grew: (await from.head()) !== head };
}

/** Revisions of the last events in the target, by stream. They begin at 0, also where the first events were pruned. */
type Ends = Map<StreamName, number>;

async function copyEvents(copying: Copying, head: Position): Promise<void> {
  const { from, to, signal, onProgress } = copying;
  const total = await from.count();
  const ends: Ends = new Map();
  let { done, after } = await takeUp(copying, head, ends);
  for await (const events of upTo(from, head, signal, after)) {
    for (const writes of inAppends(events, ends)) {
      const result = await to.append(writes);
      if (result.type === 'conflict')
        throw new Error(`the target holds other events in stream ${result.stream}: give --to an empty store`);
    }
    done += events.length;
    onProgress?.({ done, total: Math.max(done, total), what: 'copying' });
  }
}

/** What an interrupted copy has left is how the source begins, event by event; or the target is another log. */
async function takeUp(
  { from, to, signal, onProgress }: Copying,
  head: Position,
  ends: Ends,
): Promise<{ done: number; after: Position }> {
  const total = await from.count();
  const source = eventsOf(upTo(from, head, signal));
  let [done, after] = [0, BEGINNING];
  try {
    for await (const events of upTo(to, await to.head(), signal)) {
      for (const { id, stream } of events) {
        const { value } = await source.next();
        if (value?.id !== id)
          throw new Error(`the target holds another log, from its event ${done + 1} on: give --to an empty store`);
        ends.set(stream, (ends.get(stream) ?? -1) + 1);
        after = value.position;
        done++;
      }
      onProgress?.({ done, total: Math.max(done, total), what: 'copying' });
    }
  } finally {
    await source.return(undefined);
  }
  return { done, after };
}

async function* eventsOf(
  batches: AsyncIterable<readonly RecordedEvent[]>,
): AsyncGenerator<RecordedEvent, undefined, undefined> {
  for await (const events of batches) yield* events;
}

/** Cuts events into appends that name a stream once, without changing their order. */
function* inAppends(events: readonly RecordedEvent[], ends: Ends): Generator<StreamWrite[]> {
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
      writes.push({ stream, expectedRevision: ends.get(stream) ?? 'noStream', events: [event] });
    }
    size++;
    ends.set(stream, (ends.get(stream) ?? -1) + 1);
  }
  if (writes.length > 0) yield writes;
}

async function compare({ from, to, signal, onProgress }: Copying, head: Position): Promise<Omit<CopyReport, 'grew'>> {
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

/** The log after a position, up to another that is in it. */
async function* upTo(
  store: EventStore,
  head: Position,
  signal: AbortSignal,
  after = BEGINNING,
): AsyncGenerator<readonly RecordedEvent[]> {
  if (head <= after) return;
  try {
    for await (const { events } of store.subscribe({ after, signal })) {
      yield events.filter(({ position }) => position <= head);
      if ((events.at(-1)?.position ?? after) >= head) return;
    }
  } catch (error) {
    if (!(error instanceof UnreadableEvent)) throw error;
    throw new Error(
      `${error.message}. The copy ends before it: use a version of the service that understands it, or copy a log that ` +
        'was restored from a backup',
      { cause: error },
    );
  }
  throw new Error('interrupted: called again it goes on where it was');
}
