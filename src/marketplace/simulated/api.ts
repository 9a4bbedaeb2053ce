import { Hono } from 'hono';
import type { Database } from '../../postgres/pool.ts';
import { inTransaction } from '../../postgres/pool.ts';
import { type ApiEnv, answer, awsFault, refuse } from './answers.ts';
import type { DrivenClock } from './clock.ts';
import { failBefore, spoilAfter } from './faultAnswers.ts';
import type { Strike } from './faults.ts';
import type { NewId } from './ids.ts';
import { operations } from './operations/all.ts';
import { settle } from './settle.ts';
import { isSignedWith } from './signature.ts';

const TARGET = /^MTurkRequesterServiceV20170117\.(\w+)$/;
/** Of the access key, which is the requester's name here. */
const CREDENTIAL = /Credential=([^/,\s]{1,128})\//;

/** Who may ask as which requester. */
export type Requesters = {
  /** The key that a requester signs with; null: any will do. */
  readonly keyOf: (requester: string) => Promise<string | null>;
  /** Requesters without a key of their own are let in: who can reach this is on this machine. */
  readonly strangers: 'accepted' | 'refused';
};

/**
 * The requester API, version 2017-01-17, over AWS JSON 1.1. One address for the sandbox and one for the real side;
 * whoever signs is the requester. The service's own signature is verified: nobody asks in its name.
 */
const NOT_THE_REQUESTER = awsFault(
  'InvalidSignatureException',
  'The request signature we calculated does not match the signature you provided.',
);

const parsed = (body: string): unknown => {
  try {
    return JSON.parse(body);
  } catch {
    return null;
  }
};

export function apiRoutes({
  db,
  clock,
  strike,
  newId,
  allowHttp,
  requesters,
}: {
  db: Database;
  clock: DrivenClock;
  /** What goes wrong; nothing, where faults may not be injected. */
  strike: Strike;
  newId: NewId;
  allowHttp: boolean;
  requesters: Requesters;
}): Hono<ApiEnv> {
  return new Hono<ApiEnv>({ strict: false }).post('/api/:side{sandbox|live}', async (c) => {
    const name = TARGET.exec(c.req.header('x-amz-target') ?? '')?.[1] ?? '';
    const operation = Object.hasOwn(operations, name) ? operations[name] : undefined;
    if (operation === undefined) return refuse(c, awsFault('UnknownOperationException', `no operation "${name}"`));
    const accessKey = CREDENTIAL.exec(c.req.header('authorization') ?? '')?.[1];
    if (accessKey === undefined)
      return refuse(c, awsFault('MissingAuthenticationTokenException', 'Request is missing Authentication Token'));
    const body = await c.req.text();
    const key = await requesters.keyOf(accessKey);
    const request = {
      method: 'POST',
      path: new URL(c.req.url).pathname,
      header: (name: string) => c.req.header(name),
      body,
    };
    if (key === null ? requesters.strangers === 'refused' : !isSignedWith(key, request, Date.now()))
      return refuse(c, { ...NOT_THE_REQUESTER, status: 403 });
    const input = parsed(body);
    if (typeof input !== 'object' || input === null || Array.isArray(input))
      return refuse(c, awsFault('SerializationException', 'the body is not a JSON object'));

    const struck = await strike(name);
    const failure = struck === null ? null : await failBefore(c, struck);
    if (failure !== null) return failure;

    const now = await clock.now();
    const isSandbox = c.req.param('side') === 'sandbox';
    const requester = `${c.req.param('side')}/${accessKey}`;
    await settle(db, now);
    const result = await inTransaction(db, (tx) =>
      operation({ tx, requester, isSandbox, now, newId: () => newId(tx), allowHttp }, input),
    );
    if ('fault' in result) return refuse(c, result.fault);
    return (struck && (await spoilAfter(c, struck, result.output))) ?? answer(c, JSON.stringify(result.output));
  });
}
