import { describe, expect, test } from 'vitest';
import { arrive, seeHolder } from '../../src/domain/arrival.ts';
import {
  type Assignment,
  type AssignmentEvent,
  assignTask,
  evolveAssignment,
  lose,
  noAssignment,
  release,
  respond,
} from '../../src/domain/assignment.ts';
import { markAbandoned, markApproved, markRejected, markReturned, markSubmitted } from '../../src/domain/outcome.ts';
import { isAhead, isUnproven, renewToken } from '../../src/domain/session.ts';
import { ids, STARTED_AT as NOW } from '../support/events.ts';
import { specificationOf } from '../support/given.ts';

const given = specificationOf<Assignment, AssignmentEvent>({ initial: noAssignment, evolve: evolveAssignment });

const LATER = NOW + 5_000;
const worker = (at = NOW) => ({
  assignmentId: ids.assignment(1),
  workerId: ids.worker(1),
  hitId: ids.hit(1),
  marketplaceHitId: ids.marketplaceHit(1),
  protoHitId: ids.protoHit(1),
  recruitedFor: ids.reservation(1),
  isSigned: false,
  at,
});
const task = { reservationId: ids.reservation(1), foreignId: '42', at: NOW };
const arrived = (at = NOW): AssignmentEvent => ({ type: 'WorkerArrived', data: worker(at) });
const called: AssignmentEvent = { type: 'TaskAssigned', data: task };
const responded: AssignmentEvent = {
  type: 'WorkerResponded',
  data: { reservationId: ids.reservation(1), afterMs: 5_000, reactedAfterMs: null, at: LATER },
};
const released: AssignmentEvent = { type: 'WorkerReleased', data: { reason: 'notNeeded', at: LATER } };
const lost: AssignmentEvent = { type: 'WorkerLost', data: { lastPingAt: NOW, at: LATER } };
const returned: AssignmentEvent = { type: 'AssignmentReturned', data: { at: LATER } };
const abandoned: AssignmentEvent = { type: 'AssignmentAbandoned', data: { at: LATER } };
const submitted: AssignmentEvent = { type: 'AssignmentSubmitted', data: { at: LATER } };
const approved: AssignmentEvent = { type: 'AssignmentApproved', data: { at: LATER } };
const rejected: AssignmentEvent = { type: 'AssignmentRejected', data: { at: LATER } };

describe('arriving', () => {
  test('is the first ping', () => given().when(arrive, worker()).thenEmits(arrived()));
  test('happens once, however many pings there are', () => given(arrived()).when(arrive, worker()).thenNothing());
  test('is refused to somebody else', () =>
    given(arrived())
      .when(arrive, { ...worker(), workerId: ids.worker(2) })
      .thenRefused('conflict', /Bad assignment/));
  test.each([
    ['lost', lost],
    ['returned', returned],
    ['abandoned', abandoned],
  ])(
    'is a stay of their own to somebody else once the holder is %s: the marketplace gives ids out again',
    (_, gone) => {
      const second = { ...worker(LATER), workerId: ids.worker(2) };
      const before = [arrived(), called, gone] as const;
      given(...before)
        .when(arrive, second)
        .thenEmits({ type: 'WorkerArrived', data: { ...second, takesOver: true } });
      given(...before)
        .when(arrive, { ...second, isSigned: true })
        .thenState({
          phase: 'waiting',
          workerId: ids.worker(2),
          task: null,
          released: null,
          isSigned: true,
          generation: 1,
        });
    },
  );
  test('as somebody else is let in over a holder who is not heard of any more, unless that one is at work', () => {
    const second = { ...worker(LATER), workerId: ids.worker(2) };
    const silent = { ...second, silentSince: NOW };
    const came: AssignmentEvent = { type: 'WorkerArrived', data: { ...second, takesOver: true } };
    given(arrived()).when(arrive, silent).thenEmits(lost, came);
    given(arrived(), called).when(arrive, silent).thenEmits(lost, came);
    given(arrived(), released).when(arrive, silent).thenEmits(came);
    given(arrived(), called, responded)
      .when(arrive, silent)
      .thenRefused('conflict', /Bad assignment/);
    given(arrived(), submitted)
      .when(arrive, silent)
      .thenRefused('conflict', /Bad assignment/);
  });
  test('is refused with another HIT', () =>
    given(arrived())
      .when(arrive, { ...worker(), hitId: ids.hit(2) })
      .thenRefused('conflict', /Bad assignment/));
  test('again after being lost puts the worker at the end of the queue', () =>
    given(arrived(), lost).when(arrive, worker(LATER)).thenState({ phase: 'waiting', waitingSince: LATER }));
  test('again after being lost with a task brings back the same task', () =>
    given(arrived(), called, lost).when(arrive, worker(LATER)).thenState({ phase: 'called', task }));
  test('again proves a return wrong that was only inferred', () =>
    given(arrived(), returned).when(arrive, worker(LATER)).thenState({ phase: 'waiting' }));
  test('again after being released and given up does not begin a new wait: they are told once more that it is over', () =>
    given(arrived(), released, returned).when(arrive, worker(LATER)).thenEmits(arrived(LATER), released));
  test('again after their time ran out does not begin a new wait: nobody is called who cannot hand in', () =>
    given(arrived(), abandoned)
      .when(arrive, worker(LATER))
      .thenEmits(arrived(LATER), { type: 'WorkerReleased', data: { reason: 'waitedLongest', at: LATER } }));
  test('again after their time ran out at work brings back the task', () =>
    given(arrived(), called, responded, abandoned).when(arrive, worker(LATER)).thenState({ phase: 'working', task }));
  test('is told at once that there is nothing to wait for, to somebody who is blocked', () => {
    const sentAway: AssignmentEvent = { type: 'WorkerReleased', data: { reason: 'blocked', at: NOW } };
    given()
      .when(arrive, { ...worker(), isBlocked: true })
      .thenEmits(arrived(), sentAway);
    given(arrived(), lost)
      .when(arrive, { ...worker(LATER), isBlocked: true })
      .thenState({ phase: 'released', released: 'blocked' });
  });
  test('brings a task back even to somebody who was blocked since: they were called, and may hand in', () =>
    given(arrived(), called, lost)
      .when(arrive, { ...worker(LATER), isBlocked: true })
      .thenState({ phase: 'called' }));
  test('does not bring back a worker who was released or has submitted', () => {
    given(arrived(), released).when(arrive, worker(LATER)).thenNothing();
    given(arrived(), submitted).when(arrive, worker(LATER)).thenNothing();
  });
});

