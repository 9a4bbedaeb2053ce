import { emit } from '../domain/decision.ts';
import { streamOf } from '../domain/event.ts';
import type { Instant } from '../domain/ids.ts';
import type { ReadModelEvent } from '../domain/readModels.ts';
import type { Projection } from '../projections/projection.ts';
import { liftSkip, retry, type Stop, skip } from '../projections/stopped.ts';
import { readModels } from './aggregates.ts';
import type { Context, Dependencies } from './context.ts';
import { handleOne, nothingToTell } from './handle.ts';

/** What operators have done to read models, with a trace in the log. Answers do not wait for a projector. */
export function readModelCommands(deps: Dependencies) {
  const note = (context: Context, event: (at: Instant) => ReadModelEvent) =>
    handleOne(deps, context, readModels, streamOf.readModels(), (_, at) => emit(event(at)), nothingToTell);
  return {
    /** Only says so: who orders it carries it out. */
    orderRebuild: async (context: Context, names: readonly string[]): Promise<void> => {
      await note(context, (at) => ({ type: 'ReadModelRebuildOrdered', data: { names: [...names], at } }));
    },

    /** Lets those that stand still try again; answers which they were. */
    retryReadModels: async (context: Context, chosen: readonly Projection[]): Promise<readonly string[]> => {
      const names = await retry(deps.db, chosen);
      if (names.length > 0)
        await note(context, (at) => ({ type: 'ReadModelRetried', data: { names: [...names], at } }));
      return names;
    },

    /**
     * Lets one pass over the event before which it, or its rebuild, stands still; answers which that was, null if neither
     * does. With `at` only over the event there.
     */
    skipEvent: async (context: Context, projection: Projection, at: string | null): Promise<Stop | null> => {
      const skipped = await skip(deps.db, projection, { by: context.actor, at });
      if (skipped !== null) {
        const { position, type } = skipped;
        await note(context, (at) => ({
          type: 'ReadModelEventSkipped',
          data: { name: projection.name, position, type, at },
        }));
      }
      return skipped;
    },

    /** Has one take an event again from its next rebuild on; answers which, null if it does not pass over one there. */
    liftSkip: async (context: Context, projection: Projection, at: string): Promise<Stop | null> => {
      const lifted = await liftSkip(deps.db, projection, at);
      if (lifted !== null) {
        const { position, type } = lifted;
        await note(context, (now) => ({
          type: 'ReadModelSkipLifted',
          data: { name: projection.name, position, type, at: now },
        }));
      }
      return lifted;
    },
  };
}
