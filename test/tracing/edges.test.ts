import { type Tracer, trace } from '@opentelemetry/api';
import { node, tracing } from '@opentelemetry/sdk-node';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type DomainEvent, type StreamName, streamOf } from '../../src/domain/event.ts';
import type { RecordedEvent, StreamWrite } from '../../src/event-store/port.ts';
import type { Projection } from '../../src/projections/projection.ts';
import { tracedProjections } from '../../src/tracing/projections.ts';
import { tracedStore } from '../../src/tracing/store.ts';
import { ids, newEvent, STARTED_AT } from '../support/events.ts';
import { createMemoryStore } from '../support/memoryStore.ts';

const exporter = new tracing.InMemorySpanExporter();
const provider = new node.NodeTracerProvider({ spanProcessors: [new tracing.SimpleSpanProcessor(exporter)] });
let tracer: Tracer;
beforeAll(() => {
  provider.register();
  tracer = trace.getTracer('test');
});
beforeEach(() => exporter.reset());
afterAll(() => provider.shutdown());

const at = STARTED_AT;
const reservation = streamOf.reservation(ids.reservation(1));
const invoked: DomainEvent = { type: 'ReservationInvoked', data: { foreignId: 'x', at } };
const dispatched: DomainEvent = {
  type: 'WorkerDispatched',
  data: { assignmentId: ids.assignment(1), workerId: ids.worker(1), at },
};
let n = 0;
const write = (stream: StreamName, ...events: readonly DomainEvent[]): StreamWrite => ({
  stream,
  expectedRevision: 'any',
  events: events.map((event) => newEvent(event, n++)),
});
const inRequest = <Value>(name: string, work: () => Promise<Value>): Promise<Value> =>
  tracer.startActiveSpan(name, async (span) => {
    try {
      return await work();
    } finally {
      span.end();
    }
  });
const span = (name: string) => {
  const found = exporter.getFinishedSpans().find((one) => one.name === name);
  if (found === undefined) throw new Error(`no span is named ${name}`);
  return { ...found, id: found.spanContext().spanId, traceId: found.spanContext().traceId };
};

test('outside a trace an append is the append that it would be without', async () => {
  const memory = createMemoryStore();
  await tracedStore(memory, tracer).append([write(reservation, invoked), write('reservation-y', dispatched)]);
  expect(exporter.getFinishedSpans()).toEqual([]);
  expect(memory.events.map(({ metadata }) => metadata.traceparent)).toEqual([undefined, undefined]);
});

test('inside one it is a span that its events carry', async () => {
  const memory = createMemoryStore();
  const store = tracedStore(memory, tracer);
  await inRequest('request', () => store.append([write(reservation, invoked)]));
  const { id, traceId, parentSpanContext } = span('append');
  expect(parentSpanContext?.spanId).toBe(span('request').id);
  expect(memory.events[0]?.metadata.traceparent).toBe(`00-${traceId}-${id}-01`);
  const refused = { ...write(reservation, invoked), expectedRevision: 'noStream' } as const;
  exporter.reset();
  await inRequest('request', () => store.append([refused]));
  expect(span('append').attributes['retainer.conflict']).toBe(reservation);
});

test('a dispatch that another request set off stays in the trace of its invoke, with a link to that request', async () => {
  const store = tracedStore(createMemoryStore(), tracer);
  await inRequest('invoke', () => store.append([write(reservation, invoked)]));
  await inRequest('other', async () => {
    await store.read(reservation);
    await store.append([write(reservation, dispatched)]);
  });
  const [invoke, other, dispatch] = [span('invoke'), span('other'), span('dispatch')];
  expect(dispatch.traceId).toBe(invoke.traceId);
  expect(dispatch.links.map((link) => link.context.spanId)).toEqual([other.id]);
});

test('a trace that is not sampled leaves nothing in the log', async () => {
  const memory = createMemoryStore();
  const never = new node.NodeTracerProvider({ sampler: new tracing.AlwaysOffSampler() }).getTracer('never');
  await never.startActiveSpan('request', () => tracedStore(memory, never).append([write(reservation, invoked)]));
  expect(memory.events[0]?.metadata.traceparent).toBeUndefined();
});

const recorded = (recordedAt: number, traceparent?: string): RecordedEvent => {
  const event = newEvent(invoked, n++, recordedAt);
  const metadata = { ...event.metadata, ...(traceparent === undefined ? {} : { traceparent }) };
  return { ...event, metadata, stream: reservation, revision: 0, position: '1' } as RecordedEvent;
};
const traceparent = (digit: number): string => `00-${String(digit).repeat(32)}-${'b'.repeat(16)}-01`;
const apply = async (events: readonly RecordedEvent[], fail = false): Promise<void> => {
  const projection: Projection = {
    ...{ name: 'some', version: 1, events: ['ReservationInvoked'], tables: '', tableNames: [] },
    apply: () => (fail ? Promise.reject(new Error('cannot')) : Promise.resolve([])),
  };
  const [traced] = tracedProjections([projection], tracer);
  await traced?.apply({ query: () => Promise.reject(new Error('unused')) } as never, events);
};

test('a batch is a span in every trace it holds events of, and only while those are fresh', async () => {
  const now = Date.now();
  const day = 86_400_000;
  await apply([
    ...[recorded(now), recorded(now, traceparent(1)), recorded(now, traceparent(1)), recorded(now, traceparent(2))],
    ...[recorded(now - day, traceparent(3)), recorded(now, 'nonsense')],
  ]);
  const spans = exporter.getFinishedSpans();
  expect(spans.map((one) => one.spanContext().traceId[0])).toEqual(['1', '2']);
  expect(new Set(spans.map(({ name }) => name))).toEqual(new Set(['project some']));
  exporter.reset();
  await expect(apply([recorded(now, traceparent(4))], true)).rejects.toThrow('cannot');
  expect(span('project some').status).toMatchObject({ message: 'cannot' });
});
