import { randomUUID } from 'node:crypto';
import type { Logger } from 'pino';
import type { StreamName } from '../../domain/event.ts';
import { BEGINNING, type EventStore, type Position, StoreUnavailable, type StreamWrite } from '../port.ts';
import { append } from './append.ts';
import { asUnavailable, type Client, isOfType, type Library, loadLibrary, within } from './client.ts';
import { type Connection, connect, reading } from './connection.ts';
import { fromPosition, toPosition } from './position.ts';
import { readSlice } from './reads.ts';
import { PREFIXES } from './storedEvents.ts';
import { follow } from './subscription.ts';

const DAY_SECONDS = 86_400;
/** How many events are counted before the rest is guessed from the length of the log. */
const COUNTED = 2_000;
/** Written at every start, outside of the streams that anybody reads. */
const PROBE = 'retainer-probe';

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
  await probe(connection, url).catch(async (error: unknown) => {
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

  /** The server forgets by itself what is older; it has to be told once a stream. */
  const retain = async (writes: readonly StreamWrite[]): Promise<void> => {
    const fresh = writes
      .map(({ stream }) => stream)
      .filter((stream) => stream.startsWith('presence-') && !retained.has(stream));
    if (retained.size > 50_000) retained.clear();
    await Promise.all(
      fresh.map(async (stream) => {
        await within(connection.client().setStreamMetadata(stream, { maxAge: presenceRetentionDays * DAY_SECONDS }));
        retained.add(stream);
      }),
    );
  };

  return {
    append: async (writes) => {
      if (writes.length === 0) throw new Error('an append names at least one stream');
      if (new Set(writes.map(({ stream }) => stream)).size < writes.length)
        throw new Error('an append may name a stream once');
      return tracked(async () => {
        const result = await append(connection, writes);
        if (result.type === 'appended') await retain(writes);
        return result;
      });
    },
    read: (stream, options) => tracked(() => readSlice(connection, stream, options)),
    subscribe: (options) =>
      follow(connection, { ...options, signal: AbortSignal.any([options.signal, ending.signal]) }),
    head: () => tracked(head),
    first: () =>
      tracked(async () => {
        const filter = library.streamNameFilter({ regex: `^(?!\\$|${PROBE}$)` });
        const event = await oneOf({ direction: library.FORWARDS, fromPosition: library.START, filter });
        return event ? { type: event.type, stream: event.streamId } : null;
      }),
    count: (after = BEGINNING) => tracked(() => estimate(connection, after, head)),
    // The server forgets pings by itself ($maxAge).
    prune: async () => 0,
    close: async () => {
      await Promise.allSettled(underWay);
      ending.abort();
      await connection.close();
    },
  };
}

/** Counts some events, and guesses the others from how much of the log they took. */
async function estimate(connection: Connection, after: Position, head: () => Promise<Position>): Promise<number> {
  const { library } = connection;
  const client = connection.client();
  const from = fromPosition(after);
  const filter = library.streamNameFilter({ prefixes: PREFIXES });
  let counted = 0;
  let last = from?.commit ?? 0n;
  for await (const { event } of client.readAll({
    direction: library.FORWARDS,
    fromPosition: from ?? library.START,
    maxCount: COUNTED + 1,
    filter,
  })) {
    if (!event?.position || toPosition(event.position) <= after) continue;
    counted++;
    last = event.position.commit;
  }
  if (counted <= COUNTED) return counted;
  const [begin, end] = [from?.commit ?? 0n, fromPosition(await head())?.commit ?? last];
  const share = Number(last - begin) / Math.max(1, Number(end - begin));
  return Math.max(counted, Math.round(counted / Math.max(share, Number.EPSILON)));
}

/**
 * Is the server there, does it let us in, can it append to several streams as one, and does it refuse what conflicts?
 * An option that a client does not know is ignored without a word, and every check with it.
 */
async function probe(connection: Connection, url: string): Promise<void> {
  const { library } = connection;
  const address = URL.canParse(url) ? new URL(url).host : 'the server';
  const append = () =>
    within(
      connection.client().multiStreamAppend([
        {
          streamName: PROBE,
          expectedState: library.NO_STREAM,
          events: [library.jsonEvent({ id: randomUUID(), type: 'Probe', data: {}, metadata: {} })],
        },
      ]),
    );
  try {
    await append();
    await append();
  } catch (error) {
    if (error instanceof library.WrongExpectedVersionError) return;
    if (isOfType(error, 'unsupported'))
      throw new Error(
        `the KurrentDB at ${address} is too old: appending to several streams as one takes version 25.1 or newer`,
        { cause: error },
      );
    if (isOfType(error, 'access-denied'))
      throw new Error(
        `the KurrentDB at ${address} does not let this user in: check name and password in EVENT_STORE_URL`,
        {
          cause: error,
        },
      );
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`cannot connect to the KurrentDB at ${address}: ${reason}`, { cause: error });
  }
  throw new Error(`the KurrentDB at ${address} does not refuse an append that conflicts: nothing may be written to it`);
}
