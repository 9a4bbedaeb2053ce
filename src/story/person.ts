import { streamId } from '../domain/event.ts';
import type { HitId, Instant, ReservationId } from '../domain/ids.ts';
import type { Position, RecordedEvent } from '../event-store/port.ts';

/** A stretch in which a worker waited, and how it ended. */
export type Wait = {
  readonly from: Position;
  readonly since: Instant;
  /** Null while it lasts. */
  readonly to: Position | null;
  readonly endedBy: RecordedEvent | null;
};

/** A worker with one assignment, as the log tells of them. */
export type Person = {
  readonly assignmentId: string;
  readonly workerId: string;
  readonly hitId: string | null;
  readonly recruitedFor: ReservationId | null;
  /** False: whoever guessed their ids could have posed as them. */
  readonly isSigned: boolean;
  readonly waits: readonly Wait[];
  readonly events: readonly RecordedEvent[];
};

/** Everybody whose assignment is among these events, in order of arrival; one after the other who had the same one. */
export function peopleIn(events: readonly RecordedEvent[]): readonly Person[] {
  const people: RecordedEvent[][] = [];
  const now = new Map<string, RecordedEvent[]>();
  for (const event of events) {
    if (!event.stream.startsWith('assignment-')) continue;
    const own = now.get(event.stream);
    const isSomebodyElse = event.type === 'WorkerArrived' && event.data.takesOver === true;
    if (own && !isSomebodyElse) own.push(event);
    else {
      const begun = [event];
      people.push(begun);
      now.set(event.stream, begun);
    }
  }
  return people.map(personOf);
}

function personOf(events: readonly RecordedEvent[]): Person {
  const arrival = events.find((event) => event.type === 'WorkerArrived');
  const [first] = events;
  return {
    assignmentId: first === undefined ? '' : streamId(first.stream),
    workerId: arrival?.data.workerId ?? 'unknown',
    hitId: arrival?.data.hitId ?? null,
    recruitedFor: arrival?.data.recruitedFor ?? null,
    isSigned: arrival?.data.isSigned ?? false,
    waits: waitsIn(events),
    events,
  };
}

/** The HITs by which these people came, each once. */
export const hitsOf = (events: readonly RecordedEvent[]): readonly HitId[] => [
  ...new Set(events.flatMap((event) => (event.type === 'WorkerArrived' ? [event.data.hitId] : []))),
];

const ENDS_WAIT: ReadonlySet<string> = new Set([
  'TaskAssigned',
  'WorkerReleased',
  'WorkerLost',
  'AssignmentReturned',
  'AssignmentAbandoned',
  'AssignmentSubmitted',
]);

/** Whoever has a task comes back to it, not to the queue. */
function waitsIn(events: readonly RecordedEvent[]): readonly Wait[] {
  const waits: Wait[] = [];
  let open: RecordedEvent | null = null;
  let hasTask = false;
  for (const event of events) {
    if (event.type === 'WorkerArrived' && !hasTask) open ??= event;
    else if (open !== null && ENDS_WAIT.has(event.type)) {
      waits.push({ from: open.position, since: open.data.at, to: event.position, endedBy: event });
      open = null;
    }
    hasTask ||= event.type === 'TaskAssigned';
  }
  return open === null ? waits : [...waits, { from: open.position, since: open.data.at, to: null, endedBy: null }];
}

/** The wait that a place in the log falls into. Of two events of one append the call ends the wait it answers. */
export const waitAt = ({ waits }: Person, position: Position): Wait | undefined =>
  waits.find(({ from, to }) => from < position && (to === null || position < to));
