import { once } from 'node:events';
import { serve } from '@hono/node-server';
import pino from 'pino';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { z } from 'zod';
import { AssignmentId, type MarketplaceHitId, WorkerId } from '../../src/domain/ids.ts';
import { createMTurk } from '../../src/marketplace/mturk/mturk.ts';
import { createRateLimit } from '../../src/marketplace/mturk/rateLimit.ts';
import type { Marketplace } from '../../src/marketplace/port.ts';
import { setFaultRules } from '../../src/marketplace/simulated/faults.ts';
import { createSimulatedMarketplace } from '../../src/marketplace/simulated/simulated.ts';
import { tasksOf } from '../../src/projections/tasks.ts';
import { HOUR, type House, openHouse, SECOND, type Worker } from './house.ts';

const DAY_SECONDS = 86_400;

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
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server does not listen');
  url = `http://127.0.0.1:${address.port}`;
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

const newScheduler = () => house.newScheduler({ marketplaces: async () => market });
const phaseOf = async ({ assignmentId }: Worker) => (await tasksOf(house.db, [assignmentId])).get(assignmentId)?.phase;

async function asWorker(path: string, form: Readonly<Record<string, string>> = {}): Promise<unknown> {
  const body = new URLSearchParams(form);
  const answer = await fetch(`${url}${path}`, { method: 'POST', headers: { accept: 'application/json' }, body });
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
  return answer.json();
}

/** Somebody who was called, worked and handed in. */
async function handedIn(name: string, marketplaceHitId: MarketplaceHitId): Promise<Worker> {
  const accepted = await asWorker(`/hits/${marketplaceHitId}/accept?workerId=${name}`);
  const { assignmentId } = z.object({ assignmentId: AssignmentId }).parse(accepted);
  const worker = { assignmentId, workerId: WorkerId.parse(name), marketplaceHitId };
  await house.ping(worker);
  await house.ping(worker, 'working');
  await asWorker('/mturk/externalSubmit', { assignmentId, answer: 'robin' });
  return worker;
}

async function onMarket(): Promise<readonly MarketplaceHitId[]> {
  const found: MarketplaceHitId[] = [];
  for await (const page of market.listHits())
    if (page.type === 'done')
      found.push(...page.value.filter(({ status }) => status === 'open').map((hit) => hit.marketplaceHitId));
  return found;
}

const FAILURES = ['HitPostFailed', 'HitExpireFailed', 'ReviewFailed', 'BonusFailed', 'MarketplaceBlockFailed'] as const;

test('a key that lapses for a day costs nothing but the day: what was decided is done when there is a new one', async () => {
  const protoHitId = await house.defineProtoHit({
    autoApprovalDelaySeconds: 20 * DAY_SECONDS,
    assignmentDurationSeconds: 3 * DAY_SECONDS,
    lifetimeSeconds: 3 * DAY_SECONDS,
    maxWaitSeconds: 2 * DAY_SECONDS,
  });
  const reservationId = await house.reserve(protoHitId, 2);
  await newScheduler().decide();
  await newScheduler().post();
  await house.settle();
  await house.commands.invokeReservation(house.context, { reservationId });
  const [first, second, third] = await onMarket();
  if (!first || !second || !third) throw new Error('three HITs were expected');
  const [ann, bob] = [await handedIn('AANN', first), await handedIn('ABOB', second)];
  await newScheduler().reconcile();
  await house.settle();
  expect([await phaseOf(ann), await phaseOf(bob)]).toEqual(['submitted', 'submitted']);

  await setFaultRules(house.db, [{ operation: '*', kind: 'lapsed', probability: 1, after: 0 }]);
  const { commands, context } = house;
  await commands.reviewAssignments(context, { assignmentIds: [ann.assignmentId], verdict: { type: 'approve' } });
  await commands.reviewAssignments(context, {
    assignmentIds: [bob.assignmentId],
    verdict: { type: 'reject', feedback: 'It is no robin.' },
  });
  await commands.grantBonus(context, { assignmentId: ann.assignmentId, amountCents: 7, reason: 'You were quick.' });
  await commands.blockWorker(context, { workerId: bob.workerId, reason: 'No robins.', onMarketplace: true });
  await commands.requestHitExpire(context, {
    hitIds: (await house.happened('HitPostRequested')).map(({ data }) => data.hitId),
    reason: 'notNeeded',
  });
  const later = await house.reserve(protoHitId, 1, 2 * DAY_SECONDS);
  let scheduler = newScheduler();
  await scheduler.decide();
  for (let hours = 0; hours < 25; hours++) {
    await scheduler.post();
    await scheduler.reconcile();
    await house.settle();
    house.pass(HOUR);
    // A restart in between forgets all patience.
    if (hours === 12) scheduler = newScheduler();
  }
  expect(await house.happened(...FAILURES)).toEqual([]);
  expect(await house.happened('AssignmentApproved', 'AssignmentRejected', 'BonusPaid', 'MarketplaceBlocked')).toEqual(
    [],
  );

  await setFaultRules(house.db, []);
  await scheduler.post();
  await house.settle();
  expect([await phaseOf(ann), await phaseOf(bob)]).toEqual(['approved', 'rejected']);
  expect(await house.happened('BonusPaid', 'MarketplaceBlocked')).toHaveLength(2);
  expect(await house.happened(...FAILURES)).toEqual([]);
  const { rows } = await house.db.query('select kind, cents from marketplace.payments order by kind');
  expect(rows).toEqual([
    { kind: 'bonus', cents: 7 },
    { kind: 'reward', cents: 5 },
  ]);
  const recruited = (await house.happened('HitPostRequested')).filter(({ data }) => data.recruitedFor === later);
  const posted = new Set((await house.happened('HitPosted')).map(({ stream }) => stream));
  expect(recruited.length).toBeGreaterThan(0);
  expect(recruited.every(({ stream }) => posted.has(stream))).toBe(true);
  expect(await onMarket()).toHaveLength(recruited.length);
  house.pass(SECOND);
});
