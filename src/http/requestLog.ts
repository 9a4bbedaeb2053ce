import type { MiddlewareHandler } from 'hono';
import type { Logger } from 'pino';
import { v7 as uuidv7 } from 'uuid';
import type { Env } from './endpoint.ts';
import type { Metrics } from './metrics.ts';

const SANE = /^[\w.:-]{1,128}$/;

/** Gives every request an id (the client's own, if it is sane), logs it and counts it when it is answered. */
export const requestLog =
  ({ log, metrics }: { log: Logger; metrics: Pick<Metrics, 'answered'> }): MiddlewareHandler<Env> =>
  async (c, next) => {
    const started = performance.now();
    const given = c.req.header('x-request-id');
    const requestId = given !== undefined && SANE.test(given) ? given : uuidv7();
    c.set('requestId', requestId);
    await next();
    const ms = performance.now() - started;
    c.res.headers.set('X-Request-Id', requestId);
    metrics.answered({ method: c.req.method, path: c.req.path, status: c.res.status, seconds: ms / 1000 });
    log.info(
      { requestId, method: c.req.method, path: c.req.path, status: c.res.status, ms: Math.round(ms * 10) / 10 },
      'answered',
    );
  };
