import { describe, expect, test } from 'vitest';
import { replay } from '../../src/domain/decision.ts';
import {
  cancel,
  dispatch,
  evolveReservation,
  finish,
  invoke,
  make,
  noReservation,
  openSlots,
  type Reservation,
  type ReservationEvent,
  reopenSlot,
  stopRecruiting,
  timeOut,
  unfinish,
} from '../../src/domain/reservation.ts';
import { ids, STARTED_AT as NOW } from '../support/events.ts';
import { specificationOf } from '../support/given.ts';

const given = specificationOf<Reservation, ReservationEvent>({ initial: noReservation, evolve: evolveReservation });

const LATER = NOW + 60_000;
const MINUTE = 60_000;
const worker = (n: number) => ({ assignmentId: ids.assignment(n), workerId: ids.worker(n) });
const made = (numAssignments = 2): ReservationEvent => ({
  type: 'ReservationMade',
  data: {
    reservationId: ids.reservation(1),
    protoHitId: ids.protoHit(1),
    foreignId: '42',
    payload: null,
    expectedAt: NOW + MINUTE,
    numAssignments,
    at: NOW,
  },
});
const invoked = (foreignId = '42'): ReservationEvent => ({
  type: 'ReservationInvoked',
  data: { foreignId, at: LATER },
});
const sent = (n: number): ReservationEvent => ({ type: 'WorkerDispatched', data: { ...worker(n), at: LATER } });
const reopened = (n: number): ReservationEvent => ({
  type: 'SlotReopened',
  data: { assignmentId: ids.assignment(n), reason: 'lost', at: LATER },
});
const finished: ReservationEvent = { type: 'ReservationFinished', data: { at: LATER } };
const cancelled: ReservationEvent = { type: 'ReservationCancelled', data: { at: LATER } };
const timedOut: ReservationEvent = { type: 'ReservationTimedOut', data: { at: LATER } };
const unfinished = (at = LATER): ReservationEvent => ({ type: 'ReservationUnfinished', data: { at } });

const order = {
  reservationId: ids.reservation(1),
  protoHitId: ids.protoHit(1),
  foreignId: '42',
  payload: { any: ['json'] },
  numAssignments: 3,
};

describe('making a reservation', () => {
  test('announces work for a moment that many seconds from now', () =>
    given()
      .when(make, { ...order, delaySeconds: 1.5, at: NOW })
      .thenEmits({ type: 'ReservationMade', data: { ...order, expectedAt: NOW + 1_500, at: NOW } }));

  test('twice is once', () =>
    given(made())
      .when(make, { ...order, delaySeconds: 0, at: NOW })
      .thenNothing());
});

describe('invoking a reservation', () => {
  test('asks for the workers now', () =>
    given(made()).when(invoke, { foreignId: undefined, at: LATER }).thenEmits(invoked()));

  test('may name the work anew', () =>
    given(made()).when(invoke, { foreignId: 'x', at: LATER }).thenEmits(invoked('x')));

  test('twice is one invocation', () =>
    given(made(), invoked()).when(invoke, { foreignId: undefined, at: LATER }).thenNothing());

  test('a second time by another name names the work for those who are dispatched from then on', () => {
    given(made(), invoked(), sent(1))
      .when(invoke, { foreignId: 'x', at: LATER })
      .thenEmits({ type: 'ForeignIdChanged', data: { foreignId: 'x', at: LATER } });
    given(made(), invoked('x')).when(invoke, { foreignId: 'x', at: LATER }).thenNothing();
  });

  test('opens one again that only the clock closed', () => {
    given(made(), timedOut).when(invoke, { foreignId: undefined, at: LATER }).thenEmits(unfinished(), invoked());
    given(made(), timedOut).when(invoke, { foreignId: 'x', at: LATER }).thenState({ phase: 'invoked', foreignId: 'x' });
  });

  test.each([
    ['finished', finished],
    ['cancelled', cancelled],
  ])('is refused once it is %s', (phase, end) =>
    given(made(), end).when(invoke, { foreignId: undefined, at: LATER }).thenRefused('conflict', new RegExp(phase)),
  );

  test('is refused if there is none', () =>
    given()
      .when(invoke, { foreignId: undefined, at: LATER })
      .thenRefused('notFound', /DoesNotExist/));
});

