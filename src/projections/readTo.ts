import { UnreadableEvent } from '../event-store/codec.ts';
import type { EventStore, Position, RecordedEvent } from '../event-store/port.ts';
import { readAhead } from './readAhead.ts';

/** A piece of the log; `past` is its last event, even if that is one that was passed over. */
export type Piece = {
  readonly events: readonly RecordedEvent[];
  readonly past: Pick<RecordedEvent, 'position' | 'recordedAt'>;
};

/**
 * The log after one position, up to and with another that is known to be in it. An event that cannot be understood
 * is thrown, unless `mayPass`. Throws when `signal` aborts.
 */
export async function* readTo(
  store: EventStore,
  {
    after,
    upTo,
    batchSize,
    mayPass,
    signal = new AbortController().signal,
  }: {
    after: Position;
    upTo: Position;
    batchSize: number;
    mayPass: (error: UnreadableEvent) => boolean;
    signal?: AbortSignal | undefined;
  },
): AsyncGenerator<Piece> {
  let place = after;
  while (place < upTo) {
    try {
      for await (const batch of readAhead(store, { after: place, batchSize, signal })) {
        const last = batch.events.at(-1);
        if (last === undefined) continue;
        const events = last.position > upTo ? batch.events.filter(({ position }) => position <= upTo) : batch.events;
        place = last.position;
        yield { events, past: events.at(-1) ?? last };
        if (place >= upTo) return;
      }
      throw new Error('interrupted: the tables in use are as they were, and the next one goes on from here');
    } catch (error) {
      if (!(error instanceof UnreadableEvent) || error.stored.position > upTo || !mayPass(error)) throw error;
      place = error.stored.position;
      yield { events: [], past: error.stored };
    }
  }
}
