import {
  type Context,
  defaultTextMapGetter,
  defaultTextMapSetter,
  ROOT_CONTEXT,
  type Span,
  trace,
} from '@opentelemetry/api';
import { core } from '@opentelemetry/sdk-node';

/** Whatever travels over HTTP (OTEL_PROPAGATORS), the log holds W3C's `traceparent`: readers of any version know it. */
const w3c = new core.W3CTraceContextPropagator();

/** What events carry so that what they cause joins the trace; undefined for a span that is not sampled. */
export function traceparentOf(span: Span): string | undefined {
  if (!span.isRecording()) return undefined;
  const carrier: Record<string, string> = {};
  w3c.inject(trace.setSpan(ROOT_CONTEXT, span), carrier, defaultTextMapSetter);
  return carrier['traceparent'];
}

/** The context that events were written in; undefined if they carry none, or one that cannot be read. */
export function contextOf(traceparent: string | undefined): Context | undefined {
  if (traceparent === undefined) return undefined;
  const context = w3c.extract(ROOT_CONTEXT, { traceparent }, defaultTextMapGetter);
  return trace.getSpanContext(context) === undefined ? undefined : context;
}

export const traceIdOf = (context: Context): string | undefined => trace.getSpanContext(context)?.traceId;