describe('a signed assignment', () => {
  const signed: AssignmentEvent = { type: 'WorkerArrived', data: { ...worker(), isSigned: true } };
  test('takes only requests that show its token, and of its tokens the newest', () => {
    expect(isUnproven({ isSigned: true, generation: 2 }, { generation: 2 })).toBe(false);
    for (const session of ['asks', 'unsigned', { generation: 1 }, { generation: 3 }] as const)
      expect(isUnproven({ isSigned: true, generation: 2 }, session)).toBe(true);
    expect(isAhead({ generation: 2 }, { generation: 3 })).toBe(true);
    for (const session of ['asks', 'unsigned', { generation: 1 }, { generation: 2 }] as const)
      expect(isAhead({ generation: 2 }, session)).toBe(false);
  });
  test('gets another token for a page that lost its own, once for each that is replaced', () => {
    const renewed: AssignmentEvent = { type: 'TokenRenewed', data: { generation: 1, at: LATER } };
    given(signed).when(renewToken, { replaces: 0, at: LATER }).thenEmits(renewed);
    given(signed, renewed).when(renewToken, { replaces: 0, at: LATER }).thenNothing();
    given(signed, renewed).when(renewToken, { replaces: 1, at: LATER }).thenState({ phase: 'waiting', generation: 2 });
    given(signed, renewed).when(arrive, worker(LATER)).thenNothing();
    given(signed, renewed)
      .when(assignTask, task)
      .thenEmits({ type: 'TaskAssigned', data: { ...task, generation: 1 } });
    given(arrived()).when(renewToken, { replaces: 0, at: LATER }).thenNothing();
    given()
      .when(renewToken, { replaces: 0, at: LATER })
      .thenRefused('notFound', /Bad assignment/);
  });
  test('takes no token of somebody who had its id before, also begun unsigned', () => {
    expect(isUnproven({ isSigned: false, generation: 1 }, { generation: 0 })).toBe(true);
    expect(isUnproven({ isSigned: false, generation: 1 }, 'unsigned')).toBe(false);
  });
  test('is one from its first ping on, and one begun unsigned never becomes one', () => {
    given(signed, lost).when(arrive, worker(LATER)).thenState({ isSigned: true });
    given(arrived(), lost)
      .when(arrive, { ...worker(LATER), isSigned: true })
      .thenState({ isSigned: false });
    expect(isUnproven({ isSigned: false, generation: 0 }, 'unsigned')).toBe(false);
  });
});

describe('being called', () => {
  test('gives a waiting worker a task', () => given(arrived()).when(assignTask, task).thenEmits(called));
  test('never happens twice, not even to the same reservation', () => {
    const other = { ...task, reservationId: ids.reservation(2) };
    given(arrived(), called)
      .when(assignTask, other)
      .thenRefused('conflict', /has a task/);
    given(arrived(), called)
      .when(assignTask, task)
      .thenRefused('conflict', /has a task/);
    given(arrived(), called, lost, arrived(LATER))
      .when(assignTask, other)
      .thenRefused('conflict', /has a task/);
  });
  test.each([
    ['released', released],
    ['lost', lost],
    ['returned', returned],
    ['submitted', submitted],
  ])('is refused to a worker who is %s', (phase, event) =>
    given(arrived(), event).when(assignTask, task).thenRefused('conflict', new RegExp(phase)),
  );
  test('is refused for an assignment nobody has heard of', () =>
    given()
      .when(assignTask, task)
      .thenRefused('notFound', /Bad assignment/));
});

