import { type EventType, eventSchemas, type StreamName } from '../domain/event.ts';
import { UnreadableEvent } from '../event-store/codec.ts';
import type { EventStore, Position } from '../event-store/port.ts';
import { type Entry, entryOf, placeOf, readStream, unreadableEntry } from './entry.ts';

/** What to look for in the log; null: whatever it is. */
export type LogFilter = {
  readonly type: EventType | null;
  /** A stream's whole name. */
  readonly stream: string | null;
  /** What the actor begins with: `operator:`, `key:…`. */
  readonly actor: string | null;
  /** What occurs somewhere in the event as JSON, in whatever case. */
  readonly text: string | null;
};

/** Entries, newest first, and where to look further back; null at the beginning. */
export type Found = { readonly entries: readonly Entry[]; readonly next: Position | null };

/** Stretches looked at in one call, when what is looked for is rare. */
const MOST_STRETCHES = 20;
const READ_AT_ONCE = 500;

/**
 * Nearly all of a log is pings, and nearly every other event of the scheduler has its token beside it, which says nothing
 * of its own: who wants to see those asks for them by name.
 */
const LEFT_OUT: ReadonlySet<EventType> = new Set(['WorkerPinged', 'SchedulerActed']);
const SHOWN = (Object.keys(eventSchemas) as EventType[]).filter((type) => !LEFT_OUT.has(type));

/** The log from the end, or from before a position, as far back as it takes to find `limit` entries or patience ends. */
export async function browseLog(
  store: Pick<EventStore, 'lookBack' | 'read'>,
  filter: LogFilter,
  { before, limit }: { before: Position | null; limit: number },
): Promise<Found> {
  if (filter.stream !== null) return browseStream(store, filter, filter.stream, { before, limit });
  const types = filter.type === null ? SHOWN : [filter.type];
  const entries: Entry[] = [];
  let next = before;
  for (let stretches = 0; stretches < MOST_STRETCHES; stretches++) {
    const stretch = await store.lookBack({ before: next, limit: READ_AT_ONCE, types });
    next = stretch.next;
    for (const one of stretch.events) {
      const entry = one instanceof UnreadableEvent ? unreadableEntry(one) : entryOf(one);
      if (!isWanted(filter, entry)) continue;
      entries.push(entry);
      if (entries.length === limit) return { entries, next: placeOf(entry).position };
    }
    if (next === null) break;
  }
  return { entries, next };
}

/** A stream's events are few. */
async function browseStream(
  store: Pick<EventStore, 'read'>,
  filter: LogFilter,
  stream: string,
  { before, limit }: { before: Position | null; limit: number },
): Promise<Found> {
  // A name that is no stream's has no events.
  const all = await readStream(store, stream as StreamName);
  const wanted = all.filter((entry) => {
    const type = entry.type === 'event' ? entry.event.type : entry.stored.type;
    const isOlder = before === null || placeOf(entry).position < before;
    return isOlder && (filter.type === null || filter.type === type) && isWanted(filter, entry);
  });
  const entries = wanted.toReversed().slice(0, limit);
  const last = entries.at(-1);
  return { entries, next: entries.length < wanted.length && last !== undefined ? placeOf(last).position : null };
}

function isWanted({ actor, text }: LogFilter, entry: Entry): boolean {
  const event = entry.type === 'event' ? entry.event : entry.stored;
  if (actor !== null && !actorOf(entry).startsWith(actor)) return false;
  return text === null || JSON.stringify(event).toLowerCase().includes(text.toLowerCase());
}

/** Who did it; an event that cannot be understood may not say. */
export function actorOf(entry: Entry): string {
  if (entry.type === 'event') return entry.event.metadata.actor;
  const { metadata } = entry.stored;
  const hasActor = typeof metadata === 'object' && metadata !== null && 'actor' in metadata;
  return hasActor && typeof metadata.actor === 'string' ? metadata.actor : '';
}
