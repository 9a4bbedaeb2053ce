import { afterEach, beforeEach, expect, test } from 'vitest';
import { streamOf } from '../../src/domain/event.ts';
import { type AssignmentId, EventId, type ProtoHitId } from '../../src/domain/ids.ts';
import { findAssignment } from '../../src/projections/browse/assignments.ts';
import { type House, openHouse, type Worker } from './house.ts';
import { final } from './market.ts';

let house: House;
let protoHitId: ProtoHitId;
beforeEach(async () => {
  house = await openHouse();
  protoHitId = await house.defineProtoHit();
  await house.reserve(protoHitId);
  await recruit();
});
afterEach(() => house.close());

const ann = { actor: 'operator:ann', requestId: 'a form' } as const;
const recruit = async (): Promise<void> => {
  const scheduler = house.newScheduler();
  await scheduler.decide();
  await scheduler.post();
  await house.settle();
};
/** Somebody who accepted a HIT and whose page pings. */
const comes = async (as?: Worker['workerId']): Promise<Worker> => {
  const [hit] = house.market.open();
  if (hit === undefined) throw new Error('nothing is on offer');
  const accepted = house.market.accept(hit.marketplaceHitId);
  const worker = as === undefined ? accepted : { ...accepted, workerId: as };
  await house.ping(worker);
  return worker;
};
const block = ({ workerId }: Pick<Worker, 'workerId'>, onMarketplace = false) =>
  house.commands.blockWorker(ann, { workerId, reason: 'Random clicks.', onMarketplace });
const taskOf = (id: AssignmentId) => findAssignment(house.db, id);

test('a waiting worker who is blocked is told at once that the wait is over', async () => {
  const worker = await comes();
  await block(worker);
  expect(await taskOf(worker.assignmentId)).toMatchObject({ phase: 'released', released: 'blocked' });
  const [blocked] = await house.happened('WorkerBlocked');
  expect(blocked).toMatchObject({ metadata: { actor: 'operator:ann' }, data: { reason: 'Random clicks.' } });
});

test('a blocked worker who comes is told so with the first ping, and never waits', async () => {
  const { workerId } = await comes();
  await block({ workerId });
  const again = await comes(workerId);
  expect(await taskOf(again.assignmentId)).toMatchObject({ phase: 'released', released: 'blocked' });
});

test('a worker who slipped in beside the block is never called, and released by the next round of the watch', async () => {
  const worker = await comes();
  // As if they had arrived while the block looked for those of them who wait.
  const blocked = {
    type: 'WorkerBlocked',
    data: { workerId: worker.workerId, reason: 'Random clicks.', onMarketplace: false, at: house.clock() },
  } as const;
  const stamp = { id: EventId.parse(crypto.randomUUID()), recordedAt: house.clock() };
  const metadata = { actor: 'operator:ann', correlationId: 'a form', causationId: 'a form' } as const;
  const stream = streamOf.worker(worker.workerId);
  await house.store.append([{ stream, expectedRevision: 'noStream', events: [{ ...blocked, ...stamp, metadata }] }]);
  await house.settle();
  const reservationId = await house.reserve(protoHitId);
  await house.commands.invokeReservation(house.context, { reservationId, foreignId: undefined });
  expect(await house.happened('TaskAssigned')).toEqual([]);
  await house.newScheduler().watch();
  await house.settle();
  expect(await taskOf(worker.assignmentId)).toMatchObject({ phase: 'released', released: 'blocked' });
});

test('who is unblocked waits again', async () => {
  const { workerId } = await comes();
  await block({ workerId });
  await house.commands.unblockWorker(ann, { workerId });
  expect(await taskOf((await comes(workerId)).assignmentId)).toMatchObject({ phase: 'waiting' });
});

test('a blocked worker who hands in is not approved by the service itself, and another released one is', async () => {
  const [bad, good] = [await comes(), await comes()];
  await block(bad);
  await house.commands.releaseWorkers(ann, { assignmentIds: [good.assignmentId], reason: 'notNeeded' });
  await house.settle();
  for (const { assignmentId } of [bad, good]) house.market.submit(assignmentId);
  await house.newScheduler().reconcile();
  await house.settle();
  expect((await taskOf(bad.assignmentId))?.phase).toBe('submitted');
  expect((await taskOf(good.assignmentId))?.phase).toBe('approved');
});

test('the marketplace is told only if asked to be, and again when the block is lifted', async () => {
  const worker = await comes();
  await block(worker);
  await house.newScheduler().post();
  expect(house.market.callsOf('block')).toEqual([]);
  await block(worker, true);
  await house.newScheduler().post();
  expect([...house.market.blocked]).toEqual([worker.workerId]);
  expect(await house.happened('MarketplaceBlocked')).toHaveLength(1);
  await house.settle();
  await house.commands.unblockWorker(ann, worker);
  await house.newScheduler().post();
  expect([...house.market.blocked]).toEqual([]);
});

test('a block that the marketplace refuses holds here all the same', async () => {
  const worker = await comes();
  await block(worker, true);
  house.market.trouble('block', { when: 'before', fault: final });
  await house.newScheduler().post();
  expect((await house.happened('MarketplaceBlockFailed')).map(({ data }) => data.code)).toEqual(['InsufficientFunds']);
  expect(await taskOf((await comes(worker.workerId)).assignmentId)).toMatchObject({ released: 'blocked' });
});

test('somebody who never came can be blocked here; no marketplace is told', async () => {
  await block({ workerId: 'ASTRANGER' as Worker['workerId'] }, true);
  await house.newScheduler().post();
  expect(house.market.callsOf('block')).toEqual([]);
  expect((await house.happened('MarketplaceBlockFailed')).map(({ data }) => data.code)).toEqual(['NeverSeen']);
});
