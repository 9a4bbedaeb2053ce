import type { z } from 'zod';
import { streamOf } from '../domain/event.ts';
import { type ProtoHitId, WorkRequestId } from '../domain/ids.ts';
import { closedToNew } from '../domain/protoHit.ts';
import {
  finishWorkRequest,
  makeWorkRequest,
  reopenWorkRequest,
  type workRequestEvents,
} from '../domain/workRequest.ts';
import { load, protoHits, workRequests } from './aggregates.ts';
import { type CommandResult, type Context, type Dependencies, settled } from './context.ts';
import { handle, handleOne, nothingToTell, writeTo } from './handle.ts';
import { idFor } from './ids.ts';
import type { NextNumber } from './numbers.ts';

/** The deprecated `putwork` API. */
export const workRequestCommands = (deps: Dependencies, nextNumber: NextNumber) => ({
  putWork: async (
    context: Context,
    request: {
      protoHitId: ProtoHitId;
      foreignId: string;
      payload: z.infer<typeof workRequestEvents.WorkRequestMade>['payload'];
    },
  ): Promise<CommandResult<WorkRequestId>> => {
    const workRequestId = WorkRequestId.parse(idFor(context, 'workRequest'));
    return settled(
      deps,
      await handle(deps, async () => {
        const at = deps.clock();
        const [protoHit, workRequest] = await Promise.all([
          load(deps.store, protoHits, streamOf.protoHit(request.protoHitId)),
          load(deps.store, workRequests, streamOf.workRequest(workRequestId)),
        ]);
        const closed = closedToNew(protoHit.state);
        if (closed !== null) return closed;
        const number = workRequest.state.phase === 'none' ? await nextNumber('workRequest') : undefined;
        const decision = makeWorkRequest(workRequest.state, { ...request, workRequestId, number, at });
        if (decision.type === 'refused') return decision;
        const writes = [writeTo(workRequest, decision.events, { context, at })];
        return { type: 'write', writes, value: workRequestId, seen: [workRequest] };
      }),
    );
  },

  /** Marks work as done, or (`reopen`) as not done after all. */
  workDone: async (
    context: Context,
    { workRequestId, reopen }: { workRequestId: WorkRequestId; reopen: boolean },
  ): Promise<CommandResult<null>> =>
    settled(
      deps,
      await handleOne(
        deps,
        context,
        workRequests,
        streamOf.workRequest(workRequestId),
        (state, at) => (reopen ? reopenWorkRequest(state, { at }) : finishWorkRequest(state, { at })),
        nothingToTell,
      ),
    ),
});
