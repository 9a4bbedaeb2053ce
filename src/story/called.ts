import type { Instant, ReservationId } from '../domain/ids.ts';
import type { RecordedEvent } from '../event-store/port.ts';
import { durationInWords, momentInWords } from './moment.ts';
import { type Person, waitAt } from './person.ts';

/** What the reservation's own events say of its calls. */
export type Calls = {
  readonly reservationId: ReservationId;
  readonly invoked: Extract<RecordedEvent, { type: 'ReservationInvoked' }> | null;
  readonly closed: RecordedEvent | null;
  readonly dispatched: readonly Extract<RecordedEvent, { type: 'WorkerDispatched' }>[];
  readonly reopened: readonly Extract<RecordedEvent, { type: 'SlotReopened' }>[];
};

const CLOSED_IN_WORDS: Readonly<Record<string, string>> = {
  ReservationFinished: 'finished',
  ReservationCancelled: 'cancelled',
  ReservationTimedOut: 'given up',
};

export const callsOf = (reservationId: ReservationId, own: readonly RecordedEvent[]): Calls => ({
  reservationId,
  invoked: own.find((event) => event.type === 'ReservationInvoked') ?? null,
  closed: closingOf(own),
  dispatched: own.filter((event) => event.type === 'WorkerDispatched'),
  reopened: own.filter((event) => event.type === 'SlotReopened'),
});

/** The event that closed it, unless it was opened again since. A slot may still be opened after the end. */
function closingOf(own: readonly RecordedEvent[]): RecordedEvent | null {
  const turned = own.findLast(({ type }) => Object.hasOwn(CLOSED_IN_WORDS, type) || type === 'ReservationUnfinished');
  return turned === undefined || turned.type === 'ReservationUnfinished' ? null : turned;
}

/** Was this worker called to the reservation? If not, why not? A sentence for the worker. */
export function whyCalledOrNot(person: Person, calls: Calls, everybody: readonly Person[]): string {
  const task = person.events.find((event) => event.type === 'TaskAssigned');
  if (task?.data.reservationId === calls.reservationId) return calledInWords(person, task, calls);
  if (calls.invoked === null) return `Not called: the reservation ${neverInvoked(calls)}, so nobody was called to it.`;
  return (
    passedOver(person, calls, everybody) ??
    (task === undefined ? null : calledElsewhere(task)) ??
    goneInWords(person, calls) ??
    `Not called: nobody was called ${calls.closed === null ? 'so far' : 'while they waited'}.`
  );
}

function calledInWords(
  person: Person,
  task: Extract<RecordedEvent, { type: 'TaskAssigned' }>,
  { reopened, invoked }: Calls,
): string {
  const after =
    invoked === null ? '' : `, ${durationInWords(Math.max(0, task.data.at - invoked.data.at))} after the invoke`;
  const called = `Called at ${momentInWords(task.data.at)}${after}`;
  const responded = person.events.find((event) => event.type === 'WorkerResponded');
  const lostSlot = reopened.find(({ data }) => data.assignmentId === person.assignmentId);
  if (responded) return `${called}; came to the task ${durationInWords(responded.data.afterMs)} later.`;
  if (lostSlot) return `${called}; did not come, and the slot was opened again at ${momentInWords(lostSlot.data.at)}.`;
  return `${called}; has not come to the task.`;
}

/** At a moment when somebody was called this worker waited too. */
function passedOver(person: Person, { reservationId, dispatched }: Calls, everybody: readonly Person[]): string | null {
  for (const call of dispatched) {
    const wait = waitAt(person, call.position);
    if (wait === undefined) continue;
    const chosen = everybody.find(({ assignmentId }) => assignmentId === call.data.assignmentId);
    const since = chosen?.waits.find(({ endedBy }) => endedBy?.type === 'TaskAssigned')?.since;
    const who = `at ${momentInWords(call.data.at)} worker ${call.data.workerId}`;
    if (call.data.workerId === person.workerId)
      return `Not called: ${who} was called with another assignment, ${call.data.assignmentId}; a person gets one slot.`;
    if (chosen?.recruitedFor === reservationId && person.recruitedFor !== reservationId)
      return `Not called: ${who} was, who had come by a HIT posted for this reservation.`;
    if (since !== undefined && since < wait.since)
      return `Not called: others had waited longer: ${who} was, waiting since ${momentInWords(since)}, this worker since ${momentInWords(wait.since)}.`;
    if (since === wait.since) return `Not called: ${who} was, who had come at the same moment.`;
    return `Not called: ${who} was, though waiting since ${since === undefined ? 'an unknown time' : momentInWords(since)} only: this worker's page was silent, or had just come back.`;
  }
  return null;
}

