import type { z } from 'zod';
import {
  type DomainEvent,
  type EventMetadata,
  type EventType,
  eventSchemas,
  type NewEvent,
  type StreamName,
} from '../domain/event.ts';
import type { EventId, Instant } from '../domain/ids.ts';
import type { Position, RecordedEvent } from './port.ts';
import { type Upcaster, upcasters } from './upcasters.ts';

/** An event as a store keeps it. */
export type StoredEvent = {
  readonly position: Position;
  readonly stream: string;
  readonly revision: number;
  readonly id: string;
  readonly type: string;
  readonly version: number;
  readonly data: unknown;
  readonly metadata: unknown;
  readonly recordedAt: Instant;
};

/** The log holds an event that this version cannot understand. It is never dropped; `stored` is what it looks like. */
export class UnreadableEvent extends Error {
  override readonly name = 'UnreadableEvent';
  readonly stored: StoredEvent;
  /** Its type or its data's version are unknown here: a newer version of the service may know them. */
  readonly mayBeNewer: boolean;
  /** What the same read of a stream could understand before it. */
  preceding: readonly RecordedEvent[] = [];
  /** `reason` completes "cannot be understood: …". */
  constructor(reason: string, stored: StoredEvent, { mayBeNewer = true } = {}) {
    super(`${nameOf(stored)} cannot be understood: ${reason}`);
    this.stored = stored;
    this.mayBeNewer = mayBeNewer;
  }
}

/** An event and where it lies, for people. */
export const nameOf = ({ type, stream, revision, position }: StoredEvent): string =>
  `${type} in stream ${stream}, revision ${revision}, position ${position},`;

/** Which upcasters apply; tests bring their own. */
export type Upcasters = Readonly<Partial<Record<string, readonly Upcaster[]>>>;

const isEventType = (type: string): type is EventType => Object.hasOwn(eventSchemas, type);

/** The version under which data of a type is written today. */
export const currentVersion = (type: string, known: Upcasters = upcasters): number => 1 + (known[type]?.length ?? 0);

/** An event, or the error that says why it is none. */
export function decodeOrNot(stored: StoredEvent): RecordedEvent | UnreadableEvent {
  try {
    return decode(stored);
  } catch (error) {
    if (error instanceof UnreadableEvent) return error;
    throw error;
  }
}

/**
 * Turns stored JSON into an event of the domain: upcast to today's shape, then checked against its schema.
 * Throws `UnreadableEvent`, naming type, stream, revision and position, for a type nobody knows, a version from
 * the future, and data that does not fit.
 */
export function decode(stored: StoredEvent, known: Upcasters = upcasters): RecordedEvent {
  const { type, version } = stored;
  if (!isEventType(type)) throw new UnreadableEvent('this version of the service knows no such event type', stored);
  const current = currentVersion(type, known);
  if (version > current)
    throw new UnreadableEvent(
      `it was written by a newer version of this service (data version ${version}, known ${current})`,
      stored,
    );
  const upcast = (known[type] ?? []).slice(version - 1).reduce((data, step) => step(data), stored.data);
  const schema: z.ZodType = eventSchemas[type];
  const parsed = schema.safeParse(upcast);
  if (!parsed.success) {
    const problems = parsed.error.issues.map(({ path, message }) => `${path.join('.') || 'data'}: ${message}`);
    throw new UnreadableEvent(`its data does not fit: ${problems.join('; ')}`, stored, { mayBeNewer: false });
  }
  // The schema of `type` vouches for `data`; the store wrote the rest itself.
  return {
    type,
    data: parsed.data,
    id: stored.id as EventId,
    stream: stored.stream as StreamName,
    revision: stored.revision,
    position: stored.position,
    recordedAt: stored.recordedAt,
    metadata: stored.metadata as EventMetadata,
  } as RecordedEvent;
}

/**
 * Events in order as far as they can be understood, and the first that cannot: whoever follows the log gets all
 * before it, and is then told.
 */
export function decodeInOrder(stored: readonly StoredEvent[]): {
  readonly events: readonly RecordedEvent[];
  readonly unreadable: UnreadableEvent | null;
} {
  const events: RecordedEvent[] = [];
  for (const one of stored) {
    try {
      events.push(decode(one));
    } catch (error) {
      if (error instanceof UnreadableEvent) return { events, unreadable: error };
      throw error;
    }
  }
  return { events, unreadable: null };
}

/** A stream's events in order. Throws at the first that cannot be understood, with all before it as `preceding`. */
export function decodeStream(stored: readonly StoredEvent[]): readonly RecordedEvent[] {
  const { events, unreadable } = decodeInOrder(stored);
  if (unreadable === null) return events;
  unreadable.preceding = events;
  throw unreadable;
}

/** The JSON texts of an event, ready to store. */
export const encode = ({ type, data, metadata }: NewEvent): { version: number; data: string; metadata: string } => ({
  version: currentVersion(type),
  data: JSON.stringify(data satisfies DomainEvent['data']),
  metadata: JSON.stringify(metadata),
});
