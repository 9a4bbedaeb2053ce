import { apiKeyCommands } from './apiKeys.ts';
import { assignmentCommands } from './assignments.ts';
import type { Dependencies } from './context.ts';
import { createDispatch, type Dispatch } from './dispatch.ts';
import { hitCommands } from './hits.ts';
import { createNextNumber } from './numbers.ts';
import { operatorCommands } from './operators.ts';
import { placeCommands } from './places.ts';
import { protoHitCommands } from './protoHits.ts';
import { readModelCommands } from './readModels.ts';
import { reservationCommands } from './reservations.ts';
import { reviewCommands } from './reviews.ts';
import { signInCommands } from './signIns.ts';
import { workerCommands } from './workers.ts';
import { workRequestCommands } from './workRequests.ts';

export type { CommandResult, Context } from './context.ts';

/** Everything that can be asked of the service. Commands answer when queries show what they did. */
export type Commands = ReturnType<typeof createCommands>;

/** `dispatch`: where there is one already; two in one process would be in each other's way. */
export function createCommands(deps: Dependencies, dispatch: Dispatch = createDispatch(deps)) {
  const assignments = assignmentCommands(deps, dispatch);
  const hits = hitCommands(deps);
  const nextNumber = createNextNumber(deps);
  const places = placeCommands(deps, dispatch);
  return {
    ...protoHitCommands(deps, nextNumber),
    ...reservationCommands(deps, dispatch, assignments, hits, places, nextNumber),
    ...assignments,
    ...places,
    ...hits,
    ...reviewCommands(deps),
    ...workerCommands(deps, assignments),
    ...workRequestCommands(deps, nextNumber),
    ...apiKeyCommands(deps),
    ...operatorCommands(deps),
    ...signInCommands(deps),
    ...readModelCommands(deps),
    /** Fills open slots of invoked reservations of a ProtoHIT with those who wait. */
    dispatch,
  };
}
