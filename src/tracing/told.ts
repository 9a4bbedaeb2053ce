import { SpanKind, type Tracer } from '@opentelemetry/api';
import { streamOf } from '../domain/event.ts';
import type { Instant } from '../domain/ids.ts';
import type { EventStore } from '../event-store/port.ts';
import type { ToldTask } from '../http/worker/call.ts';
import { contextOf } from './traceparent.ts';

/**
 * A span from the stored decision to the moment its worker was told, in the trace that called the worker. The trace is
 * read from the assignment's stream, after the worker was told: whichever node tells, and nobody waits for it.
 */
export const tracedTelling =
  (store: Pick<EventStore, 'read'>, tracer: Tracer) =>
  async ({ assignmentId, reservationId }: ToldTask, toldAt: Instant): Promise<void> => {
    const { events } = await store.read(streamOf.assignment(assignmentId));
    const called = events.findLast(({ type }) => type === 'TaskAssigned');
    const parent = contextOf(called?.metadata.traceparent);
    if (called === undefined || parent === undefined) return;
    const attributes = { 'retainer.reservation_id': reservationId ?? '', 'retainer.assignment_id': assignmentId };
    // As dates: the SDK takes small numbers for offsets from the start of the process.
    const startTime = new Date(Math.min(called.recordedAt, toldAt));
    tracer.startSpan('worker told', { kind: SpanKind.CONSUMER, startTime, attributes }, parent).end(new Date(toldAt));
  };
