import { z } from 'zod';
import type { EventsOf } from './decision.ts';
import { Instant } from './ids.ts';

/**
 * How this version of the service writes its log. Counted up when a log that it has written can no longer be
 * understood by older versions: those then refuse to start on it.
 */
export const LOG_FORMAT = 1;

/** Whose log this is: the first event of every log, so that nobody takes another application's for their own. */
export const logEvents = {
  LogOpened: z.object({
    application: z.literal('retainer'),
    /** Tells this log from every other. */
    logId: z.uuid(),
    format: z.int().positive(),
    /** Of the service that opened it. */
    version: z.string(),
    at: Instant,
  }),
  LogUpgraded: z.object({ format: z.int().positive(), version: z.string(), at: Instant }),
} as const;
export type LogEvent = EventsOf<typeof logEvents>;
