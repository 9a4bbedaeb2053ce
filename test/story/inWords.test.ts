import { expect, test } from 'vitest';
import { type DomainEvent, type EventType, eventSchemas } from '../../src/domain/event.ts';
import { OperatorName } from '../../src/domain/operator.ts';
import { inWords } from '../../src/story/inWords.ts';
import { momentInWords } from '../../src/story/moment.ts';
import { fields, ids, STARTED_AT } from '../support/events.ts';

const at = STARTED_AT;
type Examples = { readonly [Type in EventType]: readonly [Extract<DomainEvent, { type: Type }>['data'], string] };

/** Of every type of event: one, and what a person is told. */
const EXAMPLES: Examples = {
  ProtoHitDefined: [
    { protoHitId: ids.protoHit(1), fields: fields(), sandbox: true, at },
    `ProtoHIT "find-verbs" was defined: "Find the verbs", 0.12 USD an assignment, for the marketplace's sandbox.`,
  ],
  ProtoHitRevised: [
    { fields: fields({ title: 'Find "nouns"\nnow', rewardCents: 5 }), at },
    'The ProtoHIT was revised: "Find \\"nouns\\"\\nnow", 0.05 USD an assignment.',
  ],
  SandboxSwitched: [{ sandbox: false, at }, "The ProtoHIT's next HITs go to the real marketplace."],
  ProtoHitRetired: [{ at }, 'The ProtoHIT was retired: it takes no new reservations.'],
  ProtoHitRestored: [{ at }, 'The ProtoHIT was restored: it takes reservations again.'],
  ReservationMade: [
    {
      ...{ reservationId: ids.reservation(1), protoHitId: ids.protoHit(1), foreignId: '42', payload: null },
      ...{ expectedAt: at, numAssignments: 2, at },
    },
    'The reservation was made: 2 workers wanted for "42", work expected at 2027-01-15T08:00:00.000Z.',
  ],
  ReservationInvoked: [{ foreignId: '42', at }, 'The reservation was invoked: its workers were wanted now, for "42".'],
  ForeignIdChanged: [{ foreignId: '43', at }, 'The work was named "43" from here on.'],
  RecruitingStopped: [
    { at },
    'Recruiting was stopped: the reservation was invoked long ago, and nobody finished it or invoked it again.',
  ],
  RecruitingResumed: [{ at }, 'The reservation was invoked again, and recruiting went on.'],
  WorkerDispatched: [
    { assignmentId: ids.assignment(1), workerId: ids.worker(1), at },
    'Worker WORKER1 (assignment ASSIGNMENT1) was given one of its slots.',
  ],
  SlotReopened: [
    { assignmentId: ids.assignment(1), reason: 'neverResponded', at },
    'The slot of assignment ASSIGNMENT1 was opened again: the worker never came to the task.',
  ],
  ReservationFinished: [{ at }, 'The reservation was finished: no more workers are sent to it.'],
  ReservationUnfinished: [{ at }, 'The reservation was opened again, as it stood before it was closed.'],
  ReservationCancelled: [{ at }, 'The reservation was cancelled.'],
  ReservationTimedOut: [{ at }, 'The reservation was given up: nobody invoked it in time.'],
  WorkerArrived: [
    {
      ...{ assignmentId: ids.assignment(1), workerId: ids.worker(1), hitId: ids.hit(1), recruitedFor: null, at },
      ...{ marketplaceHitId: ids.marketplaceHit(1), protoHitId: ids.protoHit(1), isSigned: true },
    },
    'Worker WORKER1 came to the page (assignment ASSIGNMENT1, HIT MARKETHIT1) and waits.',
  ],
  TokenRenewed: [
    { generation: 1, at },
    'The page of the worker had lost its token after a silence, and got another: the one before opens nothing any more.',
  ],
  TaskAssigned: [
    { reservationId: ids.reservation(1), foreignId: '42', at },
    `The worker was called to reservation ${ids.reservation(1)}, task "42".`,
  ],
  WorkerResponded: [
    { reservationId: ids.reservation(1), afterMs: 900, reactedAfterMs: 700, at },
    'The worker came to the task 0.9 s after the call, 0.7 s after the page rang.',
  ],
  WorkerReleased: [
    { reason: 'notNeeded', at },
    'The worker was told that the wait is over and may submit for pay: nobody needed them any more.',
  ],
  SlotLost: [
    { reservationId: ids.reservation(1), at },
    'The slot of the worker was opened for somebody else; until that one is called, coming gets it back.',
  ],
  WorkerLost: [
    { lastPingAt: at, at },
    'The worker was given up as gone: the page was last heard of at 2027-01-15T08:00:00.000Z.',
  ],
  AssignmentReturned: [{ at }, 'The worker gave the assignment back, the marketplace reported.'],
  AssignmentAbandoned: [
    { at },
    "The worker let the assignment's time run out without a result, the marketplace reported.",
  ],
  AssignmentSubmitted: [
    { at },
    `The worker submitted the assignment at ${momentInWords(at)}, the marketplace reported.`,
  ],
  AssignmentApproved: [{ at }, 'The worker is paid by the marketplace: the assignment was approved.'],
  AssignmentRejected: [{ at }, 'The worker is not paid: the assignment was rejected.'],
  ApprovalRequested: [
    { overridesRejection: true, at },
    'The worker was to be paid, though the work had been rejected.',
  ],
  RejectionRequested: [
    { feedback: 'Nothing was filled in.', at },
    'The worker was not to be paid, and to be told "Nothing was filled in.".',
  ],
  ReviewFailed: [
    { code: 'Refused', message: 'no', at },
    'The marketplace would not take the decision about the worker\'s work: Refused, "no".',
  ],
  BonusGranted: [
    { bonusId: ids.bonus(1), amountCents: 3, reason: 'Quick.', at },
    'The worker was to get a bonus of 0.03 USD: "Quick.".',
  ],
  BonusPaid: [{ bonusId: ids.bonus(1), at }, 'The worker got the bonus.'],
  BonusFailed: [
    { bonusId: ids.bonus(1), code: 'Refused', message: 'no', at },
    'The worker did not get the bonus, the marketplace refused: Refused, "no".',
  ],
  WorkerBlocked: [
    { workerId: ids.worker(1), reason: 'Random clicks.', onMarketplace: false, at },
    'Worker WORKER1 was blocked, here: "Random clicks.". They wait here no more.',
  ],
  WorkerUnblocked: [{ at }, 'The worker is welcome again.'],
  MarketplaceBlocked: [{ at }, 'The marketplace keeps the worker from our HITs.'],
  MarketplaceUnblocked: [{ at }, 'The marketplace lets the worker accept our HITs again.'],
  MarketplaceBlockFailed: [
    { code: 'Refused', message: 'no', at },
    'The marketplace would not change whether the worker is blocked there: Refused, "no".',
  ],
  WorkerPinged: [
    { assignmentId: ids.assignment(1), workerId: ids.worker(1), pingType: 'waiting', at },
    'The page of worker WORKER1 said that they are waiting.',
  ],
  HitPostRequested: [
    {
      ...{ hitId: ids.hit(1), protoHitId: ids.protoHit(1), recruitedFor: ids.reservation(1), fields: fields() },
      ...{ sandbox: false, maxAssignments: 1, at },
    },
    `A HIT of 1 worker was to be posted to the real marketplace for reservation ${ids.reservation(1)}, 0.12 USD an assignment.`,
  ],
  HitPosted: [
    { marketplaceHitId: ids.marketplaceHit(1), expiresAt: at, at },
    'The marketplace posted the HIT as MARKETHIT1, to be accepted until 2027-01-15T08:00:00.000Z.',
  ],
  HitPostFailed: [
    { code: 'Refused', message: 'no money', at },
    'The marketplace refused to post the HIT: Refused, "no money".',
  ],
  HitExpireRequested: [
    { reason: 'cancelled', at },
    'The HIT was to be taken off the market: its reservation was cancelled.',
  ],
  HitExpired: [{ at }, 'The HIT left the market: nobody can accept it any more.'],
  HitExpireFailed: [
    { code: 'Refused', message: 'no', at },
    'The HIT could not be taken off the market: Refused, "no".',
  ],
  HitDisposed: [{ at }, 'The HIT was deleted from the marketplace.'],
  HitListed: [
    { available: 2, pending: 1, arrivals: 0, at },
    'The HIT has 2 places open and 1 held, the marketplace said.',
  ],
  WorkRequestMade: [
    { workRequestId: ids.workRequest(1), protoHitId: ids.protoHit(1), foreignId: '7', payload: null, at },
    'Work was noted for "7" by the old putwork.',
  ],
  WorkRequestDone: [{ at }, 'The noted work was done.'],
  WorkRequestReopened: [{ at }, 'The noted work was not done after all.'],
  ApiKeyIssued: [
    { apiKeyId: ids.apiKey(1), label: 'the shop', scopes: ['commands', 'read'], protoHitId: ids.protoHit(2), at },
    `API key ${ids.apiKey(1)} was issued, "the shop", for commands and read, for ProtoHIT ${ids.protoHit(2)} alone.`,
  ],
  ApiKeyRevoked: [{ at }, 'The API key was revoked: it opens nothing any more.'],
  LogOpened: [
    { application: 'retainer', logId: '01890000-0000-7000-8000-000000000000', format: 1, version: '0.1.0', at },
    'The log was opened by version 0.1.0 of the service.',
  ],
  LogUpgraded: [{ format: 2, version: '0.2.0', at }, 'The log is written in format 2 from here on, by version 0.2.0.'],
  ReadModelRebuildOrdered: [{ names: ['hits', 'tasks'], at }, 'An operator had read models made anew: hits, tasks.'],
  ReadModelRetried: [{ names: ['hits'], at }, 'An operator had read models that stood still try again: hits.'],
  ReadModelEventSkipped: [
    { name: 'hits', position: '42', type: 'HitPosted', at },
    'An operator had the read model hits pass over HitPosted at position 42.',
  ],
  ReadModelSkipLifted: [
    { name: 'hits', position: '42', type: 'HitPosted', at },
    'An operator had the read model hits take HitPosted at position 42 again from its next rebuild on.',
  ],
  SchedulerElected: [{ node: 'left-1', at }, 'Node left-1 decides for all from here on.'],
  SchedulerActed: [{ elected: 4, streams: 2, at }, 'The scheduler elected in revision 4 wrote to 2 streams.'],
  OperatorAdded: [{ operator: OperatorName.parse('ann'), at }, 'ann may sign in to the pages.'],
  OperatorPasswordChanged: [{ at }, 'The operator got another password, and was signed out everywhere.'],
  OperatorRemoved: [{ at }, 'The operator may sign in no more.'],
  OperatorSignedIn: [{ from: '192.0.2.1', at }, 'The operator signed in from 192.0.2.1.'],
  OperatorSignInRefused: [
    { from: '192.0.2.1', at },
    'Somebody at 192.0.2.1 tried to sign in by this name, with a wrong password.',
  ],
  OperatorSignInThrottled: [
    { from: '192.0.2.1', at },
    'Somebody at 192.0.2.1 tried to sign in by this name after too many refused tries, and was not even looked at; nor are others for a while.',
  ],
  OperatorSignedOut: [{ at }, 'The operator signed out.'],
};

test.each(Object.entries(EXAMPLES))('%s is said in words', (type, [data, words]) => {
  expect(inWords({ type, data } as DomainEvent)).toBe(words);
});

test('whom an event is about is said by whoever knows', () => {
  expect(inWords({ type: 'AssignmentSubmitted', data: { at } }, 'Worker WORKER1')).toMatch(/^Worker WORKER1 submitted/);
  expect(inWords({ type: 'HitExpired', data: { at } }, 'HIT MARKETHIT1')).toMatch(/^HIT MARKETHIT1 left the market/);
});

test('the examples are events as the log would hold them', () => {
  expect(Object.keys(EXAMPLES).sort()).toEqual(Object.keys(eventSchemas).sort());
  for (const [type, [data]] of Object.entries(EXAMPLES))
    expect(eventSchemas[type as EventType].safeParse(data).error).toBeUndefined();
});
