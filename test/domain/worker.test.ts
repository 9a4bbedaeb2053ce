import { describe, test } from 'vitest';
import {
  anyWorker,
  blockWorker,
  evolveWorker,
  recordMarketplaceBlock,
  recordMarketplaceBlockFailed,
  unblockWorker,
  type Worker,
  type WorkerEvent,
} from '../../src/domain/worker.ts';
import { STARTED_AT as at, ids } from '../support/events.ts';
import { specificationOf } from '../support/given.ts';

const given = specificationOf<Worker, WorkerEvent>({ initial: anyWorker, evolve: evolveWorker });

const here = { workerId: ids.worker(1), reason: 'Random clicks.', onMarketplace: false, at };
const everywhere = { ...here, onMarketplace: true };
const blocked: WorkerEvent = { type: 'WorkerBlocked', data: here };
const blockedEverywhere: WorkerEvent = { type: 'WorkerBlocked', data: everywhere };
const unblocked: WorkerEvent = { type: 'WorkerUnblocked', data: { at } };
const carriedOut: WorkerEvent = { type: 'MarketplaceBlocked', data: { at } };
const lifted: WorkerEvent = { type: 'MarketplaceUnblocked', data: { at } };
const fault = { code: 'Refused', message: 'no', at };
const failed: WorkerEvent = { type: 'MarketplaceBlockFailed', data: fault };

describe('blocking', () => {
  test('needs no acquaintance', () => given().when(blockWorker, here).thenEmits(blocked));
  test('twice is once', () => given(blocked).when(blockWorker, here).thenNothing());
  test('again for another reason puts that reason in the log', () => {
    const other = { ...here, reason: 'Sold the account.' };
    given(blocked).when(blockWorker, other).thenEmits({ type: 'WorkerBlocked', data: other });
    given(blocked, unblocked).when(blockWorker, here).thenEmits(blocked);
  });
  test('on the marketplace as well is more than blocking here', () => {
    given(blocked).when(blockWorker, everywhere).thenEmits(blockedEverywhere);
    given(blockedEverywhere).when(blockWorker, everywhere).thenNothing();
    given(blockedEverywhere, carriedOut).when(blockWorker, here).thenNothing();
  });
  test('again after the marketplace refused asks it once more', () =>
    given(blockedEverywhere, failed).when(blockWorker, everywhere).thenEmits(blockedEverywhere));
});

describe('unblocking', () => {
  test('makes them welcome', () => given(blocked).when(unblockWorker, { at }).thenState({ phase: 'welcome' }));
  test('of somebody who is not blocked is nothing', () => given().when(unblockWorker, { at }).thenNothing());
  test('lifts the block on the marketplace, too', () =>
    given(blockedEverywhere, carriedOut).when(unblockWorker, { at }).thenState({ marketplace: 'unblocking' }));
  test('asks nothing of a marketplace that was never told', () =>
    given(blocked).when(unblockWorker, { at }).thenState({ marketplace: 'unblocked' }));
});

describe("the marketplace's answer", () => {
  test('is recorded once', () => {
    given(blockedEverywhere).when(recordMarketplaceBlock, { as: 'blocked', at }).thenEmits(carriedOut);
    given(blockedEverywhere, carriedOut).when(recordMarketplaceBlock, { as: 'blocked', at }).thenNothing();
    given(blockedEverywhere, carriedOut, unblocked)
      .when(recordMarketplaceBlock, { as: 'unblocked', at })
      .thenEmits(lifted);
  });
  test('to a question that was taken back is nothing', () =>
    given(blockedEverywhere, unblocked).when(recordMarketplaceBlock, { as: 'blocked', at }).thenNothing());
  test('may be a refusal: here they stay blocked', () =>
    given(blockedEverywhere)
      .when(recordMarketplaceBlockFailed, { as: 'blocked', ...fault })
      .thenState({ phase: 'blocked', marketplace: 'unblocked' }));
  test('refusing what was taken back since is nothing', () =>
    given(blockedEverywhere, unblocked)
      .when(recordMarketplaceBlockFailed, { as: 'blocked', ...fault })
      .thenNothing());
});
