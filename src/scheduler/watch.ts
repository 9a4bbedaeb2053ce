import type { Commands } from '../commands/commands.ts';
import type { Instant } from '../domain/ids.ts';
import { StoreUnavailable } from '../event-store/port.ts';
import { type Database, isUnavailable } from '../postgres/pool.ts';
import { invokedWithOpenSlots } from '../projections/reservations.ts';
import { calledInVain } from '../projections/unstarted.ts';
import { lostWorkers, releasable, silentCalled } from '../projections/waitingPool.ts';
import { awaitedProtoHits } from '../projections/whomToCall.ts';
import { concurrently } from './concurrently.ts';

export type WatchDependencies = {
  readonly db: Database;
  readonly commands: Pick<Commands, 'loseWorker' | 'reopenSlot' | 'endUnstarted' | 'releaseWorkers' | 'dispatch'>;
  readonly settings: {
    readonly pingTimeoutSeconds: number;
    readonly presenceGraceSeconds: number;
    readonly responseTimeoutSeconds: number;
  };
  readonly clock: () => Instant;
};

/** Commands in flight at once: enough to fill the store's group commits, few enough not to crowd out pings. */
const COMMANDS_AT_ONCE = 64;
const MOST_A_ROUND = 1_000;
const context = { actor: 'scheduler', requestId: 'watch' } as const;

/**
 * Looks after those who wait; a round every second. Gives the slots of called workers who do not come to
 * others, takes those who left out of the pool, tells those who were called that there is nothing left to start, releases
 * those whom nobody will need, and dispatches where a slot and a worker were left over.
 *
 * After an interruption (start, take-over, the database away) nobody's silence is held against them until the
 * watch has listened for as long as the rule asks: their pings could not reach us either.
 */
export function createWatch({ db, commands, settings, clock }: WatchDependencies) {
  const pingTimeoutMs = settings.pingTimeoutSeconds * 1000;
  const lostAfterMs = pingTimeoutMs + settings.presenceGraceSeconds * 1000;
  const responseTimeoutMs = settings.responseTimeoutSeconds * 1000;
  let listeningSince: Instant | null = null;
  let lastRoundAt: Instant | null = null;

  const reopenSilent = async (now: Instant, signal: AbortSignal | undefined): Promise<void> => {
    const silent = await silentCalled(db, { now, pingTimeoutMs, responseTimeoutMs, limit: MOST_A_ROUND });
    await concurrently(silent, { limit: COMMANDS_AT_ONCE, signal }, ({ reservationId, assignmentId }) =>
      commands.reopenSlot(context, { reservationId, assignmentId, reason: 'neverResponded' }),
    );
  };

  const loseAbsent = async (now: Instant, signal: AbortSignal | undefined): Promise<void> => {
    const lost = await lostWorkers(db, { now, afterMs: lostAfterMs, limit: MOST_A_ROUND });
    await concurrently(
      lost,
      { limit: COMMANDS_AT_ONCE, signal },
      async ({ assignmentId, reservationId, lastPingAt }) => {
        // The slot first: a crash in between leaves them in the pool, for the next round to find.
        if (reservationId !== null) await commands.reopenSlot(context, { reservationId, assignmentId, reason: 'lost' });
        await commands.loseWorker(context, { assignmentId, lastPingAt });
      },
    );
  };

  /** A page that calls its worker hears that there is nothing to start any more. */
  const endCalls = async (_: Instant, signal: AbortSignal | undefined): Promise<void> => {
    const called = await calledInVain(db, { limit: MOST_A_ROUND });
    await concurrently(called, { limit: COMMANDS_AT_ONCE, signal }, (place) => commands.endUnstarted(context, place));
  };

  const release = async (now: Instant): Promise<void> => {
    const due = await releasable(db, { now, limit: MOST_A_ROUND });
    for (const reason of ['blocked', 'notNeeded', 'waitedLongest'] as const) {
      const assignmentIds = due.filter((one) => one.reason === reason).map(({ assignmentId }) => assignmentId);
      if (assignmentIds.length > 0) await commands.releaseWorkers(context, { assignmentIds, reason });
    }
  };

  const dispatchLeftOver = async (now: Instant, signal: AbortSignal | undefined): Promise<void> => {
    const open = await invokedWithOpenSlots(db);
    const protoHitIds = [...new Set(open.map(({ protoHitId }) => protoHitId))];
    const both = await awaitedProtoHits(db, { protoHitIds, now, pingTimeoutMs });
    await concurrently(both, { limit: COMMANDS_AT_ONCE, signal }, (protoHitId) => commands.dispatch(protoHitId));
  };

  return {
    round: async (signal?: AbortSignal): Promise<void> => {
      const now = clock();
      if (listeningSince === null || lastRoundAt === null || now - lastRoundAt > pingTimeoutMs) listeningSince = now;
      const listenedMs = now - listeningSince;
      const parts = [
        listenedMs >= Math.max(pingTimeoutMs, responseTimeoutMs) && reopenSilent,
        listenedMs >= lostAfterMs && loseAbsent,
        endCalls,
        release,
        dispatchLeftOver,
      ];
      const failures: unknown[] = [];
      for (const part of parts)
        if (part !== false) await part(now, signal).catch((error: unknown) => failures.push(error));
      // While the database is away, nobody is listening.
      if (!failures.some(isAway)) lastRoundAt = now;
      if (failures.length > 0) throw failures[0];
    },
  };
}

const isAway = (error: unknown): boolean => error instanceof StoreUnavailable || isUnavailable(error);
