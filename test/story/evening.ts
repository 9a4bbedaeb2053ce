import type { DomainEvent, StreamName } from '../../src/domain/event.ts';
import type { EventStore, Position } from '../../src/event-store/port.ts';
import { ids, newEvent, STARTED_AT } from '../support/events.ts';
import { happened, on, plainly } from '../support/happenings.ts';

/** Reservation 1 of an evening in a real log: one worker called and paid, one passed over, one lost. */
export const EVENING: readonly (readonly [stream: StreamName, ...events: readonly DomainEvent[]])[] = [
  [on.protoHit(1), happened.protoHitDefined(1)],
  [on.reservation(1), happened.reservationMade(1, { numAssignments: 1, foreignId: '=1+1,"a"' })],
  [on.hit(1), happened.postRequested(1, { recruitedFor: ids.reservation(1), at: 1_000 }), happened.posted(1, 2_000)],
  [on.assignment(1), happened.arrived(1, { at: 10_000, recruitedFor: ids.reservation(1) })],
  [on.assignment(2), happened.arrived(2, { at: 20_000 })],
  [on.assignment(3), happened.arrived(3, { at: 5_000, recruitedFor: ids.reservation(1) }), happened.lost(40_000)],
  [on.reservation(1), happened.invoked(60_000), happened.dispatched(1, 60_000)],
  [on.assignment(1), happened.taskAssigned(1, 60_000), happened.responded(1, 60_900)],
  [on.reservation(1), plainly('ReservationFinished', 120_000)],
  [on.assignment(1), plainly('AssignmentSubmitted', 130_000), plainly('AssignmentApproved', 140_000)],
  [on.assignment(2), { type: 'WorkerReleased', data: { reason: 'notNeeded', at: STARTED_AT + 150_000 } }],
];

/** Puts the evening into a log; answers with the position of its last event. */
export async function spendEvening(store: Pick<EventStore, 'append'>): Promise<Position> {
  let n = 0;
  let last = '' as Position;
  for (const [stream, ...events] of EVENING) {
    const stamped = events.map((event) => newEvent(event, n++, event.data.at));
    const result = await store.append([{ stream, expectedRevision: 'any', events: stamped }]);
    if (result.type === 'conflict') throw new Error(`conflict on ${stream}`);
    last = result.position;
  }
  return last;
}

/** Events of the evening, presence left out. */
export const EVENING_EVENTS = EVENING.flatMap(([, ...events]) => events);
