import type { Context as HonoContext } from 'hono';
import type { Logger } from 'pino';
import { TooManyPasswords } from '../commands/passwords.ts';
import { nameOf, UnreadableEvent } from '../event-store/codec.ts';
import { StoreUnavailable } from '../event-store/port.ts';
import { TooManyWaiting } from '../postgres/coalesce.ts';
import { isUnavailable } from '../postgres/pool.ts';
import { type Answer, problem, send } from './answers.ts';
import type { Env } from './endpoint.ts';

/** Nothing is wrong with the request: it may be sent again when the database is back or has caught its breath. */
const isPassing = (error: unknown): boolean =>
  error instanceof StoreUnavailable ||
  error instanceof TooManyWaiting ||
  error instanceof TooManyPasswords ||
  isUnavailable(error);

/** Sending it again helps nobody: whoever operates the service has to know which event it is. What is in it stays here. */
function unreadable({ stored, mayBeNewer }: UnreadableEvent, requestId: string): Answer {
  const { stream, revision, position, type } = stored;
  const advice = mayBeNewer
    ? 'upgrade the service to the version that wrote it'
    : "'retainer projections' says which read models stand still before it, 'retainer verify' whether somebody " +
      'changed it, docs/runbooks.md what to do';
  return problem(
    500,
    `${nameOf(stored)} cannot be understood: nothing can be decided on this stream. For the operator: ${advice}; ` +
      `the log has the reason under request id ${requestId}`,
    { stream, revision, position, eventType: type, requestId },
  );
}

/**
 * What a request is answered when something was thrown. The log has the whole of it, the client nothing internal but
 * the place of an event that nobody can get past.
 */
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
    if (error instanceof UnreadableEvent) return send(c, unreadable(error, requestId));
    return send(c, problem(500, `something went wrong; the log has it under request id ${requestId}`, { requestId }));
  };
