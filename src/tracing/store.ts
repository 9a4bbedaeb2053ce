import { type Context, context, SpanKind, type Tracer, trace } from '@opentelemetry/api';
import { type StreamName, streamId } from '../domain/event.ts';
import type { AppendResult, EventStore, StreamWrite } from '../event-store/port.ts';
import { inSpan } from './span.ts';
import { contextOf, traceIdOf, traceparentOf } from './traceparent.ts';

/** Most invokes whose trace is remembered for a dispatch to come. */
const MOST_REMEMBERED = 10_000;

/**
 * The same log, traced: appends are spans, and their events carry the span across the log. A dispatch is a span of the
 * trace that invoked its reservation, whoever makes it: the invoke itself, an arriving worker, the watch, another node;
 * all of them read the reservation first. What has no trace stays without: pings cost what they cost.
 */
export function tracedStore(store: EventStore, tracer: Tracer): EventStore {
  const invokes = new Map<StreamName, string>();

  const append = (writes: readonly StreamWrite[], parent: Context): Promise<AppendResult> =>
    inSpan(tracer, 'append', { parent, kind: SpanKind.PRODUCER }, async (span) => {
      const traceparent = traceparentOf(span);
      const result = await store.append(traceparent === undefined ? writes : writes.map(carrying(traceparent)));
      span.setAttributes({
        'retainer.events': writes.flatMap(({ events }) => events.map(({ type }) => type)),
        ...(result.type === 'conflict' ? { 'retainer.conflict': result.stream } : {}),
      });
      return result;
    });

  const dispatch = (writes: readonly StreamWrite[], stream: StreamName): Promise<AppendResult> => {
    const active = context.active();
    const invoke = contextOf(invokes.get(stream));
    const isOwn = invoke === undefined || traceIdOf(invoke) === traceIdOf(active);
    const parent = isOwn ? active : invoke;
    if (traceIdOf(parent) === undefined) return store.append(writes);
    const cause = trace.getSpanContext(active);
    const links = !isOwn && cause !== undefined ? [{ context: cause }] : [];
    const attributes = { 'retainer.reservation_id': streamId(stream) };
    return inSpan(tracer, 'dispatch', { parent, links, attributes }, async (span) => {
      const workers = writes.flatMap(({ events }) => events.filter(({ type }) => type === 'WorkerDispatched'));
      span.setAttribute('retainer.workers', workers.length);
      return append(writes, context.active());
    });
  };

  return {
    ...store,
    append: (writes) => {
      const served = writes.find(({ events }) => events.some(({ type }) => type === 'WorkerDispatched'));
      if (served !== undefined) return dispatch(writes, served.stream);
      return traceIdOf(context.active()) === undefined ? store.append(writes) : append(writes, context.active());
    },
    read: async (stream, options) => {
      const slice = await store.read(stream, options);
      for (const { type, metadata } of slice.events)
        if (type === 'ReservationInvoked' && metadata.traceparent !== undefined)
          remember(invokes, stream, metadata.traceparent);
      return slice;
    },
  };
}

const carrying =
  (traceparent: string) =>
  (write: StreamWrite): StreamWrite => ({
    ...write,
    events: write.events.map((event) => ({ ...event, metadata: { ...event.metadata, traceparent } })),
  });

/** The oldest is forgotten for the newest. */
function remember(invokes: Map<StreamName, string>, stream: StreamName, traceparent: string): void {
  invokes.delete(stream);
  invokes.set(stream, traceparent);
  const [oldest] = invokes.keys();
  if (invokes.size > MOST_REMEMBERED && oldest !== undefined) invokes.delete(oldest);
}
