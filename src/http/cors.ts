import type { MiddlewareHandler } from 'hono';
import { cors } from 'hono/cors';

/** Any page may call the API, as the original's status page did from wherever it lay: keys decide, not cookies. */
export const anyOrigin = (): MiddlewareHandler =>
  cors({
    origin: '*',
    allowMethods: ['GET', 'HEAD', 'POST'],
    exposeHeaders: ['Retainer-Position', 'X-Request-Id', 'Retry-After', 'Deprecation', 'Link', 'Idempotency-Replayed'],
    maxAge: 86_400,
  });
