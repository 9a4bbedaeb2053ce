import type { Logger } from 'pino';
import type { AssignmentId } from '../domain/ids.ts';
import { BEGINNING, type Position } from '../event-store/port.ts';
import { listen } from '../postgres/listen.ts';
import type { Database } from '../postgres/pool.ts';
import { fingerprintOf, readAnnouncement } from './announcement.ts';
import { slowestCheckpoint } from './checkpoints.ts';
import type { Projection } from './projection.ts';

/** How far the read models have come, and whom their last changes concern. */
export type CaughtUp = {
  /** Listening; until then nobody is told anything. */
  readonly ready: Promise<void>;
  /** Waits until queries show everything up to a position: true at once if they do, false after the timeout. */
  readonly until: (position: Position, options: { timeoutMs: number }) => Promise<boolean>;
  /** Calls back with assignments whose task or phase may have changed; null: any may. Answers with the way to stop. */
  readonly onAssignments: (callback: (ids: readonly AssignmentId[] | null) => void) => () => void;
  /** Calls back when anything happened but pings. Answers with the way to stop. */
  readonly onChange: (callback: () => void) => () => void;
  readonly position: () => Position;
  /** Lets whoever waits go with false. */
  readonly close: () => Promise<void>;
};

type Waiter = { readonly position: Position; readonly settle: (isCaughtUp: boolean) => void };

/** While somebody waits the checkpoints are looked at this often, whatever is or is not announced. */
const LOOK_MS = 250;

/** `projections`: those that this node's queries read, in its own versions. */
export function createCaughtUp({
  db,
  url,
  projections,
  log,
}: {
  db: Database;
  url: string;
  projections: readonly Projection[];
  log: Logger;
}): CaughtUp {
  const fingerprint = fingerprintOf(projections);
  const callbacks = new Set<(ids: readonly AssignmentId[] | null) => void>();
  const changeCallbacks = new Set<() => void>();
  /** Sorted by position; new ones nearly always belong at the end. */
  const waiters: Waiter[] = [];
  let reached = BEGINNING;
  let isLooking = false;
  let isToLookAgain = false;

  const reach = (position: Position): void => {
    reached = position;
    const waiting = waiters.findIndex((waiter) => waiter.position > reached);
    for (const { settle } of waiters.splice(0, waiting === -1 ? waiters.length : waiting)) settle(true);
  };

  const look = async (): Promise<void> => {
    isToLookAgain = true;
    if (isLooking) return;
    isLooking = true;
    try {
      while (isToLookAgain) {
        isToLookAgain = false;
        const position = await slowestCheckpoint(db, projections);
        if (position > reached) reach(position);
      }
    } catch (error) {
      log.debug({ err: error }, 'could not look how far the read models are; looking again');
    } finally {
      isLooking = false;
    }
  };
  const tell = (assignments: readonly AssignmentId[] | null, onlyPings: boolean): void => {
    for (const callback of callbacks) callback(assignments);
    if (!onlyPings) for (const callback of changeCallbacks) callback();
  };
  const timer = setInterval(() => {
    if (waiters.length > 0) void look();
  }, LOOK_MS);

  const listener = listen({
    url,
    channels: ['read_models'],
    log,
    onNotify: (_, payload) => {
      const announcement = readAnnouncement(payload);
      if (announcement === undefined) return log.warn({ payload }, 'an announcement of the read models makes no sense');
      // Another projector may do others: of another version, or all but one that stands still.
      if (announcement.projections !== fingerprint) void look();
      else if (announcement.position > reached) reach(announcement.position);
      tell(announcement.assignments, announcement.onlyPings);
    },
    onGap: () => {
      // Announcements may have been missed; and a Postgres that crashed may have fallen back by a few batches.
      reached = BEGINNING;
      void look();
      tell(null, false);
    },
  });

  return {
    ready: listener.ready,
    position: () => reached,
    until: (position, { timeoutMs }) =>
      position <= reached
        ? Promise.resolve(true)
        : new Promise((resolve) => {
            const timeout = setTimeout(() => {
              waiters.splice(waiters.indexOf(waiter), 1);
              resolve(false);
            }, timeoutMs);
            const waiter: Waiter = {
              position,
              settle: (isCaughtUp) => {
                clearTimeout(timeout);
                resolve(isCaughtUp);
              },
            };
            const after = waiters.findLastIndex((other) => other.position <= position);
            waiters.splice(after + 1, 0, waiter);
          }),
    onAssignments: (callback) => {
      callbacks.add(callback);
      return () => callbacks.delete(callback);
    },
    onChange: (callback) => {
      changeCallbacks.add(callback);
      return () => changeCallbacks.delete(callback);
    },
    close: async () => {
      clearInterval(timer);
      for (const { settle } of waiters.splice(0)) settle(false);
      await listener.close();
    },
  };
}
