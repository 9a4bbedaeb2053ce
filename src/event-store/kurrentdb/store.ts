import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { StreamName } from '../../domain/event.ts';
import { expectFitting } from '../fitting.ts';
import { BEGINNING, type EventStore, type Position, StoreUnavailable, type StreamWrite } from '../port.ts';
import { append } from './append.ts';
import { asUnavailable, type Client, type Library, loadLibrary, within } from './client.ts';
import { type Connection, connect, reading } from './connection.ts';
import { estimate } from './estimate.ts';
import { EXAMINED, examine } from './examine.ts';
import { lookBack } from './lookBack.ts';
import { toPosition } from './position.ts';
import { probe } from './probe.ts';
import { readSlice } from './reads.ts';
import { PREFIXES } from './storedEvents.ts';
import { follow } from './subscription.ts';

const DAY_SECONDS = 86_400;
/** Longest wait for what the server was to be told besides, when the log is closed. */
const LAST_WORDS_MS = 2_000;
/** Streams of which a node remembers that their retention is set. */
const MOST_REMEMBERED = 50_000;

/**
 * The log in a KurrentDB of version 25.1 or newer. Throws a sentence for the operator when the server cannot be
 * reached, lets us not in, or is too old.
 */
export async function openKurrentStore({
  url,
  presenceRetentionDays,
  log,
  library: given,
}: {
  url: string;
  /** Pings older than that are forgotten by the server. */
  presenceRetentionDays: number;
  log: Logger;
  library?: Library;
}): Promise<EventStore> {
  const library = given ?? (await loadLibrary());
  const connection = connect({ library, url, log });
  await probe(connection).catch(async (error: unknown) => {
    await connection.close();
    throw error;
  });
  return kurrentStore(connection, presenceRetentionDays);
}

function kurrentStore(connection: Connection, presenceRetentionDays: number): EventStore {
  const { library } = connection;
  const ending = new AbortController();
  const underWay = new Set<Promise<unknown>>();
  /** Presence streams whose retention this node has set. */
  const retained = new Set<StreamName>();
  const retaining = new Set<Promise<unknown>>();
  const ours = library.streamNameFilter({ prefixes: PREFIXES });

  const tracked = async <T>(work: () => Promise<T>): Promise<T> => {
    if (ending.signal.aborted) throw new StoreUnavailable('the log is closed');
    const working = work();
    underWay.add(working);
    try {
      return await working;
    } catch (error) {
      throw asUnavailable(error);
    } finally {
      underWay.delete(working);
    }
  };

  const oneOf = (options: Parameters<Client['readAll']>[0]) =>
    reading(connection, (client) =>
      within(
        (async () => {
          for await (const { event } of client.readAll({ ...options, maxCount: 1 })) if (event) return event;
          return undefined;
        })(),
      ),
    );
  const head = async (): Promise<Position> => {
    const last = await oneOf({ direction: library.BACKWARDS, fromPosition: library.END, filter: ours });
    return last?.position ? toPosition(last.position) : BEGINNING;
  };

  /**
   * The server forgets by itself what is older; it has to be told once a stream. Nobody waits for that, and an append
   * that was stored does not fail for it: the stream's next one tells it again.
   */
  const retain = (writes: readonly StreamWrite[]): void => {
    const fresh = writes
      .map(({ stream }) => stream)
      .filter((stream) => stream.startsWith('presence-') && !retained.has(stream));
    if (retained.size > MOST_REMEMBERED) retained.clear();
    for (const stream of fresh) {
      retained.add(stream);
      const metadata = { maxAge: Math.round(presenceRetentionDays * DAY_SECONDS) };
      const telling = within(connection.client().setStreamMetadata(stream, metadata))
        .catch((error: unknown) => {
          retained.delete(stream);
          const what = 'KurrentDB was not told how long to keep these pings; the next one tells it again';
          if (!ending.signal.aborted) connection.log.warn({ err: error, stream }, what);
        })
        .finally(() => retaining.delete(telling));
      retaining.add(telling);
    }
  };

  return {
    append: async (writes) => {
      if (writes.length === 0) throw new Error('an append names at least one stream');
      if (new Set(writes.map(({ stream }) => stream)).size < writes.length)
        throw new Error('an append may name a stream once');
      expectFitting(writes);
      return tracked(async () => {
        const result = await append(connection, writes);
        if (result.type === 'appended') retain(writes);
        return result;
      });
    },
    read: (stream, options) => tracked(() => readSlice(connection, stream, options)),
    subscribe: (options) =>
      follow(connection, { ...options, signal: AbortSignal.any([options.signal, ending.signal]) }),
    lookBack: (options) => tracked(() => lookBack(connection, options)),
    head: () => tracked(head),
    first: () =>
      tracked(async () => {
        const filter = library.streamNameFilter({ regex: `^(?!\\$|${EXAMINED}$)` });
        const event = await oneOf({ direction: library.FORWARDS, fromPosition: library.START, filter });
        return event ? { type: event.type, stream: event.streamId } : null;
      }),
    count: (after = BEGINNING) => tracked(() => estimate(connection, after, head)),
    examine: () => examine(connection),
    // The server forgets pings by itself ($maxAge).
    prune: async () => 0,
    close: async () => {
      await Promise.allSettled(underWay);
      await Promise.race([Promise.all(retaining), sleep(LAST_WORDS_MS, undefined, { ref: false })]);
      ending.abort();
      await connection.close();
    },
  };
}
