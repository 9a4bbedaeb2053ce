import { z } from 'zod';
import type { EventsOf } from './decision.ts';
import { AssignmentId, Instant, type ProtoHitId, WorkerId } from './ids.ts';

/**
 * What a page says of its worker. `idle`: the page is open, but they do not react; `left`: they pressed *Leave* or closed
 * the page; `submitting`: the page is about to post the form with their result. None of them counts as waiting until the
 * page says so again.
 */
export const PingType = z.enum(['waiting', 'idle', 'left', 'working', 'submitting']);
export type PingType = z.infer<typeof PingType>;

/** Every ping is kept, for as long as the operator says; no decision depends on this stream's revision. */
export const presenceEvents = {
  WorkerPinged: z.object({
    assignmentId: AssignmentId,
    workerId: WorkerId,
    pingType: PingType,
    at: Instant,
  }),
} as const;
export type PresenceEvent = EventsOf<typeof presenceEvents>;

/** Whether somebody is there to be called. */
export const reacts = (pingType: PingType): boolean => pingType === 'waiting' || pingType === 'working';

/** The landing page script pings this often (as the original's did). */
export const PING_INTERVAL_MS = 2_500;

/** A worker who waits at the landing page, as the pool knows them. */
export type WaitingWorker = {
  readonly assignmentId: AssignmentId;
  readonly workerId: WorkerId;
  readonly protoHitId: ProtoHitId;
  readonly recruitedFor: string | null;
  readonly waitingSince: Instant;
  readonly lastPingAt: Instant;
};

/** Silent for so long that a beat was missed. */
export const SUSPECT_AFTER_MS = 2 * PING_INTERVAL_MS;

/** Still counted as waiting, but others are called first. */
export const isSuspect = (lastPingAt: Instant, now: Instant): boolean => now - lastPingAt > SUSPECT_AFTER_MS;
