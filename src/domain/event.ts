import type { z } from 'zod';
import { type ApiKeyEvent, apiKeyEvents } from './apiKey.ts';
import { type AssignmentEvent, assignmentEvents } from './assignment.ts';
import { type HitEvent, hitEvents } from './hit.ts';
import type {
  ApiKeyId,
  AssignmentId,
  EventId,
  HitId,
  Instant,
  ProtoHitId,
  ReservationId,
  WorkerId,
  WorkRequestId,
} from './ids.ts';
import { type LogEvent, logEvents } from './log.ts';
import { type OperatorEvent, type OperatorName, operatorEvents } from './operator.ts';
import { type PresenceEvent, presenceEvents } from './presence.ts';
import { type ProtoHitEvent, protoHitEvents } from './protoHit.ts';
import { type ReadModelEvent, readModelEvents } from './readModels.ts';
import { type ReservationEvent, reservationEvents } from './reservation.ts';
import { type SchedulerEvent, schedulerEvents } from './scheduler.ts';
import { type WorkerEvent, workerEvents } from './worker.ts';
import { type WorkRequestEvent, workRequestEvents } from './workRequest.ts';

/** Everything that can happen. */
export type DomainEvent =
  | ProtoHitEvent
  | ReservationEvent
  | AssignmentEvent
  | PresenceEvent
  | HitEvent
  | WorkerEvent
  | WorkRequestEvent
  | ApiKeyEvent
  | OperatorEvent
  | LogEvent
  | SchedulerEvent
  | ReadModelEvent;

export type EventType = DomainEvent['type'];

/** The shape of each event's data, as written today. Older shapes are upcast when read (event-store/upcasters.ts). */
export const eventSchemas = {
  ...protoHitEvents,
  ...reservationEvents,
  ...assignmentEvents,
  ...presenceEvents,
  ...hitEvents,
  ...workerEvents,
  ...workRequestEvents,
  ...apiKeyEvents,
  ...operatorEvents,
  ...logEvents,
  ...schedulerEvents,
  ...readModelEvents,
} satisfies Record<EventType, z.ZodType>;

/** Who did it: `key:<id>`, `operator:<name>`, `worker:<id>`, `anyone` (an open API), `scheduler`, `marketplace`. */
export type Actor =
  | `key:${string}`
  | `operator:${string}`
  | `worker:${string}`
  | 'anyone'
  | 'scheduler'
  | 'marketplace';

export type EventMetadata = {
  readonly actor: Actor;
  /** The reservation that the event serves, else the request. */
  readonly correlationId: string;
  /** The event or request that caused it. */
  readonly causationId: string;
  /** W3C's trace context of the append, if it was traced: what the event causes joins its trace. */
  readonly traceparent?: string | undefined;
};

/** An event about to be appended. `id` makes the append idempotent: the same ids again are the same append. */
export type NewEvent = DomainEvent & {
  readonly id: EventId;
  readonly recordedAt: Instant;
  readonly metadata: EventMetadata;
};

export type StreamName = `${StreamCategory}-${string}`;
export type StreamCategory =
  | 'protoHit'
  | 'reservation'
  | 'assignment'
  | 'presence'
  | 'hit'
  | 'worker'
  | 'workRequest'
  | 'apiKey'
  | 'operator'
  | 'log'
  | 'scheduler'
  | 'readModels';

export const streamOf = {
  protoHit: (id: ProtoHitId): StreamName => `protoHit-${id}`,
  reservation: (id: ReservationId): StreamName => `reservation-${id}`,
  assignment: (id: AssignmentId): StreamName => `assignment-${id}`,
  presence: (id: AssignmentId): StreamName => `presence-${id}`,
  hit: (id: HitId): StreamName => `hit-${id}`,
  worker: (id: WorkerId): StreamName => `worker-${id}`,
  workRequest: (id: WorkRequestId): StreamName => `workRequest-${id}`,
  apiKey: (id: ApiKeyId): StreamName => `apiKey-${id}`,
  operator: (name: OperatorName): StreamName => `operator-${name}`,
  log: (): StreamName => 'log-retainer',
  scheduler: (): StreamName => 'scheduler-retainer',
  readModels: (): StreamName => 'readModels-retainer',
} as const;

/** The id part of a stream's name. */
export const streamId = (stream: StreamName): string => stream.slice(stream.indexOf('-') + 1);
