import { setTimeout as sleep } from 'node:timers/promises';
import type { AppendStreamRequest } from '@kurrent/kurrentdb-client';
import type { StoredEvent } from '../codec.ts';
import {
  type AppendResult,
  type ExpectedRevision,
  type Position,
  StoreUnavailable,
  type StreamWrite,
} from '../port.ts';
import { isPassing, within } from './client.ts';
import type { Connection } from './connection.ts';
import { lastRevision, readStored } from './reads.ts';
import { toEventData } from './storedEvents.ts';

const TRIES = 20;
const PAUSE_MS = 20;
/** How far back ids are looked for where the writer does not say at which revision its events would be. */
const REMEMBERED = 512;

/** A write whose place in its stream is known. */
type Placed = { readonly write: StreamWrite; readonly standing: number | null };

/**
 * Appends to several streams as one transaction of the server's. The server knows an append again that comes with the
 * same ids and the same expected revision; so where the writer expects anything, the stream is looked at first and
 * the append made at the revision it has. Where the outcome is not known the very same is sent again; a conflict that
 * follows may be our own append of before: what the streams hold decides.
 */
export async function append(connection: Connection, writes: readonly StreamWrite[]): Promise<AppendResult> {
  const { log } = connection;
  let failures = 0;
  for (let tries = 1; tries <= TRIES; tries++) {
    try {
      const placed = await place(connection, writes);
      if (!Array.isArray(placed)) return placed;
      const done = await send(connection, placed);
      if (done !== 'conflict') return done;
    } catch (error) {
      if (!isPassing(error)) throw error;
      if (++failures === 3) throw new StoreUnavailable('KurrentDB cannot be reached', { cause: error });
      log.warn({ err: error, failures }, 'an append did not get through; sending it again');
    }
    await sleep(Math.random() * PAUSE_MS * tries);
  }
  throw new StoreUnavailable(`gave up after ${TRIES} attempts against other writers`);
}

/** Where each write's events go; or what the append is answered with: stored before, or a stream stands elsewhere. */
async function place(connection: Connection, writes: readonly StreamWrite[]): Promise<Placed[] | AppendResult> {
  const known = await findStored(connection, writes);
  if (known !== null) return known;
  const placed = await Promise.all(
    writes.map(async (write): Promise<Placed> => {
      const { stream, expectedRevision } = write;
      const isSaid = typeof expectedRevision === 'number' || expectedRevision === 'noStream';
      if (isSaid && write.events.length > 0)
        return { write, standing: typeof expectedRevision === 'number' ? expectedRevision : null };
      return { write, standing: await lastRevision(connection, stream) };
    }),
  );
  const refused = placed.find(({ write, standing }) => !holds(write.expectedRevision, standing));
  return refused === undefined
    ? placed
    : {
        type: 'conflict',
        stream: refused.write.stream,
        expected: refused.write.expectedRevision,
        actual: refused.standing,
      };
}

const holds = (expected: ExpectedRevision, standing: number | null): boolean =>
  expected === 'any' ||
  (expected === 'streamExists' ? standing !== null : (expected === 'noStream' ? null : expected) === standing);

async function send(connection: Connection, placed: readonly Placed[]): Promise<AppendResult | 'conflict'> {
  const { library } = connection;
  const client = connection.client();
  const writing = placed.filter(({ write }) => write.events.length > 0);
  if (writing.length === 0) return { type: 'appended', position: await lastPosition(connection, placed) };
  const requests = writing.map(
    ({ write, standing }): AppendStreamRequest => ({
      streamName: write.stream,
      expectedState: standing === null ? 'no_stream' : BigInt(standing),
      events: write.events.map((event) => toEventData(library, event)),
    }),
  );
  try {
    await within(client.multiStreamAppend(requests));
  } catch (error) {
    if (isPassing(error)) connection.giveUp(client);
    if (!(error instanceof library.WrongExpectedVersionError)) throw error;
    return settleConflict(connection, placed, error.streamName);
  }
  return { type: 'appended', position: await lastPosition(connection, placed) };
}

/** A conflict: our own append of before, the writer's mistake, or somebody who came in between a look and the append. */
async function settleConflict(
  connection: Connection,
  placed: readonly Placed[],
  conflicting: string,
): Promise<AppendResult | 'conflict'> {
  const writes = placed.map(({ write }) => write);
  const known = await findStored(connection, writes);
  if (known !== null) return known;
  const refused = writes.find(({ stream }) => stream === conflicting);
  if (refused === undefined) return 'conflict';
  const actual = await lastRevision(connection, refused.stream);
  const { stream, expectedRevision: expected } = refused;
  return holds(expected, actual) ? 'conflict' : { type: 'conflict', stream, expected, actual };
}

/** The append's answer if its events are in their streams already; an error if only some are. */
async function findStored(connection: Connection, writes: readonly StreamWrite[]): Promise<AppendResult | null> {
  const found = await Promise.all(writes.map((write) => storedOf(connection, write)));
  const stored = found.flat();
  if (stored.length === 0) return null;
  const all = writes.reduce((sum, { events }) => sum + events.length, 0);
  if (stored.length < all)
    throw new Error(`of ${all} event ids in one append, ${stored.length} are in the log already`);
  return { type: 'appended', position: latest(stored) };
}

/** Where the events would be if they had been stored before; looked for further back where nobody says. */
async function storedOf(
  connection: Connection,
  { stream, expectedRevision, events }: StreamWrite,
): Promise<readonly StoredEvent[]> {
  if (events.length === 0) return [];
  const ids = new Set<string>(events.map(({ id }) => id));
  const isOurs = ({ id }: StoredEvent): boolean => ids.has(id);
  if (expectedRevision === 'any' || expectedRevision === 'streamExists')
    return (await readStored(connection, stream, { direction: 'backwards', maxCount: REMEMBERED })).filter(isOurs);
  const from = expectedRevision === 'noStream' ? 0 : expectedRevision + 1;
  const there = await readStored(connection, stream, { fromRevision: BigInt(from), maxCount: events.length });
  return there.filter(isOurs);
}

/** Of the last event that the append rests on, as the log itself says it. */
async function lastPosition(connection: Connection, placed: readonly Placed[]): Promise<Position> {
  const last = await Promise.all(
    placed.map(({ write, standing }) =>
      readStored(connection, write.stream, {
        fromRevision: BigInt(Math.max(0, (standing ?? -1) + write.events.length)),
        maxCount: 1,
      }),
    ),
  );
  return latest(last.flat());
}

const latest = (stored: readonly StoredEvent[]): Position => {
  const position = stored
    .map(({ position }) => position)
    .sort()
    .at(-1);
  if (position === undefined) throw new StoreUnavailable('KurrentDB does not show what it has stored');
  return position;
};
