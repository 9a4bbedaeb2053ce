import { setTimeout as sleep } from 'node:timers/promises';
import type { AppendStreamRequest } from '@kurrent/kurrentdb-client';
import type { StoredEvent } from '../codec.ts';
import {
  type AppendResult,
  BEGINNING,
  type ExpectedRevision,
  type Position,
  StoreUnavailable,
  type StreamWrite,
} from '../port.ts';
import { isOfType, isPassing, within } from './client.ts';
import type { Connection } from './connection.ts';
import { lastRevision, readStored } from './reads.ts';
import { toEventData } from './storedEvents.ts';

const TRIES = 20;
const PAUSE_MS = 20;
/** How far back ids are looked for where the writer does not say at which revision its events would be. */
const LAST_REMEMBERED = { direction: 'backwards', maxCount: 64 } as const;

/** A write whose place in its stream is known. */
type Placed = { readonly write: StreamWrite; readonly standing: number | null };

/** Where streams stand, as the server said when it refused. Nobody can read that of a stream whose events are all too old. */
type Standings = Map<string, number | null>;

/**
 * Appends to several streams as one transaction of the server's. The server knows an append again that comes with the
 * same ids and the same expected revision; so where the writer expects anything, the stream's end is looked at first
 * and the append made at the revision it has. Where the outcome is not known the very same is sent again; a conflict that
 * follows may be our own append of before: what the streams hold decides.
 */
export async function append(connection: Connection, writes: readonly StreamWrite[]): Promise<AppendResult> {
  const { log } = connection;
  const standings: Standings = new Map();
  let failures = 0;
  for (let tries = 1; tries <= TRIES; tries++) {
    try {
      const placed = await place(connection, writes, standings);
      if (!Array.isArray(placed)) return placed;
      const done = await send(connection, placed, standings);
      if (done !== 'stands elsewhere') return done;
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
async function place(
  connection: Connection,
  writes: readonly StreamWrite[],
  standings: Standings,
): Promise<Placed[] | AppendResult> {
  const looked = await Promise.all(writes.map((write) => lookAt(connection, write, standings)));
  const known = looked.some(({ isKnown }) => isKnown) ? await findStored(connection, writes) : null;
  if (known !== null) return known;
  const refused = looked.find(({ write, standing }) => !holds(write.expectedRevision, standing));
  if (refused === undefined) return looked;
  const { write, standing } = refused;
  return { type: 'conflict', stream: write.stream, expected: write.expectedRevision, actual: standing };
}

/** Whoever says where the stream stands is believed: the server checks that, and knows the append again. */
async function lookAt(
  connection: Connection,
  write: StreamWrite,
  standings: Standings,
): Promise<Placed & { readonly isKnown: boolean }> {
  const { stream, expectedRevision, events } = write;
  if (events.length === 0) return { write, standing: await lastRevision(connection, stream), isKnown: false };
  if (expectedRevision === 'noStream') return { write, standing: null, isKnown: false };
  if (typeof expectedRevision === 'number') return { write, standing: expectedRevision, isKnown: false };
  const recent = await readStored(connection, stream, LAST_REMEMBERED);
  const standing = standings.get(stream) ?? recent[0]?.revision ?? null;
  return { write, standing, isKnown: recent.some(({ id }) => events.some((event) => event.id === id)) };
}

const holds = (expected: ExpectedRevision, standing: number | null): boolean =>
  expected === 'any' ||
  (expected === 'streamExists' ? standing !== null : (expected === 'noStream' ? null : expected) === standing);

async function send(
  connection: Connection,
  placed: readonly Placed[],
  standings: Standings,
): Promise<AppendResult | 'stands elsewhere'> {
  const { library } = connection;
  const client = connection.client();
  const writing = placed.filter(({ write }) => write.events.length > 0);
  const revisions = new Map<string, number | null>(placed.map(({ write, standing }) => [write.stream, standing]));
  if (writing.length > 0) {
    const requests = writing.map(
      ({ write, standing }): AppendStreamRequest => ({
        streamName: write.stream,
        expectedState: standing === null ? 'no_stream' : BigInt(standing),
        events: write.events.map((event) => toEventData(library, event)),
      }),
    );
    try {
      // A stream that was deleted goes on with the numbers it had: the server alone knows which revisions these are.
      const { responses } = await within(client.multiStreamAppend(requests));
      for (const { streamName, revision } of responses ?? []) revisions.set(streamName, Number(revision));
    } catch (error) {
      // To a follower's answer the client goes to the leader by itself; a new one might find the follower again.
      if (isPassing(error) && !isOfType(error, 'not-leader')) connection.giveUp(client);
      if (!(error instanceof library.WrongExpectedVersionError)) throw error;
      const { streamName, actualState } = error;
      return settleConflict(connection, placed, standings, {
        stream: streamName,
        actual: typeof actualState === 'bigint' ? Number(actualState) : null,
      });
    }
  }
  return { type: 'appended', position: await lastPosition(connection, revisions) };
}

/** A conflict: our own append of before, the writer's mistake, or somebody who came in between a look and the append. */
async function settleConflict(
  connection: Connection,
  placed: readonly Placed[],
  standings: Standings,
  { stream, actual }: { stream: string; actual: number | null },
): Promise<AppendResult | 'stands elsewhere'> {
  const writes = placed.map(({ write }) => write);
  const known = await findStored(connection, writes);
  if (known !== null) return known;
  const refused = writes.find((write) => write.stream === stream);
  if (refused !== undefined && !holds(refused.expectedRevision, actual))
    return { type: 'conflict', stream: refused.stream, expected: refused.expectedRevision, actual };
  standings.set(stream, actual);
  return 'stands elsewhere';
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
    return (await readStored(connection, stream, LAST_REMEMBERED)).filter(isOurs);
  const from = expectedRevision === 'noStream' ? 0 : expectedRevision + 1;
  const there = await readStored(connection, stream, { fromRevision: BigInt(from), maxCount: events.length });
  return there.filter(isOurs);
}

/** Of the last event that the append rests on, as the log itself says it. */
async function lastPosition(connection: Connection, revisions: ReadonlyMap<string, number | null>): Promise<Position> {
  if ([...revisions.values()].every((revision) => revision === null)) return BEGINNING;
  const last = await Promise.all(
    [...revisions].map(([stream, revision]) =>
      readStored(connection, stream, { fromRevision: BigInt(revision ?? 0), maxCount: 1 }),
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
