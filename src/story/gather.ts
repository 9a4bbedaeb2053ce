import { type StreamName, streamOf } from '../domain/event.ts';
import type { Instant, ReservationId } from '../domain/ids.ts';
import type { EventStore } from '../event-store/port.ts';
import type { Queryable } from '../projections/projection.ts';
import { type Bystander, bystandersOf, streamsTouchedBy } from '../projections/storyStreams.ts';
import { callsOf, untilWhenItCalled } from './called.ts';
import { type Entry, eventsOf, placeOf, readStream } from './entry.ts';
import { hitsOf } from './person.ts';

/** All that the log has on one reservation. */
export type Gathered = {
  readonly reservationId: ReservationId;
  /** Its own stream's, of every HIT posted for it and every assignment it touched, in log order. */
  readonly touched: readonly Entry[];
  /** Assignments that waited for the same ProtoHIT while it called for people, and that it never touched. */
  readonly bystanders: readonly Bystander[];
  /** Events of the first of those, of as many as were asked for; in log order. */
  readonly others: readonly Entry[];
  /** Events of HITs that were posted for somebody else, and by which its people came: what those were to be paid. */
  readonly otherHits: readonly Entry[];
};

/** Of whom among the bystanders the events are read: of nobody, so that they are only counted; of the first 200; of all. */
export type Bystanders = 'counted' | 'first' | 'all';
const MOST_READ: Readonly<Record<Bystanders, number>> = { counted: 0, first: 200, all: Number.POSITIVE_INFINITY };

/** Streams read at once: a query each this many. */
const STREAMS_AT_ONCE = 2_000;

/** Reads a reservation's story from the log; null if there is no such reservation. */
export async function gather(
  { store, db }: { store: Pick<EventStore, 'read'>; db: Queryable },
  reservationId: ReservationId,
  { bystanders: wanted = 'first' }: { bystanders?: Bystanders } = {},
): Promise<Gathered | null> {
  const own = await readStream(store, streamOf.reservation(reservationId));
  if (own.length === 0) return null;
  const [streams, bystanders] = await Promise.all([streamsTouchedBy(db, reservationId), whoStoodBy(db, own)]);
  const read = bystanders.slice(0, MOST_READ[wanted]).map(({ assignmentId }) => streamOf.assignment(assignmentId));
  const entries = await readAll(store, [...streams, ...read]);
  const isOther = new Set<string>(read);
  const [touched, others] = [
    entries.filter((entry) => !isOther.has(placeOf(entry).stream)),
    entries.filter((entry) => isOther.has(placeOf(entry).stream)),
  ];
  const known = new Set<string>(streams);
  const hits = hitsOf(eventsOf(entries)).map(streamOf.hit);
  return {
    reservationId,
    touched: inLogOrder([...own, ...touched]),
    bystanders,
    others: inLogOrder(others),
    otherHits: await readAll(
      store,
      hits.filter((stream) => !known.has(stream)),
    ),
  };
}

/** The same as it stood at a moment: what was recorded later is not known yet. */
export const asOf = (gathered: Gathered, moment: Instant | null): Gathered => {
  if (moment === null) return gathered;
  const wasKnown = (entry: Entry): boolean => placeOf(entry).recordedAt <= moment;
  return {
    ...gathered,
    touched: gathered.touched.filter(wasKnown),
    bystanders: gathered.bystanders.filter(({ since }) => since <= moment),
    others: gathered.others.filter(wasKnown),
    otherHits: gathered.otherHits.filter(wasKnown),
  };
};

/** Who waited while it called for people. Nobody was passed over by one that never asked for anyone. */
async function whoStoodBy(db: Queryable, own: readonly Entry[]): Promise<readonly Bystander[]> {
  const events = eventsOf(own);
  const made = events.find((event) => event.type === 'ReservationMade');
  if (made === undefined) return [];
  const { reservationId, protoHitId, numAssignments } = made.data;
  const calls = callsOf(reservationId, events);
  if (calls.invoked === null) return [];
  const [from, to] = [calls.invoked.data.at, untilWhenItCalled(numAssignments, calls)];
  return bystandersOf(db, { reservationId, protoHitId, from, to: to === null ? null : Math.max(from, to) });
}

async function readAll(store: Pick<EventStore, 'read'>, streams: readonly StreamName[]): Promise<readonly Entry[]> {
  const entries: (readonly Entry[])[] = [];
  for (let from = 0; from < streams.length; from += STREAMS_AT_ONCE)
    entries.push(
      ...(await Promise.all(streams.slice(from, from + STREAMS_AT_ONCE).map((stream) => readStream(store, stream)))),
    );
  return entries.flat();
}

const inLogOrder = (entries: readonly Entry[]): readonly Entry[] =>
  [...entries].sort((a, b) => (placeOf(a).position < placeOf(b).position ? -1 : 1));
