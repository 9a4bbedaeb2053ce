import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { serve } from '@hono/node-server';
import pino from 'pino';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readSettings } from '../../src/config/read.ts';
import { type Core, openCore } from '../../src/core.ts';
import { streamOf } from '../../src/domain/event.ts';
import type { HitId, ReservationId } from '../../src/domain/ids.ts';
import { createMTurk } from '../../src/marketplace/mturk/mturk.ts';
import { createRateLimit } from '../../src/marketplace/mturk/rateLimit.ts';
import type { Marketplace, MarketplaceHit } from '../../src/marketplace/port.ts';
import { createSimulatedMarketplace } from '../../src/marketplace/simulated/simulated.ts';
import { freshDatabase, type TestDatabase } from '../support/database.ts';
import { fields } from '../support/events.ts';
import { happened } from './happened.ts';

/** What befalls the process that calls the marketplace: `before` the call is carried out, or `after`. */
type Kill = { readonly operation: string; readonly when: 'before' | 'after' };

const SIGNER = { accessKeyId: 'TEST', secretAccessKey: 'test' };
const context = { actor: 'anyone', requestId: 'test' } as const;

let database: TestDatabase;
let core: Core;
let url: string;
let market: Marketplace;
let child: ChildProcess | null = null;
let kill: Kill | null = null;
let close: () => Promise<void>;

beforeEach(async () => {
  database = await freshDatabase();
  const read = readSettings({ DATABASE_URL: database.url, LOG_LEVEL: 'silent' });
  if (read.type === 'invalid') throw new Error(read.problems.join('\n'));
  const log = pino({ level: 'silent' });
  core = await openCore(read.settings, log);
  const simulated = createSimulatedMarketplace({
    db: core.db,
    clock: Date.now,
    seed: 7,
    publicUrl: () => url,
    control: false,
    log,
  });
  const server = serve({
    port: 0,
    hostname: '127.0.0.1',
    fetch: async (request, env) => {
      const isDue = kill !== null && request.headers.get('x-amz-target')?.endsWith(`.${kill.operation}`) === true;
      const when = isDue ? kill?.when : undefined;
      if (isDue) kill = null;
      if (when === 'before') {
        await killChild();
        return new Response(null, { status: 503 });
      }
      const answer = await simulated.fetch(request, env);
      if (when === 'after') await killChild();
      return answer;
    },
  });
  if (!server.listening) await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server does not listen');
  url = `http://127.0.0.1:${address.port}`;
  market = createMTurk({
    name: 'simulated',
    endpoint: `${url}/api/live`,
    credentials: SIGNER,
    rateLimit: createRateLimit({ perSecond: 1_000, burst: 1_000 }),
    sandbox: false,
    clock: Date.now,
  });
  close = async () => {
    await new Promise((resolve) => server.close(resolve));
    await core.close();
    await database.drop();
  };
});
afterEach(() => close());

async function killChild(): Promise<void> {
  if (child === null || child.exitCode !== null) throw new Error('nobody is there to be killed');
  const gone = once(child, 'exit');
  child.kill('SIGKILL');
  await gone;
}

/** One `retainer tick` in a process of its own; answers how it ended. */
async function tick(): Promise<number | NodeJS.Signals | null> {
  child = spawn(process.execPath, ['--import', 'tsx', 'src/main.ts', 'tick'], {
    env: {
      ...process.env,
      DATABASE_URL: database.url,
      MTURK: 'aws',
      MTURK_ENDPOINT: `${url}/api/live`,
      AWS_ACCESS_KEY_ID: SIGNER.accessKeyId,
      AWS_SECRET_ACCESS_KEY: SIGNER.secretAccessKey,
      LOG_LEVEL: 'silent',
    },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const [code, signal]: (number | NodeJS.Signals | null)[] = await once(child, 'exit');
  return signal ?? code ?? null;
}

async function reserve(): Promise<ReservationId> {
  const { hitTypeId: _, ...rest } = fields();
  const protoHit = await core.commands.putProtoHit(context, { fields: rest });
  if (protoHit.type === 'refused') throw new Error(protoHit.refusal.message);
  const reservation = await core.commands.makeReservation(context, {
    protoHitId: protoHit.value,
    foreignId: '7',
    payload: null,
    delaySeconds: 0,
    numAssignments: 1,
  });
  if (reservation.type === 'refused') throw new Error(reservation.refusal.message);
  return reservation.value;
}

async function offered(): Promise<readonly (HitId | null)[]> {
  const hits: MarketplaceHit[] = [];
  for await (const page of market.listHits()) {
    if (page.type === 'fault') throw new Error(page.message);
    hits.push(...page.value.filter(({ status }) => status === 'open'));
  }
  return hits.map(({ hitId }) => hitId);
}

test.each([
  { operation: 'CreateHIT', when: 'before' },
  { operation: 'CreateHIT', when: 'after' },
] as const)('killed $when the $operation it asked for: the next round posts each HIT once', async (death) => {
  await reserve();
  kill = death;
  expect(await tick()).toBe('SIGKILL');
  expect(await tick()).toBe(0);

  const requested = await happened(core.store, 'HitPostRequested');
  const hitIds = requested.map(({ data }) => data.hitId).toSorted();
  expect(hitIds.length).toBeGreaterThanOrEqual(3);
  expect((await offered()).toSorted()).toEqual(hitIds);
  expect((await happened(core.store, 'HitPosted')).map(({ stream }) => stream).toSorted()).toEqual(
    hitIds.map(streamOf.hit),
  );
});

test.each([
  { operation: 'UpdateExpirationForHIT', when: 'before' },
  { operation: 'UpdateExpirationForHIT', when: 'after' },
] as const)(
  'killed $when the $operation it asked for: the next round takes every HIT off the market',
  async (death) => {
    const reservationId = await reserve();
    expect(await tick()).toBe(0);
    expect(await offered()).not.toEqual([]);
    await core.commands.cancelReservation(context, { reservationId });
    kill = death;
    expect(await tick()).toBe('SIGKILL');
    expect(await tick()).toBe(0);

    expect(await offered()).toEqual([]);
    const requested = await happened(core.store, 'HitPostRequested');
    expect(await happened(core.store, 'HitExpired')).toHaveLength(requested.length);
  },
);
