import { setTimeout as sleep } from 'node:timers/promises';
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import type { Context } from 'hono';
import { type ApiEnv, answer, awsFault, CONTENT_TYPE, refuse } from './answers.ts';
import type { FaultKind } from './faults.ts';
import { INSUFFICIENT_FUNDS } from './protocol.ts';

const SLOW_MS = 3_000;

/** Fails without doing what was asked; null: goes on. */
export async function failBefore(c: Context<ApiEnv>, kind: FaultKind): Promise<Response | null> {
  switch (kind) {
    case 'throttled':
      return refuse(c, awsFault('ThrottlingException', 'Rate exceeded'));
    case 'tooManyRequests':
      return c.body('', 429);
    case 'serviceFault':
      return refuse(c, { status: 500, type: 'ServiceFault', code: 'ServiceUnavailable', message: 'try again' });
    case 'badGateway':
      return c.body('', 502);
    case 'unavailable':
      return c.html('<html><body>Service Unavailable</body></html>', 503);
    case 'versionNotSupported':
      return c.body('', 505);
    case 'reset':
      return drop(c);
    case 'hang':
      return hang(c);
    case 'closed':
      return refuse(c, awsFault('AccessDeniedException', 'This service is closed'));
    case 'lapsed':
      return refuse(c, awsFault('ExpiredTokenException', 'The security token included in the request is expired'));
    case 'insufficientFunds':
      return refuse(c, { ...awsFault('RequestError', INSUFFICIENT_FUNDS), code: 'InsufficientFunds' });
    case 'doesNotExistYet':
      return refuse(c, { ...awsFault('RequestError', 'Hit does not exist.'), code: 'HITDoesNotExist' });
    case 'stateNotKnownYet':
      return refuse(c, {
        ...awsFault('RequestError', 'This operation can be called with a status of: null'),
        code: 'InvalidAssignmentState',
      });
    case 'slow':
      await sleep(SLOW_MS);
      return null;
    default:
      return null;
  }
}

/** Spoils the answer to what was done; null: leaves it. */
export async function spoilAfter(c: Context<ApiEnv>, kind: FaultKind, output: object): Promise<Response | null> {
  switch (kind) {
    case 'commitThenDrop':
      return drop(c);
    case 'commitThenFail':
      return c.body('', 504);
    case 'commitThenHang':
      return hang(c);
    case 'malformed':
      return answer(c, '{"HIT": ');
    case 'isoTimestamps':
      return answer(c, JSON.stringify(output, isoMoments));
    case 'cutShort':
      c.env.outgoing.writeHead(200, { 'Content-Type': CONTENT_TYPE, 'Content-Length': '1000000' });
      c.env.outgoing.write(JSON.stringify(output));
      return hang(c);
    default:
      return null;
  }
}

const drop = (c: Context<ApiEnv>): Response => {
  c.env.outgoing.destroy();
  return RESPONSE_ALREADY_SENT;
};

/** Until the client has enough of it. */
const hang = async (c: Context<ApiEnv>): Promise<Response> => {
  const { outgoing } = c.env;
  if (!outgoing.destroyed) await new Promise((resolve) => outgoing.once('close', resolve));
  return RESPONSE_ALREADY_SENT;
};

const MOMENTS = /Time$|^Expiration$|^Deadline$/;

/** Moments as text: what the protocol does not allow, and the SDK throws at after all was done. */
const isoMoments = (name: string, value: unknown): unknown =>
  MOMENTS.test(name) && typeof value === 'number' ? new Date(value * 1000).toISOString() : value;
