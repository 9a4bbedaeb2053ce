import type { Instant } from '../domain/ids.ts';
import type { RecordedEvent } from '../event-store/port.ts';
import { eventsOf, placeOf } from './entry.ts';
import { asOf, type Gathered } from './gather.ts';
import { durationInWords } from './moment.ts';
import { type Person, peopleIn } from './person.ts';

/** What somebody does for a stretch of time. `released`: told that the wait is over; `submitted`: in review. */
export type StretchKind = 'waiting' | 'called' | 'working' | 'released' | 'submitted';

export type Stretch = {
  readonly kind: StretchKind;
  readonly from: Instant;
  /** Null while it lasts. */
  readonly to: Instant | null;
};

/** One worker's way through the reservation's time. */
export type TimelinePerson = {
  /** The assignment's. */
  readonly id: string;
  readonly workerId: string;
  readonly touched: boolean;
  readonly isSigned: boolean;
  readonly stretches: readonly Stretch[];
  readonly paidAt: Instant | null;
  readonly rejectedAt: Instant | null;
  /** The same in a few words. */
  readonly words: string;
};

export type TimelineMark = { readonly id: string; readonly at: Instant; readonly what: string };

/** A HIT, from the decision to post it until it left the market. */
export type TimelineHit = {
  readonly id: string;
  readonly name: string;
  readonly requestedAt: Instant;
  readonly postedAt: Instant | null;
  readonly leftAt: Instant | null;
};

/** A reservation's story as a picture: what happened when, side by side. Times in milliseconds since 1970. */
export type Timeline = {
  readonly marks: readonly TimelineMark[];
  readonly hits: readonly TimelineHit[];
  readonly people: readonly TimelinePerson[];
};

const MARKS: Partial<Readonly<Record<RecordedEvent['type'], string>>> = {
  ReservationMade: 'made',
  ReservationInvoked: 'invoked',
  ForeignIdChanged: 'named differently',
  RecruitingStopped: 'recruiting stopped',
  RecruitingResumed: 'recruiting resumed',
  ReservationFinished: 'finished',
  ReservationUnfinished: 'opened again',
  ReservationCancelled: 'cancelled',
  ReservationTimedOut: 'given up',
};

/** What was gathered of a reservation, as it stood at `moment` (null: now). */
export function timelineOf(gathered: Gathered, { moment = null }: { moment?: Instant | null } = {}): Timeline {
  const { reservationId, touched, others } = asOf(gathered, moment);
  const own = eventsOf(touched.filter((entry) => placeOf(entry).stream === `reservation-${reservationId}`));
  return {
    marks: own.flatMap(({ id, type, data }) => {
      const what = MARKS[type];
      return what === undefined ? [] : [{ id, at: data.at, what }];
    }),
    hits: hitsIn(eventsOf(touched)),
    people: [
      ...peopleIn(eventsOf(touched)).map((person) => shownPerson(person, true)),
      ...peopleIn(eventsOf(others)).map((person) => shownPerson(person, false)),
    ],
  };
}

function hitsIn(events: readonly RecordedEvent[]): readonly TimelineHit[] {
  const hits = new Map<string, TimelineHit>();
  for (const event of events) {
    const known = hits.get(event.stream);
    const { at } = event.data;
    if (event.type === 'HitPostRequested')
      hits.set(event.stream, {
        ...{ id: event.data.hitId, name: 'not posted yet', requestedAt: at, postedAt: null, leftAt: null },
      });
    else if (known === undefined) continue;
    else if (event.type === 'HitPosted')
      hits.set(event.stream, { ...known, name: event.data.marketplaceHitId, postedAt: at });
    else if (event.type === 'HitPostFailed') hits.set(event.stream, { ...known, name: 'refused', leftAt: at });
    else if (event.type === 'HitExpired' || event.type === 'HitDisposed')
      hits.set(event.stream, { ...known, leftAt: known.leftAt ?? at });
  }
  return [...hits.values()];
}

function shownPerson({ assignmentId, workerId, isSigned, events }: Person, touched: boolean): TimelinePerson {
  const stretches = stretchesIn(events);
  const at = (type: RecordedEvent['type']): Instant | null =>
    events.findLast((event) => event.type === type)?.data.at ?? null;
  const [paidAt, rejectedAt] = [at('AssignmentApproved'), at('AssignmentRejected')];
  const review = paidAt !== null ? ['paid'] : rejectedAt !== null ? ['rejected'] : [];
  const words = [...stretches.map(inWords), ...review].join(', ');
  return { id: assignmentId, workerId, touched, isSigned, stretches, paidAt, rejectedAt, words };
}

/** What an event begins; null: nothing, they are gone. Whoever has a task comes back to it, not to the queue. */
function begins(type: RecordedEvent['type'], hasTask: boolean): StretchKind | null | undefined {
  switch (type) {
    case 'WorkerArrived':
      return hasTask ? 'called' : 'waiting';
    case 'TaskAssigned':
      return 'called';
    case 'WorkerResponded':
      return 'working';
    case 'WorkerReleased':
      return 'released';
    case 'AssignmentSubmitted':
      return 'submitted';
    case 'WorkerLost':
    case 'AssignmentReturned':
    case 'AssignmentAbandoned':
    case 'AssignmentApproved':
    case 'AssignmentRejected':
      return null;
    default:
      return undefined;
  }
}

function stretchesIn(events: readonly RecordedEvent[]): readonly Stretch[] {
  const stretches: Stretch[] = [];
  let open: { readonly kind: StretchKind; readonly from: Instant } | null = null;
  let hasTask = false;
  for (const { type, data } of events) {
    const kind = begins(type, hasTask);
    hasTask ||= type === 'TaskAssigned';
    if (kind === undefined) continue;
    // Clocks of two nodes may disagree: nothing ends before it began.
    if (open !== null) stretches.push({ ...open, to: Math.max(open.from, data.at) });
    open = kind === null ? null : { kind, from: data.at };
  }
  return open === null ? stretches : [...stretches, { ...open, to: null }];
}

const SAID: Readonly<Record<StretchKind, readonly [past: string, present: string]>> = {
  waiting: ['waited', 'waits'],
  called: ['was called for', 'is called'],
  working: ['worked', 'is at work'],
  released: ['released for', 'is released'],
  submitted: ['in review for', 'is in review'],
};

const inWords = ({ kind, from, to }: Stretch): string =>
  to === null ? SAID[kind][1] : `${SAID[kind][0]} ${durationInWords(to - from)}`;
