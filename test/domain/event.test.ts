import { expect, test } from 'vitest';
import * as aggregates from '../../src/commands/aggregates.ts';
import { type DomainEvent, type EventType, eventSchemas, streamId, streamOf } from '../../src/domain/event.ts';
import { AssignmentId } from '../../src/domain/ids.ts';
import { logEvents } from '../../src/domain/log.ts';
import { OperatorName } from '../../src/domain/operator.ts';
import { presenceEvents } from '../../src/domain/presence.ts';
import { schedulerEvents } from '../../src/domain/scheduler.ts';
import { decode, encode } from '../../src/event-store/codec.ts';
import { toPosition } from '../../src/event-store/postgres/position.ts';
import { STARTED_AT as at, fields, ids, newEvent } from '../support/events.ts';

type DataOf<Type extends EventType> = Extract<DomainEvent, { type: Type }>['data'];

const payload = { text: 'naïve "quoted" \\ 漢字', list: [1, 0.5, null, true], nested: { empty: {} } };
const person = { assignmentId: ids.assignment(1), workerId: ids.worker(1) };
const fault = { code: 'AWS.MTurk.InsufficientFunds', message: 'no money' };

/** One of each. Types are never renamed or removed: a log may hold them for ever. Here they are only added. */
const samples = {
  ProtoHitDefined: { protoHitId: ids.protoHit(1), fields: fields(), sandbox: true, at },
  ProtoHitRevised: { fields: fields({ workerLocale: '', frameHeight: 0 }), at },
  SandboxSwitched: { sandbox: false, at },
  ProtoHitRetired: { at },
  ProtoHitRestored: { at },
  ReservationMade: {
    reservationId: ids.reservation(1),
    protoHitId: ids.protoHit(1),
    foreignId: '',
    payload,
    expectedAt: at + 60_000,
    numAssignments: 10_000,
    at,
  },
  ReservationInvoked: { foreignId: '42', at },
  ForeignIdChanged: { foreignId: '43', at },
  RecruitingStopped: { at },
  RecruitingResumed: { at },
  WorkerDispatched: { ...person, at },
  SlotReopened: { assignmentId: ids.assignment(1), reason: 'neverResponded', at },
  ReservationFinished: { at },
  ReservationUnfinished: { at },
  ReservationCancelled: { at },
  ReservationTimedOut: { at },
  WorkerArrived: {
    ...person,
    hitId: ids.hit(1),
    marketplaceHitId: ids.marketplaceHit(1),
    protoHitId: ids.protoHit(1),
    recruitedFor: null,
    isSigned: true,
    at,
  },
  TokenRenewed: { generation: 1, at },
  TaskAssigned: { reservationId: ids.reservation(1), foreignId: '42', at },
  WorkerResponded: { reservationId: ids.reservation(1), afterMs: 0, reactedAfterMs: 0, at },
  WorkerReleased: { reason: 'waitedLongest', at },
  SlotLost: { reservationId: ids.reservation(1), at },
  WorkerLost: { lastPingAt: at - 40_000, at },
  AssignmentReturned: { at },
  AssignmentAbandoned: { at },
  AssignmentSubmitted: { at },
  AssignmentApproved: { at },
  AssignmentRejected: { at },
  WorkerPinged: { ...person, pingType: 'waiting', at },
  HitPostRequested: {
    hitId: ids.hit(1),
    protoHitId: ids.protoHit(1),
    recruitedFor: ids.reservation(1),
    fields: fields(),
    sandbox: true,
    maxAssignments: 1,
    at,
  },
  HitPosted: { marketplaceHitId: ids.marketplaceHit(1), expiresAt: at + 3_600_000, at },
  HitPostFailed: { ...fault, at },
  HitExpireRequested: { reason: 'cancelled', at },
  HitExpired: { at },
  HitExpireFailed: { ...fault, at },
  HitDisposed: { at },
  HitListed: { available: 0, pending: 1, arrivals: 1, at },
  ApprovalRequested: { overridesRejection: false, at },
  RejectionRequested: { feedback: 'The form was empty.', at },
  ReviewFailed: { ...fault, at },
  BonusGranted: { bonusId: ids.bonus(1), amountCents: 5, reason: 'Quick and right.', at },
  BonusPaid: { bonusId: ids.bonus(1), at },
  BonusFailed: { bonusId: ids.bonus(1), ...fault, at },
  WorkerBlocked: { workerId: ids.worker(1), reason: 'Random clicks.', onMarketplace: true, at },
  WorkerUnblocked: { at },
  MarketplaceBlocked: { at },
  MarketplaceUnblocked: { at },
  MarketplaceBlockFailed: { ...fault, at },
  WorkRequestMade: {
    workRequestId: ids.workRequest(1),
    protoHitId: ids.protoHit(1),
    foreignId: '42',
    payload: null,
    at,
  },
  WorkRequestDone: { at },
  WorkRequestReopened: { at },
  ApiKeyIssued: {
    apiKeyId: ids.apiKey(1),
    label: 'an application',
    scopes: ['commands', 'admin'],
    protoHitId: null,
    at,
  },
  ApiKeyRevoked: { at },
  LogOpened: {
    application: 'retainer',
    logId: '01890000-0000-7000-8000-000000000000',
    format: 1,
    version: '0.1.0',
    at,
  },
  LogUpgraded: { format: 2, version: '0.2.0', at },
  ReadModelRebuildOrdered: { names: ['hits'], at },
  ReadModelRetried: { names: ['hits'], at },
  ReadModelEventSkipped: { name: 'hits', position: '42', type: 'HitPosted', at },
  ReadModelSkipLifted: { name: 'hits', position: '42', type: 'HitPosted', at },
  SchedulerElected: { node: 'left-1', at },
  SchedulerActed: { elected: 0, streams: 3, at },
  OperatorAdded: { operator: OperatorName.parse('ann'), at },
  OperatorPasswordChanged: { at },
  OperatorRemoved: { at },
  OperatorSignedIn: { from: '127.0.0.1', at },
  OperatorSignInRefused: { from: '127.0.0.1', at },
  OperatorSignInThrottled: { from: '127.0.0.1', at },
  OperatorSignedOut: { at },
} as const satisfies { readonly [Type in EventType]: DataOf<Type> };

