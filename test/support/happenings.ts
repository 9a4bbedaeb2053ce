import { type DomainEvent, streamOf } from '../../src/domain/event.ts';
import type { Instant } from '../../src/domain/ids.ts';
import { fields, ids, STARTED_AT } from './events.ts';

type DataOf<Type extends DomainEvent['type']> = Extract<DomainEvent, { type: Type }>['data'];

/** Events by the numbers of the things they are about; `at` counts in milliseconds from the start. */
export const happened = {
  protoHitDefined: (n: number, changes: Parameters<typeof fields>[0] = {}, at: Instant = 0): DomainEvent => ({
    type: 'ProtoHitDefined',
    data: {
      protoHitId: ids.protoHit(n),
      fields: fields({ hitTypeId: `type ${n}`, ...changes }),
      sandbox: true,
      at: STARTED_AT + at,
    },
  }),
  reservationMade: (n: number, { at = 0, ...changes }: Partial<DataOf<'ReservationMade'>> = {}): DomainEvent => ({
    type: 'ReservationMade',
    data: {
      reservationId: ids.reservation(n),
      protoHitId: ids.protoHit(1),
      foreignId: `job ${n}`,
      payload: null,
      expectedAt: STARTED_AT + at + 60_000,
      numAssignments: 2,
      ...changes,
      at: STARTED_AT + at,
    },
  }),
  invoked: (at: Instant = 0, foreignId = 'job'): DomainEvent => ({
    type: 'ReservationInvoked',
    data: { foreignId, at: STARTED_AT + at },
  }),
  dispatched: (n: number, at: Instant = 0): DomainEvent => ({
    type: 'WorkerDispatched',
    data: { assignmentId: ids.assignment(n), workerId: ids.worker(n), at: STARTED_AT + at },
  }),
  reopened: (n: number, at: Instant = 0): DomainEvent => ({
    type: 'SlotReopened',
    data: { assignmentId: ids.assignment(n), reason: 'neverResponded', at: STARTED_AT + at },
  }),
  arrived: (n: number, { at = 0, ...changes }: Partial<DataOf<'WorkerArrived'>> = {}): DomainEvent => ({
    type: 'WorkerArrived',
    data: {
      assignmentId: ids.assignment(n),
      workerId: ids.worker(n),
      hitId: ids.hit(1),
      marketplaceHitId: ids.marketplaceHit(1),
      protoHitId: ids.protoHit(1),
      recruitedFor: null,
      isSigned: false,
      ...changes,
      at: STARTED_AT + at,
    },
  }),
  pinged: (n: number, at: Instant, pingType: DataOf<'WorkerPinged'>['pingType'] = 'waiting'): DomainEvent => ({
    type: 'WorkerPinged',
    data: { assignmentId: ids.assignment(n), workerId: ids.worker(n), pingType, at: STARTED_AT + at },
  }),
  taskAssigned: (reservation: number, at: Instant = 0): DomainEvent => ({
    type: 'TaskAssigned',
    data: { reservationId: ids.reservation(reservation), foreignId: `job ${reservation}`, at: STARTED_AT + at },
  }),
  responded: (reservation: number, at: Instant = 0, reactedAfterMs: number | null = null): DomainEvent => ({
    type: 'WorkerResponded',
    data: { reservationId: ids.reservation(reservation), afterMs: 900, reactedAfterMs, at: STARTED_AT + at },
  }),
  lost: (at: Instant = 0): DomainEvent => ({
    type: 'WorkerLost',
    data: { lastPingAt: STARTED_AT, at: STARTED_AT + at },
  }),
  postRequested: (n: number, { at = 0, ...changes }: Partial<DataOf<'HitPostRequested'>> = {}): DomainEvent => ({
    type: 'HitPostRequested',
    data: {
      hitId: ids.hit(n),
      protoHitId: ids.protoHit(1),
      recruitedFor: null,
      fields: fields(),
      sandbox: true,
      maxAssignments: 1,
      ...changes,
      at: STARTED_AT + at,
    },
  }),
  posted: (n: number, at: Instant = 0): DomainEvent => ({
    type: 'HitPosted',
    data: {
      marketplaceHitId: ids.marketplaceHit(n),
      expiresAt: STARTED_AT + at + 3_600_000,
      at: STARTED_AT + at,
    },
  }),
  postFailed: (at: Instant = 0): DomainEvent => ({
    type: 'HitPostFailed',
    data: { code: 'Refused', message: 'no', at: STARTED_AT + at },
  }),
  expireRequested: (at: Instant = 0): DomainEvent => ({
    type: 'HitExpireRequested',
    data: { reason: 'notNeeded', at: STARTED_AT + at },
  }),
};

type Plain = Extract<
  DomainEvent['type'],
  | 'ReservationFinished'
  | 'ReservationUnfinished'
  | 'ReservationCancelled'
  | 'ReservationTimedOut'
  | 'AssignmentReturned'
  | 'AssignmentAbandoned'
  | 'AssignmentSubmitted'
  | 'AssignmentApproved'
  | 'AssignmentRejected'
  | 'HitExpired'
  | 'HitDisposed'
>;

/** An event of which nothing is to be said but when. */
export const plainly = (type: Plain, at: Instant = 0): DomainEvent => ({ type, data: { at: STARTED_AT + at } });

/** Streams by number. */
export const on = {
  protoHit: (n: number) => streamOf.protoHit(ids.protoHit(n)),
  reservation: (n: number) => streamOf.reservation(ids.reservation(n)),
  assignment: (n: number) => streamOf.assignment(ids.assignment(n)),
  presence: (n: number) => streamOf.presence(ids.assignment(n)),
  hit: (n: number) => streamOf.hit(ids.hit(n)),
};
