import type { DomainEvent } from '../domain/event.ts';
import { durationInWords, momentInWords } from './moment.ts';

/**
 * What happened, in one sentence for a person who has never seen the log. `subject` names whom or what an event of an
 * assignment or a HIT is about, where the event does not say it: `Worker A1B2`.
 */
export function inWords(event: DomainEvent, subject?: string): string {
  const worker = subject ?? 'The worker';
  const hit = subject ?? 'The HIT';
  switch (event.type) {
    case 'ProtoHitDefined':
      return `ProtoHIT ${quoted(event.data.fields.hitTypeId)} was defined: ${quoted(event.data.fields.title)}, ${dollars(event.data.fields.rewardCents)} an assignment, for ${market(event.data.sandbox)}.`;
    case 'ProtoHitRevised':
      return `The ProtoHIT was revised: ${quoted(event.data.fields.title)}, ${dollars(event.data.fields.rewardCents)} an assignment.`;
    case 'SandboxSwitched':
      return `The ProtoHIT's next HITs go to ${market(event.data.sandbox)}.`;
    case 'ProtoHitRetired':
      return 'The ProtoHIT was retired: it takes no new reservations.';
    case 'ProtoHitRestored':
      return 'The ProtoHIT was restored: it takes reservations again.';

    case 'ReservationMade':
      return `The reservation was made: ${people(event.data.numAssignments)} wanted for ${quoted(event.data.foreignId)}, work expected at ${momentInWords(event.data.expectedAt)}.`;
    case 'ReservationInvoked':
      return `The reservation was invoked: its workers were wanted now, for ${quoted(event.data.foreignId)}.`;
    case 'ForeignIdChanged':
      return `The work was named ${quoted(event.data.foreignId)} from here on.`;
    case 'RecruitingStopped':
      return 'Recruiting was stopped: the reservation was invoked long ago, and nobody finished it or invoked it again.';
    case 'RecruitingResumed':
      return 'The reservation was invoked again, and recruiting went on.';
    case 'WorkerDispatched':
      return `Worker ${event.data.workerId} (assignment ${event.data.assignmentId}) was given one of its slots.`;
    case 'SlotReopened':
      return `The slot of assignment ${event.data.assignmentId} was opened again: ${REOPENED[event.data.reason]}.`;
    case 'ReservationFinished':
      return 'The reservation was finished: no more workers are sent to it.';
    case 'ReservationUnfinished':
      return 'The reservation was opened again, as it stood before it was closed.';
    case 'ReservationCancelled':
      return 'The reservation was cancelled.';
    case 'ReservationTimedOut':
      return 'The reservation was given up: nobody invoked it in time.';

    case 'WorkerArrived':
      return `Worker ${event.data.workerId} came to the page (assignment ${event.data.assignmentId}, HIT ${event.data.marketplaceHitId}${event.data.isSigned ? '' : ', unsigned'}) and waits.`;
    case 'TokenRenewed':
      return `The page of ${subject ?? 'the worker'} had lost its token after a silence, and got another: the one before opens nothing any more.`;
    case 'TaskAssigned':
      return `${worker} was called to reservation ${event.data.reservationId}, task ${quoted(event.data.foreignId)}.`;
    case 'WorkerResponded':
      return `${worker} came to the task ${durationInWords(event.data.afterMs)} after the call${reactedInWords(event.data.reactedAfterMs)}.`;
    case 'SlotLost':
      return `The slot of ${subject ?? 'the worker'} was opened for somebody else; until that one is called, coming gets it back.`;
    case 'WorkerReleased':
      return `${worker} was told that the wait is over and may submit for pay: ${RELEASED[event.data.reason]}.`;
    case 'WorkerLost':
      return `${worker} was given up as gone: the page was last heard of at ${momentInWords(event.data.lastPingAt)}.`;
    case 'AssignmentReturned':
      return `${worker} gave the assignment back, the marketplace reported.`;
    case 'AssignmentAbandoned':
      return `${worker} let the assignment's time run out without a result, the marketplace reported.`;
    case 'AssignmentSubmitted':
      return `${worker} submitted the assignment at ${momentInWords(event.data.at)}, the marketplace reported.`;
    case 'AssignmentApproved':
      return `${worker} is paid by the marketplace: the assignment was approved.`;
    case 'AssignmentRejected':
      return `${worker} is not paid: the assignment was rejected.`;
    case 'ApprovalRequested':
      return `${worker} was to be paid${event.data.overridesRejection ? ', though the work had been rejected' : ''}.`;
    case 'RejectionRequested':
      return `${worker} was not to be paid, and to be told ${quoted(event.data.feedback)}.`;
    case 'ReviewFailed':
      return `The marketplace would not take the decision about ${whose(subject)} work: ${event.data.code}, ${quoted(event.data.message)}.`;
    case 'BonusGranted':
      return `${worker} was to get a bonus of ${dollars(event.data.amountCents)}: ${quoted(event.data.reason)}.`;
    case 'BonusPaid':
      return `${worker} got the bonus.`;
    case 'BonusFailed':
      return `${worker} did not get the bonus, the marketplace refused: ${event.data.code}, ${quoted(event.data.message)}.`;

    case 'WorkerBlocked':
      return `Worker ${event.data.workerId} was blocked, ${event.data.onMarketplace ? 'here and on the marketplace' : 'here'}: ${quoted(event.data.reason)}. They wait here no more.`;
    case 'WorkerUnblocked':
      return 'The worker is welcome again.';
    case 'MarketplaceBlocked':
      return 'The marketplace keeps the worker from our HITs.';
    case 'MarketplaceUnblocked':
      return 'The marketplace lets the worker accept our HITs again.';
    case 'MarketplaceBlockFailed':
      return `The marketplace would not change whether the worker is blocked there: ${event.data.code}, ${quoted(event.data.message)}.`;

    case 'WorkerPinged':
      return `The page of worker ${event.data.workerId} said that they ${PINGED[event.data.pingType]}.`;

    case 'HitPostRequested':
      return `A HIT of ${people(event.data.maxAssignments)} was to be posted to ${market(event.data.sandbox)}${event.data.recruitedFor === null ? '' : ` for reservation ${event.data.recruitedFor}`}, ${dollars(event.data.fields.rewardCents)} an assignment.`;
    case 'HitPosted':
      return `The marketplace posted the HIT as ${event.data.marketplaceHitId}, to be accepted until ${momentInWords(event.data.expiresAt)}.`;
    case 'HitPostFailed':
      return `The marketplace refused to post the HIT: ${event.data.code}, ${quoted(event.data.message)}.`;
    case 'HitExpireRequested':
      return `${hit} was to be taken off the market: ${EXPIRED[event.data.reason]}.`;
    case 'HitExpired':
      return `${hit} left the market: nobody can accept it any more.`;
    case 'HitExpireFailed':
      return `${hit} could not be taken off the market: ${event.data.code}, ${quoted(event.data.message)}.`;
    case 'HitDisposed':
      return `${hit} was deleted from the marketplace.`;
    case 'HitListed':
      return `${hit} has ${event.data.available} places open and ${event.data.pending} held, the marketplace said.`;

    case 'WorkRequestMade':
      return `Work was noted for ${quoted(event.data.foreignId)} by the old putwork.`;
    case 'WorkRequestDone':
      return 'The noted work was done.';
    case 'WorkRequestReopened':
      return 'The noted work was not done after all.';

    case 'ApiKeyIssued': {
      const { apiKeyId, label, scopes, protoHitId } = event.data;
      const named = label === '' ? '' : `, ${quoted(label)}`;
      const limit = protoHitId === null ? '' : `, for ProtoHIT ${protoHitId} alone`;
      return `API key ${apiKeyId} was issued${named}, for ${scopes.join(' and ')}${limit}.`;
    }
    case 'ApiKeyRevoked':
      return 'The API key was revoked: it opens nothing any more.';

    case 'LogOpened':
      return `The log was opened by version ${event.data.version} of the service.`;
    case 'LogUpgraded':
      return `The log is written in format ${event.data.format} from here on, by version ${event.data.version}.`;

    case 'SchedulerElected':
      return `Node ${event.data.node} decides for all from here on.`;
    case 'SchedulerActed':
      return `The scheduler elected in revision ${event.data.elected} wrote to ${streams(event.data.streams)}.`;

    case 'OperatorAdded':
      return `${event.data.operator} may sign in to the pages.`;
    case 'OperatorPasswordChanged':
      return 'The operator got another password, and was signed out everywhere.';
    case 'OperatorRemoved':
      return 'The operator may sign in no more.';
    case 'OperatorSignedIn':
      return `The operator signed in from ${event.data.from}.`;
    case 'OperatorSignInRefused':
      return `Somebody at ${event.data.from} tried to sign in by this name, with a wrong password.`;
    case 'OperatorSignInThrottled':
      return `Somebody at ${event.data.from} tried to sign in by this name after too many refused tries, and was not even looked at; nor are others for a while.`;
    case 'OperatorSignedOut':
      return 'The operator signed out.';

    case 'ReadModelRebuildOrdered':
      return `An operator had read models made anew: ${event.data.names.join(', ')}.`;
    case 'ReadModelRetried':
      return `An operator had read models that stood still try again: ${event.data.names.join(', ')}.`;
    case 'ReadModelEventSkipped':
      return `An operator had the read model ${event.data.name} pass over ${event.data.type} at position ${event.data.position}.`;
    case 'ReadModelSkipLifted':
      return `An operator had the read model ${event.data.name} take ${event.data.type} at position ${event.data.position} again from its next rebuild on.`;

    default:
      return unknown(event);
  }
}

