import type { DomainEvent, NewEvent } from '../../src/domain/event.ts';
import {
  ApiKeyId,
  AssignmentId,
  BonusId,
  EventId,
  HitId,
  type Instant,
  MarketplaceHitId,
  ProtoHitId,
  ReservationId,
  WorkerId,
  WorkRequestId,
} from '../../src/domain/ids.ts';
import type { ProtoHitFields } from '../../src/domain/protoHit.ts';

const uuid = (kind: number, n: number): string => `0000000${kind}-0000-7000-8000-${String(n).padStart(12, '0')}`;

/** Ids by number. */
export const ids = {
  protoHit: (n: number) => ProtoHitId.parse(uuid(1, n)),
  reservation: (n: number) => ReservationId.parse(uuid(2, n)),
  hit: (n: number) => HitId.parse(uuid(3, n)),
  workRequest: (n: number) => WorkRequestId.parse(uuid(4, n)),
  apiKey: (n: number) => ApiKeyId.parse(uuid(5, n)),
  bonus: (n: number) => BonusId.parse(uuid(7, n)),
  event: (n: number) => EventId.parse(uuid(6, n)),
  assignment: (n: number) => AssignmentId.parse(`ASSIGNMENT${n}`),
  worker: (n: number) => WorkerId.parse(`WORKER${n}`),
  marketplaceHit: (n: number) => MarketplaceHitId.parse(`MARKETHIT${n}`),
};

export const STARTED_AT: Instant = 1_800_000_000_000;

export const fields = (changes: Partial<ProtoHitFields> = {}): ProtoHitFields => ({
  hitTypeId: 'find-verbs',
  title: 'Find the verbs',
  description: 'Click every verb in a paragraph, "quoted" or \\not.',
  keywords: 'verbs, words',
  url: 'https://example.com/verbs?a=1&b=2',
  frameHeight: 600,
  rewardCents: 12,
  assignmentDurationSeconds: 600,
  lifetimeSeconds: 3600,
  autoApprovalDelaySeconds: 86_400,
  maxAssignments: 1,
  workerLocale: 'US',
  approvalRating: 90,
  maxWaitSeconds: 300,
  ...changes,
});

/** An event ready to append, the `n`th; what these tests do not care about is filled in. */
export const newEvent = (event: DomainEvent, n: number, recordedAt: Instant = STARTED_AT): NewEvent => ({
  ...event,
  id: ids.event(n),
  recordedAt,
  metadata: { actor: 'anyone', correlationId: 'a test', causationId: 'a test' },
});
