import { type StreamName, streamId } from '../domain/event.ts';
import type { AssignmentId, Instant, ProtoHitId, ReservationId } from '../domain/ids.ts';
import { foldInto, type Table } from './fold.ts';
import type { Queryable } from './projection.ts';

/** A stream that belongs to the story of reservations: a HIT's, or an assignment's. */
type StoryStreamRow = {
  readonly stream: StreamName;
  readonly protoHitId: ProtoHitId;
  /** The reservation that its HIT was posted for. */
  readonly recruitedFor: ReservationId | null;
  /** The reservation that its worker was called to. */
  readonly calledTo: ReservationId | null;
  /** Null for a HIT's stream. */
  readonly waitedFrom: Instant | null;
  /** Null while the worker waits. Gaps in between, of one who was lost and came back, are not kept. */
  readonly waitedTo: Instant | null;
};

const table: Table<StoryStreamRow> = {
  name: 'story_streams',
  ddl: `
    create table story_streams (
      stream text collate "C" primary key,
      proto_hit_id uuid not null,
      recruited_for uuid,
      called_to uuid,
      waited_from double precision,
      waited_to double precision
    );
    create index story_streams_recruited on story_streams (recruited_for) where recruited_for is not null;
    create index story_streams_called on story_streams (called_to) where called_to is not null;
    -- Who waited in a stretch of time, however old: the numbers that wait at once are small, the log is not.
    create index story_streams_waited on story_streams
      using gist (int8range(waited_from::bigint, waited_to::bigint, '[]')) where waited_from is not null;`,
  key: 'stream',
  columns: ['stream', 'protoHitId', 'recruitedFor', 'calledTo', 'waitedFrom', 'waitedTo'],
};

/** Which streams tell the story of a reservation; the story itself is read from the log. */
export const storyStreams = foldInto({
  table,
  version: 1,
  events: [
    'HitPostRequested',
    'WorkerArrived',
    'TaskAssigned',
    'WorkerReleased',
    'WorkerLost',
    'AssignmentReturned',
    'AssignmentAbandoned',
    'AssignmentSubmitted',
  ],
  keyOf: (event) => event.stream,
  evolve: (row, event): StoryStreamRow | null => {
    const { stream } = event;
    switch (event.type) {
      case 'HitPostRequested': {
        const { protoHitId, recruitedFor } = event.data;
        return { stream, protoHitId, recruitedFor, calledTo: null, waitedFrom: null, waitedTo: null };
      }
      case 'WorkerArrived': {
        const { protoHitId, recruitedFor, at } = event.data;
        const waitedFrom = row?.waitedFrom ?? at;
        return { stream, protoHitId, recruitedFor, calledTo: row?.calledTo ?? null, waitedFrom, waitedTo: null };
      }
      case 'TaskAssigned':
        return row && ended({ ...row, calledTo: event.data.reservationId }, event.data.at);
      case 'WorkerReleased':
      case 'WorkerLost':
      case 'AssignmentReturned':
      case 'AssignmentAbandoned':
      case 'AssignmentSubmitted':
        return row && ended(row, event.data.at);
    }
  },
});

/** The wait ends once; clocks of two nodes may disagree, and a range may not end before it begins. */
const ended = (row: StoryStreamRow, at: Instant): StoryStreamRow =>
  row.waitedTo === null ? { ...row, waitedTo: Math.max(at, row.waitedFrom ?? at) } : row;

/** The HITs posted for a reservation, and the assignments that came by them or were called to it. */
export async function streamsTouchedBy(db: Queryable, reservationId: ReservationId): Promise<readonly StreamName[]> {
  const { rows } = await db.query<{ stream: StreamName }>(
    `select s.stream from story_streams s where s.recruited_for = $1
     union
     select s.stream from story_streams s where s.called_to = $1
     order by stream`,
    [reservationId],
  );
  return rows.map(({ stream }) => stream);
}

/** An assignment whose worker waited, and since when. */
export type Bystander = { readonly assignmentId: AssignmentId; readonly since: Instant };

/**
 * Assignments of a ProtoHIT whose workers waited at some moment from `from` to `to` (null: until now), except those that
 * the reservation touched; those who came first before others.
 */
export async function bystandersOf(
  db: Queryable,
  {
    reservationId,
    protoHitId,
    from,
    to,
  }: { reservationId: ReservationId; protoHitId: ProtoHitId; from: Instant; to: Instant | null },
): Promise<readonly Bystander[]> {
  const { rows } = await db.query<{ stream: StreamName; since: Instant }>(
    `select s.stream, s.waited_from as since
     from story_streams s
     where s.waited_from is not null
       and int8range(s.waited_from::bigint, s.waited_to::bigint, '[]') && int8range($3::bigint, $4::bigint, '[]')
       and s.proto_hit_id = $2
       and s.recruited_for is distinct from $1
       and s.called_to is distinct from $1
     order by s.waited_from, s.stream`,
    [reservationId, protoHitId, from, to],
  );
  return rows.map(({ stream, since }) => ({ assignmentId: streamId(stream) as AssignmentId, since }));
}
