import type { EventType } from '../domain/event.ts';

/** Turns the data of one version into that of the next. */
export type Upcaster = (data: unknown) => unknown;

/**
 * How older shapes of an event's data become today's. The first function of a type takes version 1 to 2, the next
 * 2 to 3, and so on; a type without an entry is still at version 1. An entry is never changed or removed once
 * released: append to its list, and put a fixture of the old form under test/event-store/fixtures.
 */
export const upcasters: Partial<Record<EventType, readonly Upcaster[]>> = {
  // 2: whether the page showed a token. Pages from before had none.
  WorkerArrived: [(data) => ({ ...Object(data), isSigned: false })],
  // 2: how long it took by the page's clock, which was not asked.
  WorkerResponded: [(data) => ({ ...Object(data), reactedAfterMs: null })],
  // 2: scopes. Keys from before could do all there was, for every ProtoHIT.
  ApiKeyIssued: [(data) => ({ ...Object(data), scopes: ['commands', 'read', 'audit'], protoHitId: null })],
};
