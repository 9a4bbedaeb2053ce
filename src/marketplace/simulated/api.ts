import { setTimeout as sleep } from 'node:timers/promises';
import type { HttpBindings } from '@hono/node-server';
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import { type Context, Hono } from 'hono';
import { v7 as uuidv7 } from 'uuid';
import type { Database } from '../../postgres/pool.ts';
import { inTransaction } from '../../postgres/pool.ts';
import type { DrivenClock } from './clock.ts';
import type { FaultKind, Faults } from './faults.ts';
import type { NewId } from './ids.ts';
import { assignmentOperations } from './operations/assignments.ts';
import { hitOperations } from './operations/hits.ts';
import { paymentOperations } from './operations/payments.ts';
import type { Fault, Operation, OperationResult } from './protocol.ts';
import { settle } from './settle.ts';

type ApiEnv = { Bindings: HttpBindings };

const OPERATIONS: Readonly<Record<string, Operation>> = {
  ...hitOperations,
  ...assignmentOperations,
  ...paymentOperations,
};
const TARGET = /^MTurkRequesterServiceV20170117\.(\w+)$/;
const CONTENT_TYPE = 'application/x-amz-json-1.1';
const SLOW_MS = 3_000;

/**
 * The requester API, version 2017-01-17, over AWS JSON 1.1. One address for the sandbox and one for the real side;
 * whoever signs is the requester, signatures are not verified.
 */
export function apiRoutes({
  db,
  clock,
  faults,
  newId,
  allowHttp,
}: {
  db: Database;
  clock: DrivenClock;
  faults: Faults;
  newId: NewId;
  allowHttp: boolean;
}): Hono {
  const routes = new Hono<ApiEnv>({ strict: false });

  routes.post('/api/:side{sandbox|live}', async (c) => {
    const name = TARGET.exec(c.req.header('x-amz-target') ?? '')?.[1] ?? '';
    const operation = Object.hasOwn(OPERATIONS, name) ? OPERATIONS[name] : undefined;
    if (operation === undefined) return refuse(c, aws('UnknownOperationException', `no operation "${name}"`));
    const accessKey = /Credential=([^/,\s]+)\//.exec(c.req.header('authorization') ?? '')?.[1];
    if (accessKey === undefined)
      return refuse(c, aws('MissingAuthenticationTokenException', 'Request is missing Authentication Token'));

    const struck = faults.strike(name);
    if (struck !== null && !struck.startsWith('commit') && struck !== 'malformed') {
      const answer = await fail(c, struck);
      if (answer !== null) return answer;
    }
    const input: unknown = await c.req.json().catch(() => null);
    if (typeof input !== 'object' || input === null || Array.isArray(input))
      return refuse(c, aws('SerializationException', 'the body is not a JSON object'));

    const now = await clock.now();
    const result = await inTransaction(db, async (tx): Promise<OperationResult> => {
      await settle(tx, now);
      return operation(
        { tx, requester: `${c.req.param('side')}/${accessKey}`, now, newId: () => newId(tx), allowHttp },
        input,
      );
    });
    if (struck === 'commitThenDrop') return drop(c);
    if (struck === 'commitThenFail') return c.body('', 504);
    if (struck === 'malformed') return c.body('{"HIT": ', 200, { 'Content-Type': CONTENT_TYPE });
    if ('fault' in result) return refuse(c, result.fault);
    return c.body(JSON.stringify(result.output), 200, { 'Content-Type': CONTENT_TYPE, 'x-amzn-RequestId': uuidv7() });
  });
  return new Hono({ strict: false }).route('/', routes);
}

const aws = (type: string, message: string): Fault => ({ status: 400, type, code: null, message });

function refuse(c: Context<ApiEnv>, { status, type, code, message }: Fault): Response {
  const TurkErrorCode = code === null ? {} : { TurkErrorCode: `AWS.MechanicalTurk.${code}` };
  return c.body(JSON.stringify({ __type: type, Message: message, ...TurkErrorCode }), status, {
    'Content-Type': CONTENT_TYPE,
    'x-amzn-RequestId': uuidv7(),
  });
}

const drop = (c: Context<ApiEnv>): Response => {
  c.env.outgoing.destroy();
  return RESPONSE_ALREADY_SENT;
};

/** Fails without doing what was asked; null: only late. */
async function fail(c: Context<ApiEnv>, kind: FaultKind): Promise<Response | null> {
  switch (kind) {
    case 'throttled':
      return refuse(c, aws('ThrottlingException', 'Rate exceeded'));
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
      await new Promise((resolve) => c.env.outgoing.once('close', resolve));
      return RESPONSE_ALREADY_SENT;
    case 'closed':
      return refuse(c, aws('AccessDeniedException', 'Amazon Mechanical Turk is closed'));
    case 'insufficientFunds':
      return refuse(c, {
        ...aws('RequestError', 'This Requester has insufficient funds in their account to complete this transaction.'),
        code: 'InsufficientFunds',
      });
    case 'doesNotExistYet':
      return refuse(c, { ...aws('RequestError', 'Hit does not exist.'), code: 'HITDoesNotExist' });
    case 'slow':
      await sleep(SLOW_MS);
      return null;
    default:
      return null;
  }
}
