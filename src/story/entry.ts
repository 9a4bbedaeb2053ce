import type { StreamName } from '../domain/event.ts';
import type { Instant } from '../domain/ids.ts';
import { type StoredEvent, UnreadableEvent } from '../event-store/codec.ts';
import type { EventStore, Position, RecordedEvent } from '../event-store/port.ts';

/** What the log holds at one place: an event, or something this version cannot understand, as it is stored. */
export type Entry =
  | { readonly type: 'event'; readonly event: RecordedEvent }
  | { readonly type: 'unreadable'; readonly stored: StoredEvent; readonly reason: string };

export const entryOf = (event: RecordedEvent): Entry => ({ type: 'event', event });

export const unreadableEntry = ({ stored, message }: UnreadableEvent): Entry => ({
  type: 'unreadable',
  stored,
  reason: message,
});

/** Of either kind: its place, its stream, when it was recorded. */
export const placeOf = (entry: Entry): { readonly position: Position; readonly stream: string; recordedAt: Instant } =>
  entry.type === 'event' ? entry.event : entry.stored;

/** The events among entries. */
export const eventsOf = (entries: readonly Entry[]): readonly RecordedEvent[] =>
  entries.flatMap((entry) => (entry.type === 'event' ? [entry.event] : []));

/** A whole stream, also past events that cannot be understood. */
export async function readStream(store: Pick<EventStore, 'read'>, stream: StreamName): Promise<readonly Entry[]> {
  const entries: Entry[] = [];
  let fromRevision = 0;
  while (true) {
    try {
      const { events } = await store.read(stream, ...(fromRevision === 0 ? [] : [{ fromRevision }]));
      return [...entries, ...events.map(entryOf)];
    } catch (error) {
      if (!(error instanceof UnreadableEvent)) throw error;
      entries.push(...error.preceding.map(entryOf), unreadableEntry(error));
      fromRevision = error.stored.revision + 1;
    }
  }
}