/** A new type of event does not compile until it has its words here. */
const unknown = (event: never): string => `something that has no words yet: ${JSON.stringify(event)}`;

const PINGED = {
  waiting: 'are waiting',
  idle: 'do not react',
  left: 'have left',
  working: 'are working',
  submitting: 'are about to submit',
} as const;

const reactedInWords = (ms: number | null): string =>
  ms === null ? '' : `, ${durationInWords(ms)} after the page rang`;

const REOPENED = {
  lost: 'the worker was gone',
  neverResponded: 'the worker never came to the task',
  returned: 'the worker gave the assignment back',
  abandoned: "the assignment's time ran out",
} as const;

const RELEASED = {
  notNeeded: 'nobody needed them any more',
  waitedLongest: 'they had waited as long as anyone may be asked to',
  blocked: 'they are blocked',
  tooLate: 'they had not started, and somebody else had their place',
  over: 'the reservation ended before they started',
} as const;

const EXPIRED = {
  cancelled: 'its reservation was cancelled',
  notNeeded: 'nobody needed it any more',
  finishedAll: 'every reservation was finished',
} as const;

/** Others' words, on one line and without what a terminal would obey. */
const quoted = (text: string): string => JSON.stringify(text);
const whose = (subject: string | undefined): string => (subject === undefined ? "the worker's" : `${subject}'s`);
const people = (count: number): string => (count === 1 ? '1 worker' : `${count} workers`);
const streams = (count: number): string => (count === 1 ? '1 stream' : `${count} streams`);
const market = (sandbox: boolean): string => (sandbox ? "the marketplace's sandbox" : 'the real marketplace');

/** US cents as dollars. */
export const dollars = (cents: number): string => `${(cents / 100).toFixed(2)} USD`;
