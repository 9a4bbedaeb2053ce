import { afterEach, beforeEach, expect, test } from 'vitest';
import { streamOf } from '../../src/domain/event.ts';
import { demandNow } from '../../src/projections/demand.ts';
import { until } from '../support/service.ts';
import { HOUR, type House, openHouse, SECOND } from './house.ts';

let house: House;
beforeEach(async () => {
  house = await openHouse();
});
afterEach(() => house.close());

const MINUTE = 60 * SECOND;
const minute = async () => {
  const planned = await house.newScheduler().decide();
  await house.newScheduler().post();
  await house.settle();
  return planned;
};
const invoke = (reservationId: Awaited<ReturnType<House['reserve']>>, foreignId?: string) =>
  house.commands.invokeReservation(house.context, { reservationId, foreignId });

test('an invoked reservation that its application forgot is recruited for no more, until it is invoked again', async () => {
  const reservationId = await house.reserve(await house.defineProtoHit(), 2);
  await invoke(reservationId);
  await minute();
  expect(house.market.open().length).toBeGreaterThan(0);

  house.pass(30 * MINUTE);
  expect((await minute()).post).toEqual([]);
  expect((await house.happened('RecruitingStopped')).map(({ stream }) => stream)).toEqual([
    streamOf.reservation(reservationId),
  ]);
  expect(house.market.open()).toEqual([]);
  house.pass(HOUR);
  expect((await minute()).post).toEqual([]);
  expect(await house.happened('RecruitingStopped')).toHaveLength(1);
  expect(await demandNow(house.db)).toEqual([]);

  await invoke(reservationId);
  expect((await minute()).post).toMatchObject([{ reservationId }]);
});

test('whoever comes to it after that is sent to it all the same', async () => {
  const reservationId = await house.reserve(await house.defineProtoHit());
  await invoke(reservationId);
  await minute();
  const [hit] = house.market.open();
  if (hit === undefined) throw new Error('no HIT');
  const late = house.market.accept(hit.marketplaceHitId);
  house.pass(30 * MINUTE);
  await minute();
  await house.ping(late);
  await until(async () => (await house.happened('TaskAssigned')).length === 1);
  expect((await house.happened('TaskAssigned'))[0]?.data.reservationId).toBe(reservationId);
});

test('one whose workers have all come is not forgotten, however long it lasts', async () => {
  const reservationId = await house.reserve(await house.defineProtoHit());
  await minute();
  const [hit] = house.market.open();
  if (hit === undefined) throw new Error('no HIT');
  const worker = house.market.accept(hit.marketplaceHitId);
  await house.ping(worker);
  await invoke(reservationId);
  await house.ping(worker, 'working');
  house.pass(2 * HOUR);
  await minute();
  expect(await house.happened('RecruitingStopped')).toEqual([]);
});

test('an invoke after the time-out opens the reservation again and dispatches', async () => {
  const reservationId = await house.reserve(await house.defineProtoHit());
  await minute();
  const [hit] = house.market.open();
  if (hit === undefined) throw new Error('no HIT');
  const worker = house.market.accept(hit.marketplaceHitId);
  house.pass(31 * MINUTE);
  await minute();
  expect(await house.happened('ReservationTimedOut')).toHaveLength(1);
  await house.ping(worker);
  expect(await invoke(reservationId, 'task 7')).toMatchObject({ type: 'done' });
  const assigned = await house.happened('TaskAssigned');
  expect(assigned.map(({ data }) => [data.reservationId, data.foreignId])).toEqual([[reservationId, 'task 7']]);
});

test('an invoke by another name is what those get who are sent after it; who was sent before keeps the first', async () => {
  const reservationId = await house.reserve(await house.defineProtoHit({ maxAssignments: 2 }), 2);
  await minute();
  const [hit] = house.market.open();
  if (hit === undefined) throw new Error('no HIT');
  const [first, second] = [house.market.accept(hit.marketplaceHitId), house.market.accept(hit.marketplaceHitId)];
  await house.ping(first);
  await invoke(reservationId, 'one');
  expect(await invoke(reservationId, 'two')).toMatchObject({ type: 'done' });
  await house.ping(second);
  await until(async () => (await house.happened('TaskAssigned')).length === 2);
  const assigned = await house.happened('TaskAssigned');
  expect(assigned.map(({ stream, data }) => [stream, data.foreignId])).toEqual([
    [streamOf.assignment(first.assignmentId), 'one'],
    [streamOf.assignment(second.assignmentId), 'two'],
  ]);
});
