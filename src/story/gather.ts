import { type StreamName, streamOf } from '../domain/event.ts';
import type { Instant, ReservationId } from '../domain/ids.ts';
import type { EventStore } from '../event-store/port.ts';
import type { Queryable } from '../projections/projection.ts';
import { assignmentsThatWaited, streamsTouchedBy } from '../projections/storyStreams.ts';
import { callsOf } from './called.ts';
import { type Entry, eventsOf, placeOf, readStream } from './entry.ts';

/** All that the log has on one reservation. */
export type Gathered = {
  readonly reservationId: ReservationId;
  /** Its own stream's, of every HIT posted for it and every assignment it touched, in log order. */
  readonly touched: readonly Entry[];
  /** Of assignments that waited for the same ProtoHIT while it was open, and that it never touched; in log order. */
  readonly others: readonly Entry[];
  /** There were more such assignments than are shown. */
  readonly leftOut: boolean;
};

/** Streams read at once: a query each this many. */
const STREAMS_AT_ONCE = 2_000;

/** Of those who waited and were not touched, the first so many are shown. */
const MOST_OTHERS = 200;

/** Reads a reservation's story from the log; null if there is no such reservation. */
export async function gather(
  { store, db }: { store: Pick<EventStore, 'read'>; db: Queryable },
  reservationId: ReservationId,
): Promise<Gathered | null> {
  const own = await readStream(store, streamOf.reservation(reservationId));
  if (own.length === 0) return null;
  const streams = await streamsTouchedBy(db, reservationId);
  const touched = await readAll(store, streams);
  const { others, leftOut } = await othersWhoWaited(db, own, new Set(streams));
  return {
    reservationId,
    touched: inLogOrder([...own, ...touched]),
    others: inLogOrder(await readAll(store, others)),
    leftOut,
  };
}

/** The same as it stood at a moment: what was recorded later is not known yet. */
export const asOf = (gathered: Gathered, moment: Instant | null): Gathered => {
  if (moment === null) return gathered;
  const wasKnown = (entry: Entry): boolean => placeOf(entry).recordedAt <= moment;
  return { ...gathered, touched: gathered.touched.filter(wasKnown), others: gathered.others.filter(wasKnown) };
};

async function othersWhoWaited(
  db: Queryable,
  own: readonly Entry[],
  touched: ReadonlySet<StreamName>,
): Promise<{ others: readonly StreamName[]; leftOut: boolean }> {
  const events = eventsOf(own);
  const made = events.find((event) => event.type === 'ReservationMade');
  // Nobody was passed over by a reservation that never asked for anyone.
  if (made === undefined) return { others: [], leftOut: false };
  const { invoked, closed } = callsOf(made.data.reservationId, events);
  if (invoked === null) return { others: [], leftOut: false };
  const waited = await assignmentsThatWaited(db, {
    protoHitId: made.data.protoHitId,
    from: invoked.data.at,
    to: closed?.data.at ?? null,
    limit: touched.size + MOST_OTHERS + 1,
  });
  const others = waited.map(streamOf.assignment).filter((stream) => !touched.has(stream));
  return { others: others.slice(0, MOST_OTHERS), leftOut: others.length > MOST_OTHERS };
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