const calledElsewhere = (task: Extract<RecordedEvent, { type: 'TaskAssigned' }>): string =>
  `Not called here: was called to reservation ${task.data.reservationId} at ${momentInWords(task.data.at)}.`;

/** The worker was not there when it mattered: gone before, or come after. */
function goneInWords({ waits }: Person, { dispatched, closed }: Calls): string | null {
  const over = dispatched.at(-1) ?? closed;
  const tooLate = over === null ? undefined : waits.find(({ from }) => from > over.position);
  const overInWords = over === closed ? 'the reservation was closed' : 'every call had been made';
  const when = over === null ? '' : `when ${overInWords} (${momentInWords(over.data.at)})`;
  const wait = waits.findLast(({ from }) => over === null || from < over.position);
  if (wait === undefined)
    return tooLate === undefined ? null : `Not called: came at ${momentInWords(tooLate.since)}, ${when}.`;
  const ended = wait.endedBy === null ? null : endInWords(wait.endedBy);
  if (ended === null) return null;
  const back = tooLate === undefined ? '' : ` Came back at ${momentInWords(tooLate.since)}, ${when}.`;
  return `Not called: ${ended}.${back}`;
}

function endInWords(ended: RecordedEvent): string | null {
  const at = momentInWords(ended.data.at);
  switch (ended.type) {
    case 'WorkerLost':
      return `was lost. Nothing was heard of the page after ${momentInWords(ended.data.lastPingAt)}, and the place was given up at ${at}`;
    case 'WorkerReleased':
      return `was released at ${at}, ${ended.data.reason === 'waitedLongest' ? 'having waited as long as anyone may be asked to' : 'because nobody needed them any more'}`;
    case 'AssignmentReturned':
      return `had given the assignment back, as the marketplace reported at ${at}`;
    case 'AssignmentAbandoned':
      return `the assignment's time had run out, as the marketplace reported at ${at}`;
    case 'AssignmentSubmitted':
      return `had submitted the assignment at ${at}, as the marketplace reported`;
    default:
      return null;
  }
}

const neverInvoked = ({ closed }: Calls): string =>
  closed === null
    ? 'has not been invoked'
    : `was never invoked; it was ${CLOSED_IN_WORDS[closed.type] ?? 'closed'} at ${momentInWords(closed.data.at)}`;

/**
 * Until when it called for people: its last call if that filled its last slot, else its end; null if it calls still. Who
 * came later was passed over by nobody.
 */
export function untilWhenItCalled(wanted: number, { dispatched, reopened, closed }: Calls): Instant | null {
  const isFull = dispatched.length - reopened.length >= wanted;
  return (isFull ? dispatched.at(-1)?.data.at : closed?.data.at) ?? null;
}

/** The reservation as a whole: how many were called of those it asked for, and why no more. */
export function callsInWords(
  wanted: number | null,
  calls: Calls,
  { ours, bystanders }: { ours: readonly Person[]; bystanders: number },
): string {
  if (calls.invoked === null) return `Nobody was called: the reservation ${neverInvoked(calls)}.`;
  const { invoked, dispatched, reopened, closed } = calls;
  const held = dispatched.length - reopened.length;
  const until =
    closed === null ? '' : ` and ${CLOSED_IN_WORDS[closed.type] ?? 'closed'} at ${momentInWords(closed.data.at)}`;
  const opening = `Invoked at ${momentInWords(invoked.data.at)}${until}`;
  if (dispatched.length === 0) {
    const waited = bystanders > 0 || ours.some(({ waits }) => waits.some((wait) => overlaps(wait, calls)));
    return `${opening}: nobody was called, ${waited ? 'though somebody waited for a time' : 'because nobody waited'}.`;
  }
  const again = reopened.length === 0 ? '' : `, of whom ${reopened.length} did not come`;
  const open = wanted === null || held >= wanted ? '' : ` ${wanted - held} of ${wanted} slots stayed open.`;
  return `${opening}: ${dispatched.length === 1 ? '1 worker was' : `${dispatched.length} workers were`} called${again}.${open}`;
}

const overlaps = ({ from, to }: Person['waits'][number], { invoked, closed }: Calls): boolean =>
  invoked !== null && (to === null || to > invoked.position) && (closed === null || from < closed.position);