describe('dispatching workers', () => {
  test('gives open slots, one a person', () =>
    given(made(), invoked())
      .when(dispatch, { workers: [worker(1), worker(2)], at: LATER })
      .thenEmits(sent(1), sent(2)));

  test('is refused beyond what was asked for', () =>
    given(made(2), invoked(), sent(1))
      .when(dispatch, { workers: [worker(2), worker(3)], at: LATER })
      .thenRefused('conflict', /2 workers for 1 open slots/));

  test('is refused before the invoke, and after the end', () => {
    given(made())
      .when(dispatch, { workers: [worker(1)], at: LATER })
      .thenRefused('conflict', /made/);
    given(made(), invoked(), finished)
      .when(dispatch, { workers: [worker(1)], at: LATER })
      .thenRefused('conflict', /finished/);
  });

  test('is refused to a person who holds a slot, even with another assignment', () => {
    const again = { assignmentId: ids.assignment(9), workerId: ids.worker(1) };
    given(made(), invoked(), sent(1))
      .when(dispatch, { workers: [again], at: LATER })
      .thenRefused('conflict', /slot/);
    given(made(), invoked())
      .when(dispatch, { workers: [worker(1), again], at: LATER })
      .thenRefused('conflict', /slot/);
  });

  test('goes on after a slot was reopened', () =>
    given(made(1), invoked(), sent(1), reopened(1))
      .when(dispatch, { workers: [worker(2)], at: LATER })
      .thenEmits(sent(2)));
});

describe('reopening a slot', () => {
  const lost = { assignmentId: ids.assignment(1), reason: 'lost' as const, at: LATER };

  test('frees it', () => given(made(), invoked(), sent(1)).when(reopenSlot, lost).thenEmits(reopened(1)));

  test('that nobody holds changes nothing', () => {
    given(made(), invoked()).when(reopenSlot, lost).thenNothing();
    given(made(), invoked(), sent(1), reopened(1)).when(reopenSlot, lost).thenNothing();
  });

  test('is done after the end too, so that unfinishing counts nobody who is gone', () => {
    given(made(), invoked(), sent(1), finished).when(reopenSlot, lost).thenEmits(reopened(1));
    given(made(), invoked(), sent(1), finished, reopened(1))
      .when(unfinish, { at: LATER })
      .thenState({ phase: 'invoked', dispatched: new Map() });
  });
});

describe('finishing, cancelling, timing out, unfinishing', () => {
  test('finish closes an open reservation once', () => {
    given(made()).when(finish, { at: LATER }).thenEmits(finished);
    given(made(), invoked(), finished).when(finish, { at: LATER }).thenNothing();
    given(made(), cancelled).when(finish, { at: LATER }).thenNothing();
    given()
      .when(finish, { at: LATER })
      .thenRefused('notFound', /DoesNotExist/);
  });

  test('cancel ends an open reservation once, and one that was only finished', () => {
    given(made(), invoked()).when(cancel, { at: LATER }).thenEmits(cancelled);
    given(made(), finished).when(cancel, { at: LATER }).thenEmits(cancelled);
    given(made(), cancelled).when(cancel, { at: LATER }).thenNothing();
  });

  test('unfinish returns to where it stood', () => {
    given(made(), finished).when(unfinish, { at: LATER }).thenState({ phase: 'made' });
    given(made(), invoked(), sent(1), cancelled)
      .when(unfinish, { at: LATER })
      .thenState({ phase: 'invoked', dispatched: new Map([[ids.assignment(1), ids.worker(1)]]) });
    given(made(), invoked()).when(unfinish, { at: LATER }).thenNothing();
  });

  test('a reservation that nobody invokes times out, counted from when its work was expected', () => {
    const due = NOW + MINUTE + 30 * MINUTE;
    given(made())
      .when(timeOut, { timeoutMinutes: 30, at: due - 1 })
      .thenNothing();
    given(made())
      .when(timeOut, { timeoutMinutes: 30, at: due })
      .thenEmits({ type: 'ReservationTimedOut', data: { at: due } });
  });

  test('an invoked or closed one never times out', () => {
    given(made(), invoked())
      .when(timeOut, { timeoutMinutes: 1, at: NOW + 9_999 * MINUTE })
      .thenNothing();
    given(made(), finished)
      .when(timeOut, { timeoutMinutes: 1, at: NOW + 9_999 * MINUTE })
      .thenNothing();
  });

  test('one that was unfinished after timing out gets its patience back', () => {
    const reopenedAt = NOW + 100 * MINUTE;
    const history = [made(), timedOut, unfinished(reopenedAt)];
    given(...history)
      .when(timeOut, { timeoutMinutes: 30, at: reopenedAt + 29 * MINUTE })
      .thenNothing();
    given(...history)
      .when(timeOut, { timeoutMinutes: 30, at: reopenedAt + 30 * MINUTE })
      .thenState({ phase: 'timedOut' });
  });
});

