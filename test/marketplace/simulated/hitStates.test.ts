import {
  CreateHITCommand,
  DeleteHITCommand,
  GetHITCommand,
  ListHITsCommand,
  ListReviewableHITsCommand,
  UpdateExpirationForHITCommand,
  UpdateHITReviewStatusCommand,
} from '@aws-sdk/client-mturk';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { AssignmentId } from '../../../src/domain/ids.ts';
import { hitRequest } from '../../../src/marketplace/mturk/hitRequest.ts';
import { type Market, order, startMarket, valueIn } from '../market.ts';

let market: Market;
let sdk: ReturnType<Market['sdk']>;
beforeAll(async () => {
  market = await startMarket();
  sdk = market.sdk();
});
afterAll(() => market.stop());

const create = async (maxAssignments = 1, more: Parameters<typeof order>[0] = {}): Promise<string> =>
  (await sdk.send(new CreateHITCommand(hitRequest(order(more, { maxAssignments }))))).HIT?.HITId ?? '';
const state = async (HITId: string) => {
  const { HIT } = await sdk.send(new GetHITCommand({ HITId }));
  return [
    HIT?.HITStatus,
    HIT?.NumberOfAssignmentsAvailable,
    HIT?.NumberOfAssignmentsPending,
    HIT?.NumberOfAssignmentsCompleted,
  ];
};
let workers = 0;
const accept = async (HITId: string): Promise<{ assignmentId: string; workerId: string }> => {
  const workerId = `ASTATE${++workers}`;
  const assignmentId = await market.accept(HITId, workerId);
  if (assignmentId === null) throw new Error(`${HITId} cannot be accepted`);
  return { assignmentId, workerId };
};
const expire = (HITId: string, ExpireAt = new Date(0)) =>
  sdk.send(new UpdateExpirationForHITCommand({ HITId, ExpireAt }));
const approve = async (assignmentId: string) =>
  valueIn(await market.adapter().approve(AssignmentId.parse(assignmentId)));

test('a HIT is assignable while there is an assignment left, then not, and again when one is returned', async () => {
  const hit = await create(2);
  expect(await state(hit)).toEqual(['Assignable', 2, 0, 0]);
  await accept(hit);
  expect(await state(hit)).toEqual(['Assignable', 1, 1, 0]);
  const { assignmentId, workerId } = await accept(hit);
  expect(await state(hit)).toEqual(['Unassignable', 0, 2, 0]);
  await market.giveBack(assignmentId, workerId);
  expect(await state(hit)).toEqual(['Assignable', 1, 1, 0]);
});

test('an assignment whose time is up is abandoned: it can be accepted again, not handed in', async () => {
  const hit = await create(1, { assignmentDurationSeconds: 60 });
  const { assignmentId } = await accept(hit);
  market.pass(59);
  expect(await state(hit)).toEqual(['Unassignable', 0, 1, 0]);
  market.pass(1);
  expect(await state(hit)).toEqual(['Assignable', 1, 0, 0]);
  expect(await market.submit(assignmentId)).toBe(false);
  await accept(hit);
});

test('all of it handed in makes a HIT reviewable; completed counts what was reviewed', async () => {
  const hit = await create(2);
  const [one, other] = [await accept(hit), await accept(hit)];
  await market.submit(one.assignmentId);
  expect(await state(hit)).toEqual(['Unassignable', 0, 1, 0]);
  await market.submit(other.assignmentId);
  expect(await state(hit)).toEqual(['Reviewable', 0, 0, 0]);
  await approve(one.assignmentId);
  expect(await state(hit)).toEqual(['Reviewable', 0, 0, 1]);
});

test('a HIT whose lifetime is over is reviewable once nobody holds an assignment', async () => {
  const [lonely, held] = [await create(1, { lifetimeSeconds: 100 }), await create(2, { lifetimeSeconds: 100 })];
  const { assignmentId } = await accept(held);
  market.pass(100);
  expect(await state(lonely)).toEqual(['Reviewable', 1, 0, 0]);
  expect(await state(held)).toEqual(['Unassignable', 1, 1, 0]);
  expect(await market.accept(held, 'ATOOLATE')).toBeNull();
  await market.submit(assignmentId);
  expect(await state(held)).toEqual(['Reviewable', 1, 0, 0]);
});

