import type { Context as HonoContext } from 'hono';
import type { Logger } from 'pino';
import { StoreUnavailable } from '../event-store/port.ts';
import { TooManyWaiting } from '../postgres/coalesce.ts';
import { isUnavailable } from '../postgres/pool.ts';
import { problem, send } from './answers.ts';
import type { Env } from './endpoint.ts';

/** Nothing is wrong with the request: it may be sent again when the database is back or has caught its breath. */
const isPassing = (error: unknown): boolean =>
  error instanceof StoreUnavailable || error instanceof TooManyWaiting || isUnavailable(error);

/** What a request is answered when something was thrown. The log has the whole of it, the client nothing internal. */
export const answerFailures =
  (log: Logger) =>
  (error: Error, c: HonoContext<Env>): Response => {
    const requestId = c.get('requestId');
    if (isPassing(error)) {
      log.warn({ err: error, requestId }, 'the database is away or overloaded');
      const headers = { 'Retry-After': '1' };
      return send(c, problem(503, 'the database is away or overloaded; try again', { headers }));
    }
    if (c.req.raw.signal.aborted) {
      log.debug({ err: error, requestId }, 'the client left');
      return send(c, problem(400, 'the request was not sent to its end'));
    }
    log.error({ err: error, requestId }, 'a request failed');
    return send(c, problem(500, `something went wrong; the log has it under request id ${requestId}`, { requestId }));
  };
