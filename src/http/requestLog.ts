import type { Context as HonoContext, MiddlewareHandler } from 'hono';
import { matchedRoutes } from 'hono/route';
import { METHOD_NAME_ALL } from 'hono/router';
import type { Logger } from 'pino';
import { v7 as uuidv7 } from 'uuid';
import type { AddressOf } from './addressOf.ts';
import type { Env } from './endpoint.ts';
import type { Metrics } from './metrics.ts';

/** A request id that a client may give. */
const SANE = /^[\w.:-]{1,128}$/;

/** Asked for every few seconds by machines. */
export const PROBES: ReadonlySet<string> = new Set(['/healthz', '/readyz', '/metrics']);

/**
 * Gives every request an id; counts and logs it when it is answered. Queries are not logged, for they hold keys; nor, unless asked for, what says who a worker is.
 */
export const requestLog =
  ({
    log,
    metrics,
    logPersonalData,
    addressOf,
  }: {
    log: Pick<Logger, 'info' | 'debug'>;
    metrics: Pick<Metrics, 'answered'>;
    logPersonalData: boolean;
    addressOf: AddressOf;
  }): MiddlewareHandler<Env> =>
  async (c, next) => {
    const started = performance.now();
    adoptRequestId(c, uuidv7());
    await next();

    const ms = performance.now() - started;
    const { method } = c.req;
    const { status } = c.res;
    const route = routeOf(c);
    metrics.answered({ method, route, status, seconds: ms / 1000 });
    const path = logPersonalData ? c.req.path : withoutPeople(c.req.path);
    const who = { actor: c.get('actor'), ...(logPersonalData ? { ip: addressOf(c) } : {}) };
    const level = PROBES.has(route) ? 'debug' : 'info';
    log[level](
      { requestId: c.get('requestId'), method, path, status, ms: Math.round(ms * 10) / 10, ...who },
      'answered',
    );
  };

/** From a caller who was let in: the log holds their id with what it did, so that a stranger's is not taken. */
export function adoptGivenId(c: HonoContext<Env>): void {
  const given = c.req.header('x-request-id');
  if (given !== undefined && SANE.test(given)) adoptRequestId(c, given);
}

function adoptRequestId(c: HonoContext<Env>, requestId: string): void {
  c.set('requestId', requestId);
  c.header('X-Request-Id', requestId);
}

/**
 * The route as it was registered, without its prefix and patterns: what metrics count by. That is the handler's; what
 * else matches a path, before it and after it, stands between all requests and their handlers.
 */
export const routeOf = (c: HonoContext): string =>
  (matchedRoutes(c).findLast(({ method }) => method !== METHOD_NAME_ALL)?.path ?? '/*')
    .replace(/^\/retainer(?=\/)/, '')
    .replace(/\{[^}]*\}/g, '');

/** A path in which a worker is not named; those paths come here only if they are not quite right. */
export const withoutPeople = (path: string): string =>
  path.replace(/(\/workers?\/+)[^/]+/gi, '$1[hidden]').slice(0, 500);
