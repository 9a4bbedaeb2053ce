import { httpInstrumentationMiddleware } from '@hono/otel';
import { type Tracer, trace } from '@opentelemetry/api';
import type { MiddlewareHandler } from 'hono';
import type { Env } from '../http/endpoint.ts';
import { PROBES, routeOf, withoutPeople } from '../http/requestLog.ts';

/**
 * A span for every application request, in the caller's trace if it sends one. Probes are left out. What the request
 * log keeps to itself is kept here too: queries hold keys, and paths may name a worker.
 */
export function tracedRequests(tracer: Tracer): MiddlewareHandler<Env> {
  const spanned = httpInstrumentationMiddleware({
    tracer,
    captureActiveRequests: false,
    spanNameFactory: (c) => `${c.req.method} ${routeOf(c)}`,
  });
  return (c, next) => {
    if (PROBES.has(withoutPrefix(c.req.path))) return next();
    return spanned(c, async () => {
      const { origin } = new URL(c.req.url);
      const span = trace.getActiveSpan();
      span?.setAttribute('url.full', `${origin}${withoutPeople(c.req.path)}`);
      await next();
      span?.setAttribute('retainer.request_id', c.get('requestId'));
    });
  };
}

const withoutPrefix = (path: string): string => path.replace(/^\/retainer(?=\/)/, '').replace(/\/$/, '');
