import { apiKeyCommands } from './apiKeys.ts';
import { assignmentCommands } from './assignments.ts';
import type { Dependencies } from './context.ts';
import { createDispatch } from './dispatch.ts';
import { hitCommands } from './hits.ts';
import { operatorCommands } from './operators.ts';
import { protoHitCommands } from './protoHits.ts';
import { reservationCommands } from './reservations.ts';
import { workRequestCommands } from './workRequests.ts';

export type { CommandResult, Context } from './context.ts';

/** Everything that can be asked of the service. Commands answer when queries show what they did. */
export type Commands = ReturnType<typeof createCommands>;

export function createCommands(deps: Dependencies) {
  const dispatch = createDispatch(deps);
  const assignments = assignmentCommands(deps, dispatch);
  const hits = hitCommands(deps);
  return {
    ...protoHitCommands(deps),
    ...reservationCommands(deps, dispatch, assignments, hits),
    ...assignments,
    ...hits,
    ...workRequestCommands(deps),
    ...apiKeyCommands(deps),
    ...operatorCommands(deps),
    /** Fills open slots of invoked reservations of a ProtoHIT with those who wait. */
    dispatch,
  };
}