/** Nothing is decided from what these add up to. */
const aggregateless = [presenceEvents, logEvents, schedulerEvents];

const each = Object.entries(samples).map(([type, data]) => ({ type, data }) as DomainEvent);

/** As a store keeps an event and gives it back. */
function stored(event: DomainEvent) {
  const { id, recordedAt, ...written } = newEvent(event, 1);
  const { version, data, metadata } = encode({ ...written, id, recordedAt });
  return decode({
    position: toPosition(1),
    stream: 'reservation-1',
    revision: 0,
    id,
    type: event.type,
    version,
    data: JSON.parse(data),
    metadata: JSON.parse(metadata),
    recordedAt,
  });
}

test('no event type is renamed or removed', () => {
  expect(Object.keys(eventSchemas).sort()).toEqual(Object.keys(samples).sort());
});

test.each(each)('$type comes out of the log as it went in', (event) => {
  expect(eventSchemas[event.type].parse(event.data)).toEqual(event.data);
  expect(stored(event)).toMatchObject(event);
  expect(stored(event).data).toEqual(event.data);
});

test.each(each)('$type cannot lack any of its data', ({ type, data }) => {
  for (const name of Object.keys(data)) {
    const rest = Object.fromEntries(Object.entries(data).filter(([key]) => key !== name));
    expect(eventSchemas[type].safeParse(rest).success, `without ${name}`).toBe(false);
  }
});

test.each(each)('$type says when it happened, in whole milliseconds', ({ type, data }) => {
  for (const wrong of [-1, 0.5, Number.NaN, '2026-01-01', null])
    expect(eventSchemas[type].safeParse({ ...data, at: wrong }).success, String(wrong)).toBe(false);
});

test.each(each)('$type belongs to one kind of stream', (event) => {
  const owners = Object.values(aggregates).filter((one) => typeof one === 'object' && one.owns(event));
  expect(owners).toHaveLength(aggregateless.some((events) => event.type in events) ? 0 : 1);
});

test('a stream is named after its category and its id, which may hold dashes itself', () => {
  const stream = streamOf.assignment(AssignmentId.parse('3A-B-C'));
  expect(stream).toBe('assignment-3A-B-C');
  expect(streamId(stream)).toBe('3A-B-C');
});

test.each(['', 'a b', 'x'.repeat(65), 'naïve', 'a/b', "'; drop", 'a\u0000b'])('%j is no id of a marketplace', (id) => {
  expect(AssignmentId.safeParse(id).success).toBe(false);
});
