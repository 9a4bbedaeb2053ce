import { describe, expect, test } from 'vitest';
import { type Assignment, type AssignmentEvent, evolveAssignment, noAssignment } from '../../src/domain/assignment.ts';
import { replay } from '../../src/domain/decision.ts';
import { endUnstarted, openSlotOf, start } from '../../src/domain/place.ts';
import {
  evolveReservation,
  noReservation,
  type Reservation,
  type ReservationEvent,
} from '../../src/domain/reservation.ts';
import { ids, STARTED_AT as NOW } from '../support/events.ts';

const reservationId = ids.reservation(1);
const assignmentId = ids.assignment(1);
const dispatched = (n: number, worker = n): ReservationEvent => ({
  type: 'WorkerDispatched',
  data: { assignmentId: ids.assignment(n), workerId: ids.worker(worker), at: NOW },
});
const reopened = (reason: 'neverResponded' | 'lost' | 'returned' = 'neverResponded'): ReservationEvent => ({
  type: 'SlotReopened',
  data: { assignmentId, reason, at: NOW },
});
const finished: ReservationEvent = { type: 'ReservationFinished', data: { at: NOW } };

/** A reservation for one, invoked. */
const reservationAfter = (...events: readonly ReservationEvent[]): Reservation =>
  replay(evolveReservation, noReservation, [
    {
      type: 'ReservationMade',
      data: {
        reservationId,
        protoHitId: ids.protoHit(1),
        foreignId: '42',
        payload: null,
        expectedAt: NOW,
        numAssignments: 1,
        at: NOW,
      },
    },
    { type: 'ReservationInvoked', data: { foreignId: '42', at: NOW } },
    ...events,
  ]);
const responded: AssignmentEvent = {
  type: 'WorkerResponded',
  data: { reservationId, afterMs: 0, reactedAfterMs: null, at: NOW },
};
const slotLost: AssignmentEvent = { type: 'SlotLost', data: { reservationId, at: NOW } };
const released = (reason: 'tooLate' | 'over'): AssignmentEvent => ({
  type: 'WorkerReleased',
  data: { reason, at: NOW },
});
/** Somebody who was called. */
const calledAnd = (...events: readonly AssignmentEvent[]): Assignment =>
  replay(evolveAssignment, noAssignment, [
    {
      type: 'WorkerArrived',
      data: {
        assignmentId,
        workerId: ids.worker(1),
        hitId: ids.hit(1),
        marketplaceHitId: ids.marketplaceHit(1),
        protoHitId: ids.protoHit(1),
        recruitedFor: null,
        isSigned: true,
        at: NOW,
      },
    },
    { type: 'TaskAssigned', data: { reservationId, foreignId: '42', at: NOW } },
    ...events,
  ]);

describe('a called worker who starts', () => {
  const starts = (assignment: Assignment, reservation: Reservation | null) =>
    start(assignment, reservation, { at: NOW });
  test('has the slot that the assignment says is theirs, without a look at the reservation', () =>
    expect(starts(calledAnd(), null)).toEqual({ assignment: [responded], reservation: [] }));
  test('gets a slot back that nobody took', () =>
    expect(starts(calledAnd(slotLost), reservationAfter(dispatched(1), reopened()))).toEqual({
      assignment: [responded],
      reservation: [dispatched(1)],
    }));
  test('comes too late once somebody else has it', () =>
    expect(starts(calledAnd(slotLost), reservationAfter(dispatched(1), reopened(), dispatched(2)))).toEqual({
      assignment: [released('tooLate')],
      reservation: [],
    }));
  test('comes too late for a second slot of the same reservation: one slot a person', () => {
    const withAnother = reservationAfter(dispatched(1), reopened(), dispatched(3, 1));
    expect(starts(calledAnd(slotLost), withAnother).assignment).toEqual([released('tooLate')]);
  });
  test('hears that it is over when it is', () =>
    expect(starts(calledAnd(slotLost), reservationAfter(dispatched(1), reopened(), finished))).toEqual({
      assignment: [released('over')],
      reservation: [],
    }));
  test('starts once', () => expect(starts(calledAnd(responded), null)).toEqual({ assignment: [], reservation: [] }));
});

describe('a called worker who has not started', () => {
  const ends = (assignment: Assignment, reservation: Reservation) => endUnstarted(assignment, reservation, { at: NOW });
  const nothing = { assignment: [], reservation: [] };
  test('is left alone as long as the place is theirs, or may be again', () => {
    expect(ends(calledAnd(), reservationAfter(dispatched(1)))).toEqual(nothing);
    expect(ends(calledAnd(slotLost), reservationAfter(dispatched(1), reopened()))).toEqual(nothing);
  });
  test('hears that the reservation is over, and leaves the slot to whoever unfinishes it', () =>
    expect(ends(calledAnd(), reservationAfter(dispatched(1), finished))).toEqual({
      assignment: [released('over')],
      reservation: [reopened()],
    }));
  test('hears that somebody else has the place', () =>
    expect(ends(calledAnd(slotLost), reservationAfter(dispatched(1), reopened(), dispatched(2)))).toEqual({
      assignment: [released('tooLate')],
      reservation: [],
    }));
  test('is nobody who started', () =>
    expect(ends(calledAnd(responded), reservationAfter(dispatched(1), finished))).toEqual(nothing));
});

describe('the slot of somebody who does not come', () => {
  const opens = (assignment: Assignment, reservation: Reservation, reason: 'neverResponded' | 'lost' | 'returned') =>
    openSlotOf(assignment, reservation, { assignmentId, reason, at: NOW });
  test('is opened, in both their streams', () =>
    expect(opens(calledAnd(), reservationAfter(dispatched(1)), 'neverResponded')).toEqual({
      assignment: [slotLost],
      reservation: [reopened()],
    }));
  test('is theirs for ever once they started, however silent they are, until the marketplace says that they gave up', () => {
    const held = reservationAfter(dispatched(1));
    for (const reason of ['neverResponded', 'lost'] as const)
      expect(opens(calledAnd(responded), held, reason)).toEqual({ assignment: [], reservation: [] });
    expect(opens(calledAnd(responded), held, 'returned')).toEqual({
      assignment: [slotLost],
      reservation: [reopened('returned')],
    });
  });
  test('is filled once they handed in', () => {
    const submitted: AssignmentEvent = { type: 'AssignmentSubmitted', data: { at: NOW } };
    const opened = opens(calledAnd(submitted), reservationAfter(dispatched(1)), 'returned');
    expect(opened).toEqual({ assignment: [], reservation: [] });
  });
});
