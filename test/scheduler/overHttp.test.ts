import { once } from 'node:events';
import { serve } from '@hono/node-server';
import pino from 'pino';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { AssignmentId, type MarketplaceHitId, WorkerId } from '../../src/domain/ids.ts';
import { createMTurk } from '../../src/marketplace/mturk/mturk.ts';
import { createRateLimit } from '../../src/marketplace/mturk/rateLimit.ts';
import type { Marketplace, MarketplaceHit } from '../../src/marketplace/port.ts';
import type { FaultRule } from '../../src/marketplace/simulated/faults.ts';
import { createSimulatedMarketplace } from '../../src/marketplace/simulated/simulated.ts';
import { tasksOf } from '../../src/projections/tasks.ts';
import { HOUR, type House, openHouse, SECOND, type Worker } from './house.ts';

const MINUTE = 60 * SECOND;

let house: House;
let market: Marketplace;
let url: string;
let close: () => Promise<void>;
beforeEach(async () => {
  house = await openHouse();
  const { db, clock } = house;
  const log = pino({ level: 'silent' });
  const routes = createSimulatedMarketplace({ db, clock, seed: 7, publicUrl: () => url, control: true, log });
  const server = serve({ fetch: routes.fetch, port: 0, hostname: '127.0.0.1' });
  if (!server.listening) await once(server, 'listening');
  url = `http://127.0.0.1:${portOf(server.address())}`;
  market = createMTurk({
    name: 'simulated',
    endpoint: `${url}/api/live`,
    credentials: { accessKeyId: 'TEST', secretAccessKey: 'test' },
    rateLimit: createRateLimit({ perSecond: 1_000, burst: 1_000 }),
    sandbox: false,
    clock,
  });
  close = async () => {
    await new Promise((resolve) => server.close(resolve));
    await house.close();
  };
});
afterEach(() => close());

const portOf = (address: ReturnType<ReturnType<typeof serve>['address']>): number => {
  if (address === null || typeof address === 'string') throw new Error('the server does not listen');
  return address.port;
};

const newScheduler = () => house.newScheduler({ marketplaces: async () => market });

async function faults(...rules: readonly Pick<FaultRule, 'operation' | 'kind' | 'times'>[]): Promise<void> {
  const answer = await fetch(`${url}/control/faults`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(rules),
  });
  if (!answer.ok) throw new Error(await answer.text());
}

async function listed(): Promise<readonly MarketplaceHit[]> {
  const hits: MarketplaceHit[] = [];
  for await (const page of market.listHits()) {
    if (page.type === 'fault') throw new Error(page.message);
    hits.push(...page.value);
  }
  return hits;
}
const open = async () => (await listed()).filter(({ status }) => status === 'open');

/** What a worker does in the marketplace's own pages. */
async function asWorker(path: string, form: Readonly<Record<string, string>> = {}): Promise<unknown> {
  const answer = await fetch(`${url}${path}`, {
    method: 'POST',
    headers: { accept: 'application/json' },
    body: new URLSearchParams(form),
  });
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
  return answer.json();
}
async function accept(marketplaceHitId: MarketplaceHitId, name: string): Promise<Worker> {
  const accepted = await asWorker(`/hits/${marketplaceHitId}/accept?workerId=${name}`);
  const { assignmentId } = z.object({ assignmentId: AssignmentId }).parse(accepted);
  return { assignmentId, workerId: WorkerId.parse(name), marketplaceHitId };
}
const giveBack = ({ assignmentId, workerId }: Worker) =>
  asWorker(`/assignments/${assignmentId}/return?workerId=${workerId}`);
const submit = ({ assignmentId, workerId }: Worker) =>
  asWorker(`/mturk/externalSubmit?workerId=${workerId}`, { assignmentId, answer: 'robin' });

async function reconcile(scheduler = newScheduler()): Promise<void> {
  await house.settle();
  await scheduler.reconcile();
  await house.settle();
}
const phaseOf = async ({ assignmentId }: Worker) => (await tasksOf(house.db, [assignmentId])).get(assignmentId)?.phase;

/** A reservation for one, and three HITs on the market for it. */
async function posted() {
  const reservationId = await house.reserve(await house.defineProtoHit());
  await newScheduler().decide();
  await newScheduler().post();
  await house.settle();
  const [first, second] = await open();
  if (!first || !second) throw new Error('HITs were expected on the market');
  return { reservationId, first, second };
}

