import type { Decision } from '../domain/decision.ts';
import { streamOf } from '../domain/event.ts';
import type { Instant, WorkerId } from '../domain/ids.ts';
import {
  blockWorker,
  recordMarketplaceBlock,
  recordMarketplaceBlockFailed,
  unblockWorker,
  type Worker,
  type WorkerEvent,
} from '../domain/worker.ts';
import { waitingOf } from '../projections/waitingPool.ts';
import { workers } from './aggregates.ts';
import type { assignmentCommands } from './assignments.ts';
import { type CommandResult, type Context, type Dependencies, settled } from './context.ts';
import { handleOne, nothingToTell } from './handle.ts';

/** What operators decide about a person, and what the marketplace answered. */
export const workerCommands = (
  deps: Dependencies,
  { releaseWorkers }: Pick<ReturnType<typeof assignmentCommands>, 'releaseWorkers'>,
) => {
  const onWorker = (
    context: Context,
    workerId: WorkerId,
    decide: (state: Worker, at: Instant) => Decision<WorkerEvent>,
  ): Promise<CommandResult<null>> =>
    handleOne(deps, context, workers, streamOf.worker(workerId), decide, nothingToTell);

  return {
    /** From now on they are never called, and whoever of them waits is told that the wait is over. */
    blockWorker: async (
      context: Context,
      block: { workerId: WorkerId; reason: string; onMarketplace: boolean },
    ): Promise<CommandResult<null>> => {
      const result = await settled(
        deps,
        await onWorker(context, block.workerId, (state, at) => blockWorker(state, { ...block, at })),
      );
      if (result.type === 'refused') return result;
      // Who arrives at the same moment, and is not seen here, is released by the watch's next round.
      const assignmentIds = await waitingOf(deps.db, block.workerId);
      await releaseWorkers(context, { assignmentIds, reason: 'blocked' });
      return settled(deps, assignmentIds.length === 0 ? result : { ...result, position: await deps.store.head() });
    },

    unblockWorker: async (context: Context, { workerId }: { workerId: WorkerId }): Promise<CommandResult<null>> =>
      settled(deps, await onWorker(context, workerId, (state, at) => unblockWorker(state, { at }))),

    recordMarketplaceBlock: (context: Context, { workerId, as }: { workerId: WorkerId; as: 'blocked' | 'unblocked' }) =>
      onWorker(context, workerId, (state, at) => recordMarketplaceBlock(state, { as, at })),

    recordMarketplaceBlockFailed: (
      context: Context,
      { workerId, ...fault }: { workerId: WorkerId; as: 'blocked' | 'unblocked'; code: string; message: string },
    ) => onWorker(context, workerId, (state, at) => recordMarketplaceBlockFailed(state, { ...fault, at })),
  };
};
