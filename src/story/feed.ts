import { type EventType, eventSchemas } from '../domain/event.ts';
import type { Instant } from '../domain/ids.ts';
import { UnreadableEvent } from '../event-store/codec.ts';
import { BEGINNING, type EventStore, type Position } from '../event-store/port.ts';
import { type Entry, entryOf, placeOf, unreadableEntry } from './entry.ts';
import { A_MOMENT, parseMoment } from './moment.ts';

/** Where a reader of the log begins: after a position, or with what was recorded from a moment on. */
export type Since = { readonly after: Position; readonly from: Instant | null };

export const FROM_THE_BEGINNING: Since = { after: BEGINNING, from: null };

export type FeedOptions = {
  readonly since: Since;
  /** Null: of every type. What nobody knows is never left out. */
  readonly types: ReadonlySet<EventType> | null;
  /** Goes on when the end is reached, until `signal` aborts. */
  readonly follow: boolean;
  readonly signal: AbortSignal;
  readonly batchSize?: number;
};

/** Entries in log order, perhaps none, and how far the log was read for them. */
export type Chunk = { readonly entries: readonly Entry[]; readonly position: Position };

/**
 * Reads the log in batches, as fast as they are taken and no faster: one batch is in memory at a time. Ends at the
 * event that was the last when it began, and throws if it is stopped sooner; or follows. An event that cannot be understood is an entry like others.
 */
export async function* readLog(
  store: Pick<EventStore, 'subscribe' | 'head'>,
  { since, types, follow, signal, batchSize = 500 }: FeedOptions,
): AsyncGenerator<Chunk, void, void> {
  const end = follow ? null : await store.head();
  let position = since.after;
  const isWanted = (entry: Entry): boolean => {
    if (end !== null && placeOf(entry).position > end) return false;
    if (since.from !== null && placeOf(entry).recordedAt < since.from) return false;
    const type = entry.type === 'event' ? entry.event.type : entry.stored.type;
    return types === null || !isEventType(type) || types.has(type);
  };
  while (!signal.aborted && (end === null || position < end)) {
    try {
      for await (const { events } of store.subscribe({ after: position, batchSize, signal })) {
        position = events.at(-1)?.position ?? position;
        yield { entries: events.map(entryOf).filter(isWanted), position };
        if (end !== null && position >= end) return;
      }
      // A subscription ends because it was told to, or because the store was closed.
      break;
    } catch (error) {
      if (!(error instanceof UnreadableEvent)) throw error;
      position = error.stored.position;
      yield { entries: [unreadableEntry(error)].filter(isWanted), position };
    }
  }
  // Nobody may take a part for the whole.
  if (end !== null && position < end) throw new Error('reading the log was broken off before its end');
}

export const isEventType = (type: string): type is EventType => Object.hasOwn(eventSchemas, type);

/** What is right where event types are asked for; completes "must be …". */
export const EVENT_TYPES = `types of events with commas between them, of ${Object.keys(eventSchemas).join(', ')}`;

/** Types by their names, with commas between them; null if one of them is none. */
export function parseTypes(text: string): ReadonlySet<EventType> | null {
  const names = text.split(',').map((name) => name.trim());
  const types = names.filter(isEventType);
  return types.length === names.length ? new Set(types) : null;
}

/** What is right where a reader begins; completes "must be …". */
export const A_BEGINNING = `a position as the log gives it, or ${A_MOMENT}`;

/** Fewer milliseconds than since 1973 are a position that was not written as the log gives it. */
const EARLIEST: Instant = 100_000_000_000;

/**
 * Where a text says to begin; or what would be right, which completes "must be …". Stores write positions in their own
 * ways: one is known by having the form of the log's last, and no position lies past that.
 */
export function parseSince(text: string, head: Position): Since | string {
  if (text !== '' && formOf(text) === formOf(head))
    return text <= head ? { after: text as Position, from: null } : `no later than the log's last position, ${head}`;
  const from = parseMoment(text);
  if (from === null || (from < EARLIEST && /^\d+$/.test(text)))
    return head === BEGINNING ? A_BEGINNING : `${A_BEGINNING}; the log's last position is ${head}`;
  return { after: BEGINNING, from };
}

const formOf = (position: string): string => position.replace(/\d/g, '0');