describe('one HIT for one decision, whatever becomes of the call', () => {
  /** Outlasts the SDK's own three tries a call. */
  const EVERY_TRY = 9;

  test.each(['commitThenDrop', 'commitThenFail', 'malformed'] as const)(
    'when it is carried out and its answer is lost (%s)',
    async (kind) => {
      await house.reserve(await house.defineProtoHit());
      await newScheduler().decide();
      await faults({ operation: 'CreateHIT', kind, times: EVERY_TRY });
      await newScheduler().post();
      await newScheduler().post();
      await newScheduler().post();
      await faults();
      await newScheduler().post();
      expect(await open()).toHaveLength(3);
      expect((await house.happened('HitPosted')).map(({ data }) => data.marketplaceHitId).toSorted()).toEqual(
        (await open()).map(({ marketplaceHitId }) => marketplaceHitId).toSorted(),
      );
      expect(await house.happened('HitPostFailed')).toEqual([]);
    },
  );

  test.each(['throttled', 'serviceFault', 'unavailable', 'versionNotSupported', 'reset'] as const)(
    'when it is not carried out (%s)',
    async (kind) => {
      await house.reserve(await house.defineProtoHit());
      await newScheduler().decide();
      await faults({ operation: 'CreateHIT', kind, times: 4 });
      for (let process = 0; process < 4; process++) await newScheduler().post();
      expect(await open()).toHaveLength(3);
      expect(await house.happened('HitPostFailed')).toEqual([]);
    },
  );

  test('when the requester has no money left: the refusal is recorded', async () => {
    await house.reserve(await house.defineProtoHit());
    await newScheduler().decide();
    await faults({ operation: 'CreateHIT', kind: 'insufficientFunds' });
    await newScheduler().post();
    expect((await house.happened('HitPostFailed')).map(({ data }) => data.code)).toEqual(
      Array.from({ length: 3 }, () => 'InsufficientFunds'),
    );
  });

  test('when the answers to a whole round were lost, the listing brings them', async () => {
    await house.reserve(await house.defineProtoHit());
    await newScheduler().decide();
    await faults({ operation: 'CreateHIT', kind: 'commitThenFail' });
    for (let process = 0; process < 3; process++) await newScheduler().post();
    await reconcile();
    expect(await house.happened('HitPosted')).toHaveLength(3);
  });
});

test('a cancelled reservation leaves nothing to accept', async () => {
  const { reservationId } = await posted();
  await house.commands.cancelReservation(house.context, { reservationId });
  await newScheduler().post();
  expect(await open()).toEqual([]);
  expect(await house.happened('HitExpired')).toHaveLength(3);
});

test('a worker who gives the HIT back frees the slot', async () => {
  const { reservationId, first } = await posted();
  const ann = await accept(first.marketplaceHitId, 'AANN');
  await house.ping(ann);
  await house.commands.invokeReservation(house.context, { reservationId });
  await house.ping(ann, 'working');
  house.pass(3 * MINUTE);
  await reconcile();
  expect(await phaseOf(ann)).toBe('working');
  await giveBack(ann);
  await reconcile();
  expect(await phaseOf(ann)).toBe('returned');
  expect((await house.happened('SlotReopened')).map(({ data }) => data.reason)).toEqual(['returned']);
});

test('a worker whose time ran out is abandoned', async () => {
  const { reservationId, first } = await posted();
  const ann = await accept(first.marketplaceHitId, 'AANN');
  await house.ping(ann);
  await house.commands.invokeReservation(house.context, { reservationId });
  await house.ping(ann, 'working');
  house.pass(HOUR + SECOND);
  await reconcile();
  expect(await phaseOf(ann)).toBe('abandoned');
});

// Dallinger #1952, ParlAI #2843, Mephisto #652: people who waited and were not used could not hand in, or were not paid.
test('people who waited and were not used are told, can hand in, and are paid once', async () => {
  const { reservationId, first, second } = await posted();
  const ann = await accept(first.marketplaceHitId, 'AANN');
  const bob = await accept(second.marketplaceHitId, 'ABOB');
  await house.ping(ann);
  house.pass(1);
  await house.ping(bob);
  await house.commands.invokeReservation(house.context, { reservationId });
  await house.ping(ann, 'working');
  await newScheduler().decide();
  await newScheduler().post();
  await newScheduler().watch();
  await house.settle();
  expect(await phaseOf(bob)).toBe('released');
  expect(await open()).toEqual([]);

  await submit(ann);
  await submit(bob);
  await faults({ operation: 'ApproveAssignment', kind: 'commitThenFail', times: 3 });
  await reconcile();
  await faults();
  await reconcile();
  expect(await phaseOf(ann)).toBe('submitted');
  expect(await phaseOf(bob)).toBe('approved');
  const earned = await fetch(`${url}/earnings?workerId=ABOB`, { headers: { accept: 'application/json' } });
  expect(await earned.json()).toMatchObject([{ assignmentId: bob.assignmentId, status: 'approved', paidCents: 5 }]);
});

test('what is over is deleted from the market, and the log says so', async () => {
  const { reservationId, first } = await posted();
  const ann = await accept(first.marketplaceHitId, 'AANN');
  await house.ping(ann);
  await house.commands.cancelReservation(house.context, { reservationId });
  await newScheduler().post();
  await newScheduler().watch();
  await submit(ann);
  await reconcile();
  house.pass(2 * HOUR);
  await reconcile();
  expect((await listed()).map(({ marketplaceHitId }) => marketplaceHitId)).toEqual([first.marketplaceHitId]);
  house.pass(24 * HOUR);
  await reconcile();
  expect(await listed()).toEqual([]);
  expect(await house.happened('HitDisposed')).toHaveLength(3);
});
