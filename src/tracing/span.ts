import { type Context, type Span, type SpanOptions, SpanStatusCode, type Tracer } from '@opentelemetry/api';

/** Does the work in a span of its own, which is active meanwhile and ends with it; what is thrown is noted and goes on. */
export const inSpan = <Value>(
  tracer: Tracer,
  name: string,
  { parent, ...options }: SpanOptions & { readonly parent: Context },
  work: (span: Span) => Promise<Value>,
): Promise<Value> =>
  tracer.startActiveSpan(name, options, parent, async (span) => {
    try {
      return await work(span);
    } catch (error) {
      noteFailure(span, error);
      throw error;
    } finally {
      span.end();
    }
  });

export function noteFailure(span: Span, error: unknown): void {
  const message = error instanceof Error ? error.message : String(error);
  span.recordException(error instanceof Error ? error : message);
  span.setStatus({ code: SpanStatusCode.ERROR, message });
}
