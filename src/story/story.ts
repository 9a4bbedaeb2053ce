import type { Instant, ReservationId } from '../domain/ids.ts';
import { callsInWords, callsOf, whyCalledOrNot } from './called.ts';
import { eventsOf, placeOf } from './entry.ts';
import { asOf, type Gathered } from './gather.ts';
import { type KeyLabels, type StoryLine, tell } from './line.ts';
import { offersIn, whyPaidOrNot } from './paid.ts';
import { peopleIn } from './person.ts';
import { changesOf, type ShownState, stateOf } from './states.ts';

/** One worker's answer to "why was I not called, or not paid?" */
export type PersonTold = {
  readonly workerId: string;
  readonly assignmentId: string;
  /** False: waited for the same ProtoHIT at the time, and was not this reservation's. */
  readonly touched: boolean;
  readonly isSigned: boolean;
  readonly called: string;
  readonly paid: string;
};

/** A reservation's whole story, as it was known at a moment. */
export type Story = {
  readonly reservationId: ReservationId;
  /** ISO 8601; null: as it is known now. */
  readonly asOf: string | null;
  readonly summary: string;
  /** What its own events add up to. */
  readonly state: ShownState;
  readonly people: readonly PersonTold[];
  /** How many others waited for the same ProtoHIT while it called for people, each assignment counted. */
  readonly bystanders: number;
  /** Not all of those are among the people. */
  readonly peopleLeftOut: boolean;
  readonly lines: readonly StoryLine[];
};

/** Tells what was gathered, as it stood at `moment` (null: now). Null if the reservation was not made by then. */
export function storyOf(
  gathered: Gathered,
  { moment = null, labels }: { moment?: Instant | null; labels?: KeyLabels | undefined } = {},
): Story | null {
  const { reservationId, touched, bystanders, others, otherHits } = asOf(gathered, moment);
  const own = touched.filter((entry) => placeOf(entry).stream === `reservation-${reservationId}`);
  if (own.length === 0) return null;
  const ownEvents = eventsOf(own);
  const events = eventsOf(touched);
  const ours = peopleIn(events);
  const theirs = peopleIn(eventsOf(others));
  const everybody = [...ours, ...theirs];
  const calls = callsOf(reservationId, ownEvents);
  const offers = offersIn([...events, ...eventsOf(otherHits)]);
  const made = ownEvents.find((event) => event.type === 'ReservationMade');
  return {
    reservationId,
    asOf: moment === null ? null : new Date(moment).toISOString(),
    summary:
      callsInWords(made?.data.numAssignments ?? null, calls, { ours, bystanders: bystanders.length }) +
      doubt(touched.length - events.length),
    state: stateOf(ownEvents),
    people: everybody.map((person, index) => ({
      workerId: person.workerId,
      assignmentId: person.assignmentId,
      touched: index < ours.length,
      isSigned: person.isSigned,
      called: whyCalledOrNot(person, calls, everybody),
      paid: whyPaidOrNot(person, offers),
    })),
    bystanders: bystanders.length,
    peopleLeftOut: new Set(theirs.map(({ assignmentId }) => assignmentId)).size < bystanders.length,
    lines: tell(touched, labels),
  };
}

/** What is said of people rests on what could be understood. */
const doubt = (unreadable: number): string =>
  unreadable === 0
    ? ''
    : ` ${unreadable === 1 ? '1 event' : `${unreadable} events`} cannot be understood: what is said here may be incomplete.`;

/** What came to be known of a reservation between two moments. */
export type StoryDiff = {
  readonly reservationId: ReservationId;
  readonly from: string;
  readonly to: string;
  readonly state: readonly { readonly field: string; readonly before: unknown; readonly after: unknown }[];
  readonly bystanders: number;
  /** Whose answers changed; `before` is null for one nobody had heard of. */
  readonly people: readonly { readonly before: PersonTold | null; readonly after: PersonTold }[];
  readonly lines: readonly StoryLine[];
};

/** Null if the reservation was not made by the later moment. */
export function diffOf(
  gathered: Gathered,
  { from, to, labels }: { from: Instant; to: Instant; labels?: KeyLabels | undefined },
): StoryDiff | null {
  const after = storyOf(gathered, { moment: to, labels });
  if (after === null) return null;
  const before = storyOf(gathered, { moment: from, labels });
  const knew = new Map(before?.people.map((person) => [person.assignmentId, person]));
  return {
    reservationId: gathered.reservationId,
    from: new Date(from).toISOString(),
    to: new Date(to).toISOString(),
    bystanders: after.bystanders,
    state: changesOf(before?.state ?? { phase: 'none' }, after.state),
    people: after.people
      .map((person) => ({ before: knew.get(person.assignmentId) ?? null, after: person }))
      .filter(({ before, after }) => before?.called !== after.called || before.paid !== after.paid),
    lines: after.lines.filter(({ time }) => Date.parse(time) > from),
  };
}