describe('responding', () => {
  test('tells how long it took', () => given(arrived(), called).when(respond, { at: LATER }).thenEmits(responded));
  test('tells how long it took by the page’s clock, if the page says', () =>
    given(arrived(), called)
      .when(respond, { reactedAfterMs: 1_200, at: LATER })
      .thenEmits({
        type: 'WorkerResponded',
        data: { reservationId: ids.reservation(1), afterMs: 5_000, reactedAfterMs: 1_200, at: LATER },
      }));
  test('counts once', () => given(arrived(), called, responded).when(respond, { at: LATER }).thenNothing());
  test('without a call is nothing', () => given(arrived()).when(respond, { at: LATER }).thenNothing());
});

describe('releasing', () => {
  const command = { reason: 'notNeeded' as const, at: LATER };
  test('ends the wait', () => given(arrived()).when(release, command).thenEmits(released));
  test('leaves alone who was called in the meantime', () =>
    given(arrived(), called).when(release, command).thenNothing());
  test('twice is once', () => given(arrived(), released).when(release, command).thenNothing());
});

describe('losing a worker', () => {
  const command = { lastPingAt: NOW, at: LATER };
  test('happens to those who wait and to those who were called', () => {
    given(arrived()).when(lose, command).thenEmits(lost);
    given(arrived(), called).when(lose, command).thenEmits(lost);
  });
  test('does not happen to those at work, who may have left the page for the task', () =>
    given(arrived(), called, responded).when(lose, command).thenNothing());
  test('keeps the task', () => given(arrived(), called).when(lose, command).thenState({ phase: 'lost', task }));
});

describe('what the marketplace reports', () => {
  test('is believed of somebody whose page was never heard of, or who has the assignment after somebody else', () => {
    const second = { ...worker(LATER), workerId: ids.worker(2) };
    const seen: AssignmentEvent = { type: 'WorkerArrived', data: { ...second, seenBy: 'marketplace' } };
    const takesOver: AssignmentEvent = {
      type: 'WorkerArrived',
      data: { ...second, seenBy: 'marketplace', takesOver: true },
    };
    given().when(seeHolder, second).thenEmits(seen);
    given(arrived(), lost).when(seeHolder, second).thenEmits(takesOver);
    given(arrived(), called, responded).when(seeHolder, second).thenEmits(returned, takesOver);
    given(arrived()).when(seeHolder, worker(LATER)).thenNothing();
  });
  test('never makes work that was handed in another worker’s', () =>
    given(arrived(), submitted)
      .when(seeHolder, { ...worker(LATER), workerId: ids.worker(2) })
      .thenRefused('conflict', /Bad assignment/));
  test('is recorded once', () => {
    given(arrived()).when(markReturned, { at: LATER }).thenEmits(returned);
    given(arrived(), returned).when(markReturned, { at: LATER }).thenNothing();
    given(arrived(), returned).when(markAbandoned, { at: LATER }).thenNothing();
    given(arrived()).when(markSubmitted, { at: LATER }).thenEmits(submitted);
    given(arrived(), submitted).when(markSubmitted, { at: LATER }).thenNothing();
    given(arrived(), submitted).when(markApproved, { at: LATER }).thenEmits(approved);
    given(arrived(), submitted, approved).when(markApproved, { at: LATER }).thenNothing();
  });
  test('an assignment that was handed in is not returned any more', () => {
    given(arrived(), submitted).when(markReturned, { at: LATER }).thenNothing();
    given(arrived(), submitted, approved).when(markAbandoned, { at: LATER }).thenNothing();
  });
  test('a result may come from somebody we had lost', () =>
    given(arrived(), lost).when(markSubmitted, { at: LATER }).thenState({ phase: 'submitted' }));
  test('a rejection may be turned into an approval', () => {
    given(arrived(), submitted).when(markRejected, { at: LATER }).thenEmits(rejected);
    given(arrived(), submitted, rejected).when(markRejected, { at: LATER }).thenNothing();
    given(arrived(), submitted, rejected).when(markApproved, { at: LATER }).thenEmits(approved);
  });
  test('an approval is final: a late report of the rejection before it changes nothing', () =>
    given(arrived(), submitted, rejected, approved).when(markRejected, { at: LATER }).thenNothing());
});

test.each([
  ['respond', () => given().when(respond, { at: NOW })],
  ['release', () => given().when(release, { reason: 'notNeeded', at: NOW })],
  ['lose', () => given().when(lose, { lastPingAt: NOW, at: NOW })],
  ['markReturned', () => given().when(markReturned, { at: NOW })],
  ['markAbandoned', () => given().when(markAbandoned, { at: NOW })],
  ['markSubmitted', () => given().when(markSubmitted, { at: NOW })],
  ['markApproved', () => given().when(markApproved, { at: NOW })],
  ['markRejected', () => given().when(markRejected, { at: NOW })],
])('%s is refused for an assignment nobody has heard of', (_, decided) =>
  decided().thenRefused('notFound', /Bad assignment/),
);
