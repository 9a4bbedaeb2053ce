import { httpInstrumentationMiddleware } from '@hono/otel';
import { propagation, type Tracer, trace } from '@opentelemetry/api';
import type { Context as HonoContext, MiddlewareHandler } from 'hono';
import type { Env } from '../http/endpoint.ts';
import { PROBES, routeOf, withoutPeople } from '../http/requestLog.ts';

/** Whether who sent a request would be let in by what its headers and its query say. */
export type IsCaller = (c: HonoContext) => Promise<boolean>;

/**
 * A span for every application request, in the caller's trace if it sends one. A stranger's trace is not joined: its id
 * would stand in the log with what they did, and its flag would have it sampled. Probes are left out. What the request
 * log keeps to itself is kept here too: queries hold keys, and paths may name a worker.
 */
export function tracedRequests(tracer: Tracer, isCaller: IsCaller): MiddlewareHandler<Env> {
  const spanned = httpInstrumentationMiddleware({
    tracer,
    captureActiveRequests: false,
    spanNameFactory: (c) => `${c.req.method} ${routeOf(c)}`,
  });
  return async (c, next) => {
    if (PROBES.has(withoutPrefix(c.req.path))) return next();
    const context = contextFields().filter((name) => c.req.header(name) !== undefined);
    if (context.length > 0 && !(await isCallerForSure(c, isCaller)))
      for (const name of context) c.req.raw.headers.delete(name);
    return spanned(c, async () => {
      const { origin } = new URL(c.req.url);
      const span = trace.getActiveSpan();
      span?.setAttribute('url.full', `${origin}${withoutPeople(c.req.path)}`);
      await next();
      span?.setAttribute('retainer.request_id', c.get('requestId'));
    });
  };
}

/** The headers that carry a trace, in whatever form: B3 is read in both of its own, and names but the one it writes. */
const contextFields = (): readonly string[] => [...propagation.fields(), 'b3', 'x-b3-traceid'];

/** Where that cannot be looked up the request itself will fail, and says so. */
const isCallerForSure = (c: HonoContext, isCaller: IsCaller): Promise<boolean> => isCaller(c).catch(() => false);

const withoutPrefix = (path: string): string => path.replace(/^\/retainer(?=\/)/, '').replace(/\/$/, '');
