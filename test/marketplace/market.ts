import type { Server } from 'node:http';
import { MTurkClient } from '@aws-sdk/client-mturk';
import { serve } from '@hono/node-server';
import { Hono } from 'hono';
import pino from 'pino';
import { expect } from 'vitest';
import type { EventId, HitId } from '../../src/domain/ids.ts';
import type { ProtoHitFields } from '../../src/domain/protoHit.ts';
import { createMTurk, type MTurkOptions } from '../../src/marketplace/mturk/mturk.ts';
import { createRateLimit } from '../../src/marketplace/mturk/rateLimit.ts';
import type { HitOrder, Outcome } from '../../src/marketplace/port.ts';
import type { FaultRule } from '../../src/marketplace/simulated/faults.ts';
import { createSimulatedMarketplace } from '../../src/marketplace/simulated/simulated.ts';
import { freshDatabase } from '../support/database.ts';
import { PATIENCE_MS } from '../support/until.ts';

const CREDENTIALS = { accessKeyId: 'REQUESTER', secretAccessKey: 'any' };
const JSON_ONLY = { Accept: 'application/json' };

/** The simulated marketplace alone, over real HTTP, on a database of its own. */
export async function startMarket({ allowHttp = true, control = true, seed = 1 } = {}) {
  const database = await freshDatabase();
  let realTime = Date.UTC(2026, 10, 23, 12);
  let url = '';
  const routes = createSimulatedMarketplace({
    db: database.pool,
    clock: () => realTime,
    seed,
    publicUrl: () => url,
    control,
    allowHttp,
    log: pino({ level: 'silent' }),
  });
  const app = new Hono({ strict: false }).route('/marketplace', routes);
  const server = await new Promise<Server>((resolve) => {
    const made = serve({ fetch: app.fetch, hostname: '127.0.0.1', port: 0 }, () => resolve(made as Server));
  });
  const address = server.address();
  url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
  const market = `${url}/marketplace`;

  const asWorker = async (method: 'GET' | 'POST', path: string, body?: Record<string, string>) => {
    const response = await fetch(`${market}${path}`, {
      method,
      headers: JSON_ONLY,
      ...(body === undefined ? {} : { body: new URLSearchParams(body) }),
    });
    const answer: unknown = await response.json();
    return { status: response.status, answer };
  };

  return {
    url,
    market,
    db: database.pool,
    endpoint: (side: 'sandbox' | 'live') => `${market}/api/${side}`,
    /** Time goes by, everywhere. */
    pass: (seconds: number): void => {
      realTime += seconds * 1000;
    },
    now: (): number => realTime,
    faults: async (rules: readonly Partial<FaultRule>[]): Promise<void> => {
      const response = await fetch(`${market}/control/faults`, { method: 'PUT', body: JSON.stringify(rules) });
      expect(response.status).toBe(200);
      await response.arrayBuffer();
    },

    /** The adapter, looking at this market. */
    adapter: (options: Partial<MTurkOptions> = {}) =>
      createMTurk({
        name: 'simulated',
        endpoint: `${market}/api/live`,
        sandbox: false,
        credentials: CREDENTIALS,
        rateLimit: createRateLimit({ perSecond: 1_000, burst: 1_000 }),
        clock: () => realTime,
        timeoutMs: PATIENCE_MS,
        ...options,
      }),
    /** The AWS SDK itself, without a second try. */
    sdk: ({ side = 'live' as 'sandbox' | 'live', accessKeyId = CREDENTIALS.accessKeyId, maxAttempts = 1 } = {}) =>
      new MTurkClient({
        region: 'us-east-1',
        endpoint: `${market}/api/${side}`,
        credentials: { ...CREDENTIALS, accessKeyId },
        maxAttempts,
      }),
    /** A request as it goes over the wire. */
    post: async (operation: string, body: unknown, { side = 'live', headers = {} } = {}) => {
      const response = await fetch(`${market}/api/${side}`, {
        method: 'POST',
        headers: {
          'Content-Type': 'application/x-amz-json-1.1',
          'X-Amz-Target': `MTurkRequesterServiceV20170117.${operation}`,
          Authorization: 'AWS4-HMAC-SHA256 Credential=REQUESTER/20261123/us-east-1/mturk-requester/aws4_request',
          ...headers,
        },
        body: typeof body === 'string' ? body : JSON.stringify(body),
      });
      const answer = JSON.parse(await response.text()) as Record<string, unknown>;
      return { status: response.status, headers: response.headers, answer };
    },

    accept: async (hitId: string, workerId: string, more = ''): Promise<string | null> => {
      const { status, answer } = await asWorker('POST', `/hits/${hitId}/accept?workerId=${workerId}${more}`);
      if (status === 409) return null;
      expect(status).toBe(200);
      return (answer as { assignmentId: string }).assignmentId;
    },
    submit: async (assignmentId: string, answer: Record<string, string> = { result: 'done' }): Promise<boolean> =>
      (await asWorker('POST', '/mturk/externalSubmit', { assignmentId, ...answer })).status === 200,
    giveBack: async (assignmentId: string, workerId: string): Promise<boolean> =>
      (await asWorker('POST', `/assignments/${assignmentId}/return?workerId=${workerId}`)).status === 200,
    asWorker,

    stop: async (): Promise<void> => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await database.drop();
    },
  };
}
export type Market = Awaited<ReturnType<typeof startMarket>>;

export const fields = (more: Partial<ProtoHitFields> = {}): ProtoHitFields => ({
  hitTypeId: 'picture',
  title: 'Label a picture',
  description: 'Wait until you are called.',
  keywords: 'retainer, waiting',
  url: 'http://127.0.0.1:9/landing?kind=a&size=2',
  frameHeight: 600,
  rewardCents: 5,
  assignmentDurationSeconds: 600,
  lifetimeSeconds: 3_600,
  autoApprovalDelaySeconds: 86_400,
  maxAssignments: 1,
  workerLocale: '',
  approvalRating: 0,
  maxWaitSeconds: 600,
  ...more,
});

export const order = (
  more: Partial<ProtoHitFields> = {},
  { maxAssignments = 1, token = crypto.randomUUID(), hitId = crypto.randomUUID(), decidedAt = Date.now() } = {},
): HitOrder => ({ token: token as EventId, decidedAt, hitId: hitId as HitId, fields: fields(more), maxAssignments });

/** The value of an outcome that must be a success. */
export function valueIn<Value>(outcome: Outcome<Value>): Value {
  if (outcome.type === 'fault') throw new Error(`${outcome.lasting} fault ${outcome.code}: ${outcome.message}`);
  return outcome.value;
}

/** All that comes. */
export async function allOf<Value>(values: AsyncIterable<Value>): Promise<readonly Value[]> {
  const all: Value[] = [];
  for await (const value of values) all.push(value);
  return all;
}
