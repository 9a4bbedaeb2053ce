import { type ApiKey, type ApiKeyEvent, apiKeyEvents, evolveApiKey, noApiKey } from '../domain/apiKey.ts';
import {
  type Assignment,
  type AssignmentEvent,
  assignmentEvents,
  evolveAssignment,
  noAssignment,
} from '../domain/assignment.ts';
import { replay } from '../domain/decision.ts';
import type { DomainEvent, StreamName } from '../domain/event.ts';
import { evolveHit, type Hit, type HitEvent, hitEvents, noHit } from '../domain/hit.ts';
import { evolveOperator, noOperator, type Operator, type OperatorEvent, operatorEvents } from '../domain/operator.ts';
import { evolveProtoHit, noProtoHit, type ProtoHit, type ProtoHitEvent, protoHitEvents } from '../domain/protoHit.ts';
import { type ReadModelEvent, readModelEvents } from '../domain/readModels.ts';
import {
  evolveReservation,
  noReservation,
  type Reservation,
  type ReservationEvent,
  reservationEvents,
} from '../domain/reservation.ts';
import { anyWorker, evolveWorker, type Worker, type WorkerEvent, workerEvents } from '../domain/worker.ts';
import {
  evolveWorkRequest,
  noWorkRequest,
  type WorkRequest,
  type WorkRequestEvent,
  workRequestEvents,
} from '../domain/workRequest.ts';
import type { EventStore, RecordedEvent } from '../event-store/port.ts';

/** How a stream's events add up to a state. */
export type Aggregate<State, Event extends DomainEvent> = {
  readonly initial: State;
  readonly evolve: (state: State, event: Event) => State;
  readonly owns: (event: DomainEvent) => event is Event;
};

const aggregate = <State, Event extends DomainEvent>(
  initial: State,
  evolve: (state: State, event: Event) => State,
  schemas: Record<Event['type'], unknown>,
): Aggregate<State, Event> => ({
  initial,
  evolve,
  owns: (event): event is Event => Object.hasOwn(schemas, event.type),
});

export const protoHits = aggregate<ProtoHit, ProtoHitEvent>(noProtoHit, evolveProtoHit, protoHitEvents);
export const reservations = aggregate<Reservation, ReservationEvent>(
  noReservation,
  evolveReservation,
  reservationEvents,
);
export const assignments = aggregate<Assignment, AssignmentEvent>(noAssignment, evolveAssignment, assignmentEvents);
export const hits = aggregate<Hit, HitEvent>(noHit, evolveHit, hitEvents);
export const workers = aggregate<Worker, WorkerEvent>(anyWorker, evolveWorker, workerEvents);
export const workRequests = aggregate<WorkRequest, WorkRequestEvent>(
  noWorkRequest,
  evolveWorkRequest,
  workRequestEvents,
);
export const operators = aggregate<Operator, OperatorEvent>(noOperator, evolveOperator, operatorEvents);
/** Nothing is decided from what was done to them before. */
export const readModels = aggregate<null, ReadModelEvent>(null, () => null, readModelEvents);
export const apiKeys = aggregate<ApiKey, ApiKeyEvent>(noApiKey, evolveApiKey, apiKeyEvents);

/** A stream as it stood when it was read. */
export type Loaded<State> = {
  readonly stream: StreamName;
  readonly state: State;
  /** Null if there is no such stream. */
  readonly revision: number | null;
  readonly last: RecordedEvent | undefined;
};

/** Reads a stream and adds it up. Loads of one turn of the event loop share a query. */
export async function load<State, Event extends DomainEvent>(
  store: EventStore,
  { initial, evolve, owns }: Aggregate<State, Event>,
  stream: StreamName,
): Promise<Loaded<State>> {
  const { events, revision } = await store.read(stream);
  const own = events.map((event) => {
    if (!owns(event)) throw new Error(`stream ${stream} holds a foreign event, ${event.type} at ${event.position}`);
    return event;
  });
  return { stream, state: replay(evolve, initial, own), revision, last: events.at(-1) };
}
