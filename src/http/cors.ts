import type { MiddlewareHandler } from 'hono';
import { cors } from 'hono/cors';
import type { Access } from './access/access.ts';

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
 * Where keys decide, any page may call the API, as the original's status page did from wherever it lay: no cookie of an
 * operator's goes along. While the API is open, only pages may read it whose origin the operator named. The headers are
 * set before there is an answer: hono/cors has it taken apart and put together again, at a third of a request's cost.
 */
export const crossOrigin = ({ isOpen, origins }: Pick<Access, 'isOpen' | 'origins'>): MiddlewareHandler => {
  const readers = async (origin: string): Promise<string | null> =>
    (await isOpen()) ? (origins.isNamed(origin) ? origin : null) : '*';
  const preflight = cors({ origin: readers, allowMethods: ['GET', 'HEAD', 'POST'], maxAge: 86_400 });
  const exposed = EXPOSED.join();
  return async (c, next) => {
    if (c.req.method === 'OPTIONS') return preflight(c, next);
    const origin = c.req.header('origin');
    const reader = origin === undefined ? null : await readers(origin);
    if (reader !== null) {
      c.header('Access-Control-Allow-Origin', reader);
      c.header('Access-Control-Expose-Headers', exposed);
    }
    return next();
  };
};
