import type { DomainEvent, EventMetadata, EventType, NewEvent, StreamName } from '../domain/event.ts';
import type { EventId, Instant } from '../domain/ids.ts';
import type { Audit } from './audit.ts';
import type { UnreadableEvent } from './codec.ts';
import type { Finding } from './finding.ts';

/**
 * A place in the whole log. Opaque, but comparable as a string: of two positions the later one is the
 * greater. Stores differ in what it counts, so nobody may subtract two of them.
 */
export type Position = string & { readonly __brand: 'Position' };

/** Before the first event. */
export const BEGINNING = '' as Position;

/**
 * What the writer believes of a stream. A number is the revision of its last event (the first event has
 * revision 0).
 */
export type ExpectedRevision = number | 'noStream' | 'streamExists' | 'any';

/** The events to append to one stream. */
export type StreamWrite = {
  readonly stream: StreamName;
  readonly expectedRevision: ExpectedRevision;
  readonly events: readonly NewEvent[];
};

export type AppendResult =
  | {
      readonly type: 'appended';
      /** Of the last event of this append. */
      readonly position: Position;
    }
  | {
      readonly type: 'conflict';
      readonly stream: StreamName;
      readonly expected: ExpectedRevision;
      /** Revision of the stream's last event; null if there is no such stream. */
      readonly actual: number | null;
    };

/** An event as the log holds it. */
export type RecordedEvent<Event extends DomainEvent = DomainEvent> = Event & {
  readonly id: EventId;
  readonly stream: StreamName;
  /** 0 for a stream's first event. */
  readonly revision: number;
  readonly position: Position;
  readonly recordedAt: Instant;
  readonly metadata: EventMetadata;
};

export type StreamSlice = {
  readonly events: readonly RecordedEvent[];
  /** Revision of the stream's last event; null if there is no such stream. */
  readonly revision: number | null;
};

/** Beyond every revision: what is read from there is where the stream stands, without its events. */
export const END = 2_147_483_647;

export type ReadOptions = {
  /** First revision to read. Default 0. */
  readonly fromRevision?: number;
  /** Last position to include. */
  readonly upToPosition?: Position;
  /** Last moment of recording to include, in milliseconds since 1970. */
  readonly upToTime?: Instant;
};

export type SubscribeOptions = {
  /** Events after this position are delivered. */
  readonly after: Position;
  /** Most events in one batch. Default 1000. */
  readonly batchSize?: number;
  /** Ends the subscription. */
  readonly signal: AbortSignal;
};

/** Events in log order, never empty. `caughtUp`: nothing more was in the log when this batch was read. */
export type Batch = { readonly events: readonly RecordedEvent[]; readonly caughtUp: boolean };

export type LookBackOptions = {
  /** Events before this position; null: from the end. */
  readonly before: Position | null;
  /** Most events to answer with. */
  readonly limit: number;
  /** Of these types alone; null: of every type. */
  readonly types: readonly EventType[] | null;
};

/** A stretch of the log, newest event first. What cannot be understood stands in its place as the error. */
export type Stretch = {
  readonly events: readonly (RecordedEvent | UnreadableEvent)[];
  /** Where to look further back; null at the log's beginning. There may be events there though here are none. */
  readonly next: Position | null;
};

/**
 * The log. What it promises, and test/contract/eventStore.ts holds every adapter to:
 *
 * - An append is atomic over all its streams: every event is stored, or none.
 * - All four expectations are enforced, and an acknowledged append is durable.
 * - The same event ids appended again are the same append: it answers as the first time and stores nothing,
 *   whatever has happened to the streams since. Some of the ids stored and others not is an error.
 * - Revisions count from 0 without holes. Positions follow the order in which readers can see events: once a
 *   reader has seen a position, no smaller one appears.
 * - A subscription delivers every event after its start once, in order, and outlives lost connections.
 *
 * Anything the caller cannot mend by deciding anew is thrown as a `StoreUnavailable` (try again later) or
 * another error (a defect).
 */
export type EventStore = {
  /** Appends to several streams as one; a stream may be named once. */
  readonly append: (writes: readonly StreamWrite[]) => Promise<AppendResult>;
  /**
   * One stream in order. Whole streams asked for in one turn of the event loop share a query. An event that cannot be
   * understood throws `UnreadableEvent`, with the stream's events before it as `preceding`.
   */
  readonly read: (stream: StreamName, options?: ReadOptions) => Promise<StreamSlice>;
  /**
   * Catches up from a position, then follows the log live. At an event that cannot be understood it delivers all
   * before it and throws `UnreadableEvent`; whoever may pass over it subscribes again after its position.
   */
  readonly subscribe: (options: SubscribeOptions) => AsyncIterable<Batch>;
  /** The log backwards, for people who look something up. One call looks at a bounded stretch of it. */
  readonly lookBack: (options: LookBackOptions) => Promise<Stretch>;
  /** The position of the last event; `BEGINNING` if there is none. */
  readonly head: () => Promise<Position>;
  /** The very first event of the log, whoever wrote it; null while the log is empty. */
  readonly first: () => Promise<{ readonly type: string; readonly stream: string } | null>;
  /** Roughly how many events lie after a position (all of them by default), and quickly: for progress bars and
   * gauges, never for a decision. */
  readonly count: (after?: Position) => Promise<number>;
  /**
   * Forgets events of one category recorded before a moment, a bounded number a call; answers how many.
   * Only categories on whose revisions no decision depends may be pruned.
   */
  readonly prune: (options: { category: 'presence'; before: Instant; limit: number }) => Promise<number>;
  /** What waits in this process for a round trip of the store, for metrics. */
  readonly waiting?: () => { readonly appends: number; readonly reads: number };
  /** Proves that the log is as it was written; only of a store whose log somebody else could change. */
  readonly audit?: Audit;
  /** Looks at the live store for an operator: may we write and read, is it new enough? Leaves nothing in the log. */
  readonly examine?: () => Promise<readonly Finding[]>;
  /** Finishes the appends in flight and lets go of connections. */
  readonly close: () => Promise<void>;
};

/** The log cannot be reached, or has more to do than it can queue. Nothing is known to be stored. */
export class StoreUnavailable extends Error {
  override readonly name = 'StoreUnavailable';
}
