import type { MiddlewareHandler } from 'hono';
import { cors } from 'hono/cors';

const EXPOSED = [
  'Retainer-Position',
  'X-Request-Id',
  'Retry-After',
  'Deprecation',
  'Link',
  'Idempotency-Replayed',
  'Retainer-Ignored',
];

/**
 * Any page may call the API, as the original's status page did from wherever it lay: keys decide, not cookies. The
 * headers are set before there is an answer: hono/cors has it taken apart and put together again, at a third of a
 * request's cost.
 */
export const anyOrigin = (): MiddlewareHandler => {
  const preflight = cors({ origin: '*', allowMethods: ['GET', 'HEAD', 'POST'], maxAge: 86_400 });
  const exposed = EXPOSED.join();
  return (c, next) => {
    if (c.req.method === 'OPTIONS') return preflight(c, next);
    c.header('Access-Control-Allow-Origin', '*');
    c.header('Access-Control-Expose-Headers', exposed);
    return next();
  };
};
