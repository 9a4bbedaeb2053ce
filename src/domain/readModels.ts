import { z } from 'zod';
import type { EventsOf } from './decision.ts';
import { Instant } from './ids.ts';

/** What operators had done to read models. Those follow from the log; that somebody meddled with them stands in it too. */
export const readModelEvents = {
  ReadModelRebuildOrdered: z.object({ names: z.array(z.string()).min(1), at: Instant }),
  ReadModelRetried: z.object({ names: z.array(z.string()).min(1), at: Instant }),
  /** One stood still before an event that it could not apply, and passes over it from now on. */
  ReadModelEventSkipped: z.object({ name: z.string(), position: z.string(), type: z.string(), at: Instant }),
  /** It takes that event again from its next rebuild on. */
  ReadModelSkipLifted: z.object({ name: z.string(), position: z.string(), type: z.string(), at: Instant }),
} as const;
export type ReadModelEvent = EventsOf<typeof readModelEvents>;
