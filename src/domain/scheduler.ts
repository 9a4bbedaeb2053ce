import { z } from 'zod';
import type { EventsOf } from './decision.ts';
import { Instant } from './ids.ts';

/**
 * Who may decide for everybody. The scheduler appends with the revision that this stream has; so one that was replaced
 * and does not know yet is refused by the log itself.
 */
export const schedulerEvents = {
  /** A node that won the lease takes office. The event's revision in its stream is the node's token. */
  SchedulerElected: z.object({ node: z.string(), at: Instant }),
  /** Goes before everything that the scheduler appends. `elected`: the token. `streams`: how many it writes to. */
  SchedulerActed: z.object({ elected: z.int().min(0), streams: z.int().min(1), at: Instant }),
} as const;
export type SchedulerEvent = EventsOf<typeof schedulerEvents>;