test('a moment in the past expires a HIT now, a later one brings it back', async () => {
  const hit = await create();
  await expire(hit);
  expect((await sdk.send(new GetHITCommand({ HITId: hit }))).HIT?.Expiration).toEqual(new Date(market.now()));
  expect(await state(hit)).toEqual(['Reviewable', 1, 0, 0]);
  market.pass(10);
  await expire(hit);
  expect((await sdk.send(new GetHITCommand({ HITId: hit }))).HIT?.Expiration).toEqual(new Date(market.now() - 10_000));
  await expire(hit, new Date(market.now() + 60_000));
  expect(await state(hit)).toEqual(['Assignable', 1, 0, 0]);
  await accept(hit);
});

test('only what is reviewable can be under review, and goes back', async () => {
  const hit = await create();
  const review = (Revert: boolean) => sdk.send(new UpdateHITReviewStatusCommand({ HITId: hit, Revert }));
  await expect(review(false)).rejects.toMatchObject({ TurkErrorCode: 'AWS.MechanicalTurk.InvalidHITState' });
  await expire(hit);
  await review(false);
  expect((await state(hit))[0]).toBe('Reviewing');
  const listed = async (Status: 'Reviewable' | 'Reviewing') =>
    (await sdk.send(new ListReviewableHITsCommand({ Status, MaxResults: 100 }))).HITs?.map(({ HITId }) => HITId);
  expect(await listed('Reviewing')).toEqual([hit]);
  expect(await listed('Reviewable')).not.toContain(hit);
  await review(true);
  expect(await listed('Reviewing')).toEqual([]);
  expect(await listed('Reviewable')).toContain(hit);
});

describe('deleting', () => {
  const wrongState = { name: 'RequestError', TurkErrorCode: 'AWS.MechanicalTurk.InvalidHITState' };
  const remove = (HITId: string) => sdk.send(new DeleteHITCommand({ HITId }));

  test('is refused while the HIT is on the market, held, or has work to review', async () => {
    const hit = await create();
    await expect(remove(hit)).rejects.toMatchObject(wrongState);
    const { assignmentId } = await accept(hit);
    await expire(hit);
    await expect(remove(hit)).rejects.toMatchObject(wrongState);
    await market.submit(assignmentId);
    await expect(remove(hit)).rejects.toMatchObject({
      ...wrongState,
      message: expect.stringContaining("in the state 'Reviewable'.  This operation can be called with a status of:"),
    });
    await approve(assignmentId);
    await remove(hit);
  });

  test('hides a HIT from listings; a second time is refused, and it cannot come back', async () => {
    const hit = await create();
    await expire(hit);
    await remove(hit);
    await expect(remove(hit)).rejects.toMatchObject({
      ...wrongState,
      message: expect.stringContaining("in the state 'Disposed'"),
    });
    await expect(expire(hit, new Date(market.now() + 60_000))).rejects.toMatchObject(wrongState);
    const { HITs = [] } = await sdk.send(new ListHITsCommand({ MaxResults: 100 }));
    expect(HITs.map(({ HITId }) => HITId)).not.toContain(hit);
    expect((await state(hit))[0]).toBe('Disposed');
  });
});

test('a token is known again for 24 hours', async () => {
  const made = hitRequest(order());
  const { HIT } = await sdk.send(new CreateHITCommand(made));
  market.pass(86_399);
  await expect(sdk.send(new CreateHITCommand(made))).rejects.toMatchObject({
    TurkErrorCode: 'AWS.MechanicalTurk.HitAlreadyExists',
    message: expect.stringContaining(HIT?.HITId ?? 'none'),
  });
  market.pass(1);
  expect((await sdk.send(new CreateHITCommand(made))).HIT?.HITId).not.toBe(HIT?.HITId);
});
