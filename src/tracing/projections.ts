import { type Context, SpanKind, type Tracer } from '@opentelemetry/api';
import type { RecordedEvent } from '../event-store/port.ts';
import type { Projection } from '../projections/projection.ts';
import { noteFailure } from './span.ts';
import { contextOf, traceIdOf } from './traceparent.ts';

/** Events older than this are history being caught up with or rebuilt: their traces are long told. */
const RECENT_MS = 60_000;
/** Most traces of one batch that hear of it. */
const MOST_TRACES = 100;

/** The same projections; a batch that one of them applies is a span in each trace that the batch holds events of. */
export const tracedProjections = (projections: readonly Projection[], tracer: Tracer): readonly Projection[] =>
  projections.map((projection) => ({
    ...projection,
    apply: async (tx, events) => {
      const options = { kind: SpanKind.CONSUMER, attributes: { 'retainer.batch_events': events.length } };
      const spans = tracesOf(events).map((parent) => tracer.startSpan(`project ${projection.name}`, options, parent));
      try {
        return await projection.apply(tx, events);
      } catch (error) {
        for (const span of spans) noteFailure(span, error);
        throw error;
      } finally {
        for (const span of spans) span.end();
      }
    },
  }));

/** One context a trace: of its last event, for that is what the batch had to reach. */
function tracesOf(events: readonly RecordedEvent[]): readonly Context[] {
  const traces = new Map<string, Context>();
  const since = Date.now() - RECENT_MS;
  for (const { metadata, recordedAt } of events) {
    if (metadata.traceparent === undefined || recordedAt < since) continue;
    const context = contextOf(metadata.traceparent);
    const traceId = context && traceIdOf(context);
    if (context === undefined || traceId === undefined) continue;
    if (traces.has(traceId) || traces.size < MOST_TRACES) traces.set(traceId, context);
  }
  return [...traces.values()];
}
