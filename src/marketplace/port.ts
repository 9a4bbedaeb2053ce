import type { Answer } from '../domain/answer.ts';
import type { AssignmentId, BonusId, EventId, HitId, Instant, MarketplaceHitId, WorkerId } from '../domain/ids.ts';
import type { ProtoHitFields } from '../domain/protoHit.ts';

/** A HIT to post. The same `token` again is the same HIT: it is posted once and the second call answers as the first. */
export type HitOrder = {
  readonly token: EventId;
  /** When it was decided: no marketplace knows a token for ever, so that a call made late has to look first. */
  readonly decidedAt: Instant;
  /** Travels with the HIT (MTurk: `RequesterAnnotation`), so that a listing can be matched with our log. */
  readonly hitId: HitId;
  readonly fields: ProtoHitFields;
  readonly maxAssignments: number;
};

/** What a marketplace says of a HIT it lists. */
export type MarketplaceHit = {
  readonly marketplaceHitId: MarketplaceHitId;
  /** Our id, if the HIT is ours. */
  readonly hitId: HitId | null;
  /** `open`: can be accepted; `taken`: every assignment is held by someone; `ended`: no worker can or will work on it. */
  readonly status: 'open' | 'taken' | 'ended' | 'disposed';
  readonly expiresAt: Instant;
  readonly maxAssignments: number;
  /** Assignments nobody has accepted, accepted and not handed in, and approved or rejected. */
  readonly available: number;
  readonly pending: number;
  readonly completed: number;
};

/** Work that was handed in. */
export type MarketplaceAssignment = {
  readonly assignmentId: AssignmentId;
  readonly workerId: WorkerId;
  readonly marketplaceHitId: MarketplaceHitId;
  readonly status: 'submitted' | 'approved' | 'rejected';
  /** By the marketplace's own clock; absent if it does not tell. `reviewedAt`: approved or rejected. */
  readonly acceptedAt?: Instant | undefined;
  readonly submittedAt?: Instant | undefined;
  readonly reviewedAt?: Instant | undefined;
  /** What the form held, and how many of its fields were too many; absent if the marketplace does not tell. */
  readonly answer?: Answer | undefined;
  readonly fieldsLeftOut?: number | undefined;
};

/** Money on top of the reward, in US cents; `token` makes it one payment, however often and however late it is asked for. */
export type BonusPayment = {
  readonly token: BonusId;
  readonly decidedAt: Instant;
  readonly assignmentId: AssignmentId;
  readonly workerId: WorkerId;
  readonly cents: number;
  readonly reason: string;
  /** How many bonuses of the same amount and reason this assignment is known to have been paid. */
  readonly paidAlike: number;
};

/**
 * Why a call did not succeed. `final`: the marketplace itself looked at this call and refused it; it will never succeed
 * as it is. `passing`: everything else. The outcome may be unknown; the same call again is safe.
 */
export type MarketplaceFault = {
  readonly type: 'fault';
  readonly lasting: 'passing' | 'final';
  /** The marketplace's own error code, or the kind of transport error. */
  readonly code: string;
  readonly message: string;
};

export type Outcome<Value> = { readonly type: 'done'; readonly value: Value } | MarketplaceFault;

/**
 * Where people are recruited. Every call answers with an `Outcome`, never throws for what a marketplace can
 * do, and is bounded in time. Every call is safe to repeat: posting and paying carry a token, the others are
 * idempotent by nature (expiring an expired HIT or approving an approved assignment is `done`).
 */
export type Marketplace = {
  readonly name: string;
  readonly postHit: (order: HitOrder) => Promise<Outcome<{ marketplaceHitId: MarketplaceHitId; expiresAt: Instant }>>;
  /** From now on nobody can accept it; those who hold an assignment may finish. */
  readonly expireHit: (hit: MarketplaceHitId) => Promise<Outcome<null>>;
  /** Forgets a HIT that has ended and whose work is all approved or rejected. */
  readonly disposeHit: (hit: MarketplaceHitId) => Promise<Outcome<null>>;
  /** Every HIT of ours that the marketplace still lists, in pages as they come. */
  readonly listHits: () => AsyncIterable<Outcome<readonly MarketplaceHit[]>>;
  /** What was handed in for one HIT, all pages. */
  readonly listAssignments: (hit: MarketplaceHitId) => Promise<Outcome<readonly MarketplaceAssignment[]>>;
  /** `overridesRejection`: although it was rejected; else that is a final fault. */
  readonly approve: (
    assignment: AssignmentId,
    options?: { readonly overridesRejection: boolean },
  ) => Promise<Outcome<null>>;
  readonly reject: (assignment: AssignmentId, feedback: string) => Promise<Outcome<null>>;
  readonly bonus: (payment: BonusPayment) => Promise<Outcome<null>>;
  /** Keeps a worker from our HITs; those they hold they may finish. MTurk may hold it against their account. */
  readonly block: (worker: WorkerId, reason: string) => Promise<Outcome<null>>;
  readonly unblock: (worker: WorkerId, reason: string) => Promise<Outcome<null>>;
  /** E-mails workers (MTurk: only those whose work was approved or rejected). Answers whom it could not reach. */
  readonly notify: (message: {
    workerIds: readonly WorkerId[];
    subject: string;
    text: string;
  }) => Promise<Outcome<readonly { workerId: WorkerId; message: string }[]>>;
  /** US cents left to spend. */
  readonly balance: () => Promise<Outcome<number>>;
};
