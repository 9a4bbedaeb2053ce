import type { NewEvent, StreamName } from '../../src/domain/event.ts';
import { expectFitting } from '../../src/event-store/fitting.ts';
import {
  type AppendResult,
  BEGINNING,
  type EventStore,
  type ExpectedRevision,
  type Position,
  type RecordedEvent,
  type StreamWrite,
} from '../../src/event-store/port.ts';

/** A log in memory, for tests that are not about storing. It keeps the port's promises but for durability. */
export function createMemoryStore(): EventStore & { readonly events: readonly RecordedEvent[] } {
  const log: RecordedEvent[] = [];
  const streams = new Map<StreamName, RecordedEvent[]>();
  const positionOf = new Map<string, Position>();
  let wake: (() => void)[] = [];

  const positionAt = (index: number): Position => String(index + 1).padStart(16, '0') as Position;

  const append = async (writes: readonly StreamWrite[]): Promise<AppendResult> => {
    if (writes.length === 0) throw new Error('an append names at least one stream');
    if (new Set(writes.map(({ stream }) => stream)).size < writes.length)
      throw new Error('an append may name a stream once');
    expectFitting(writes);
    const all = writes.flatMap(({ events }) => events);
    const stored = all.flatMap(({ id }) => positionOf.get(id) ?? []);
    if (stored.length === all.length && all.length > 0) return { type: 'appended', position: latest(stored) };
    if (stored.length > 0) throw new Error('some of these events are stored already, others are not');
    for (const { stream, expectedRevision: expected } of writes) {
      const actual = streams.get(stream)?.at(-1)?.revision ?? null;
      if (!isAsExpected(expected, actual)) return { type: 'conflict', stream, expected, actual };
    }
    for (const { stream, events } of writes) for (const event of events) record(stream, event);
    for (const resolve of wake.splice(0)) resolve();
    return { type: 'appended', position: latest(log.map(({ position }) => position)) };
  };

  const record = (stream: StreamName, event: NewEvent): void => {
    const own = streams.get(stream) ?? [];
    streams.set(stream, own);
    // A copy, as a database would give back: nobody can change the past through a reference.
    const recorded = { ...structuredClone(event), stream, revision: own.length, position: positionAt(log.length) };
    own.push(recorded);
    log.push(recorded);
    positionOf.set(event.id, recorded.position);
  };

  return {
    events: log,
    append,
    read: async (stream, { fromRevision = 0, upToPosition, upToTime } = {}) => {
      const own = streams.get(stream) ?? [];
      const events = own.filter(
        ({ revision, position, recordedAt }) =>
          revision >= fromRevision &&
          (upToPosition === undefined || position <= upToPosition) &&
          (upToTime === undefined || recordedAt <= upToTime),
      );
      return { events, revision: own.at(-1)?.revision ?? null };
    },
    subscribe: async function* ({ after, batchSize = 1000, signal }) {
      let read = log.findIndex(({ position }) => position > after);
      if (read === -1) read = log.length;
      while (!signal.aborted) {
        const events = log.slice(read, read + batchSize);
        read += events.length;
        if (events.length > 0) yield { events, caughtUp: read === log.length };
        else
          await new Promise<void>((resolve) => {
            wake.push(resolve);
            signal.addEventListener('abort', () => resolve(), { once: true });
          });
      }
    },
    lookBack: async ({ before, limit, types }) => {
      const wanted: ReadonlySet<string> | null = types && new Set(types);
      const events = log
        .filter(({ position, type }) => (before === null || position < before) && (wanted === null || wanted.has(type)))
        .toReversed()
        .slice(0, limit);
      return { events, next: events.length < limit ? null : (events.at(-1)?.position ?? null) };
    },
    head: async () => log.at(-1)?.position ?? BEGINNING,
    first: async () => log[0] ?? null,
    count: async (after = BEGINNING) => log.filter(({ position }) => position > after).length,
    prune: async () => {
      throw new Error('the log in memory forgets nothing');
    },
    close: async () => {
      wake = [];
    },
  };
}

const isAsExpected = (expected: ExpectedRevision, actual: number | null): boolean => {
  switch (expected) {
    case 'any':
      return true;
    case 'noStream':
      return actual === null;
    case 'streamExists':
      return actual !== null;
    default:
      return actual === expected;
  }
};

const latest = (positions: readonly Position[]): Position => [...positions].sort().at(-1) ?? BEGINNING;