describe('recruiting for an invoked reservation', () => {
  const stopped: ReservationEvent = { type: 'RecruitingStopped', data: { at: LATER } };
  const due = LATER + 30 * MINUTE;

  test('stops some time after the invoke while workers are missing, once', () => {
    given(made(), invoked(), sent(1))
      .when(stopRecruiting, { timeoutMinutes: 30, at: due - 1 })
      .thenNothing();
    given(made(), invoked(), sent(1))
      .when(stopRecruiting, { timeoutMinutes: 30, at: due })
      .thenEmits({ type: 'RecruitingStopped', data: { at: due } });
    given(made(), invoked(), stopped).when(stopRecruiting, { timeoutMinutes: 30, at: due }).thenNothing();
  });

  test('does not stop where it was never called for, or all have come, or it is closed', () => {
    for (const history of [[made()], [made(1), invoked(), sent(1)], [made(), invoked(), finished]])
      given(...history)
        .when(stopRecruiting, { timeoutMinutes: 30, at: due })
        .thenNothing();
  });

  test('goes on when it is invoked again, for as long once more', () => {
    const again = due + MINUTE;
    const resumed: ReservationEvent = { type: 'RecruitingResumed', data: { at: again } };
    given(made(), invoked(), stopped).when(invoke, { foreignId: undefined, at: again }).thenEmits(resumed);
    given(made(), invoked(), stopped, resumed)
      .when(stopRecruiting, { timeoutMinutes: 30, at: again + 30 * MINUTE - 1 })
      .thenNothing();
    given(made(), invoked(), stopped, resumed)
      .when(stopRecruiting, { timeoutMinutes: 30, at: again + 30 * MINUTE })
      .thenState({ isRecruitingStopped: true });
  });

  test('goes on when it is unfinished, counted from then', () => {
    given(made(), invoked(), stopped, finished, unfinished(due)).when(unfinish, { at: due }).thenNothing();
    given(made(), invoked(), stopped, finished, unfinished(due))
      .when(stopRecruiting, { timeoutMinutes: 30, at: due + 30 * MINUTE - 1 })
      .thenState({ isRecruitingStopped: false });
  });

  test('leaves its slots open for those who come by', () =>
    given(made(), invoked(), stopped)
      .when(dispatch, { workers: [worker(1)], at: LATER })
      .thenEmits(sent(1)));
});

test.each([
  ['stopRecruiting', () => given().when(stopRecruiting, { timeoutMinutes: 0, at: NOW })],
  ['dispatch', () => given().when(dispatch, { workers: [worker(1)], at: NOW })],
  ['reopenSlot', () => given().when(reopenSlot, { assignmentId: ids.assignment(1), reason: 'lost', at: NOW })],
  ['unfinish', () => given().when(unfinish, { at: NOW })],
  ['cancel', () => given().when(cancel, { at: NOW })],
  ['timeOut', () => given().when(timeOut, { timeoutMinutes: 0, at: NOW })],
])('%s is refused for a reservation nobody made', (_, decided) => decided().thenRefused('notFound', /DoesNotExist/));

test('a reservation has open slots only while it is invoked', () => {
  const slots = (...history: ReservationEvent[]) => openSlots(replay(evolveReservation, noReservation, history));
  expect(slots()).toBe(0);
  expect(slots(made(3))).toBe(0);
  expect(slots(made(3), invoked(), sent(1))).toBe(2);
  expect(slots(made(3), invoked(), sent(1), reopened(1))).toBe(3);
  expect(slots(made(3), invoked(), finished)).toBe(0);
});
