import type { Logger } from 'pino';
import type { AssignmentId } from '../../domain/ids.ts';

/** Somebody who waits for news of an assignment. Must not throw. */
export type Listener = () => Promise<void>;

export type CallBoard = {
  /** Calls back when the assignment may have changed, until the answered function is called; null: no room. */
  readonly listen: (id: AssignmentId, listener: Listener) => (() => void) | null;
  readonly size: () => number;
  readonly close: () => void;
};

/** How many are woken at a time when everybody has to look for themselves. */
const WOKEN_AT_ONCE = 2_000;

/**
 * Who is connected to this node and waits for which assignment. It holds no tasks: a listener that is woken asks
 * Postgres, together with all others woken in the same turn.
 */
export function createCallBoard({
  onAssignments,
  mostListeners,
  log,
}: {
  onAssignments: (callback: (ids: readonly AssignmentId[] | null) => void) => () => void;
  mostListeners: number;
  log: Logger;
}): CallBoard {
  const listeners = new Map<AssignmentId, Set<Listener>>();
  let count = 0;
  let wakingAll = false;
  let wakeAllAgain = false;

  const wake = (id: AssignmentId): Promise<unknown> =>
    Promise.all([...(listeners.get(id) ?? [])].map((listener) => listener()));

  const wakeAll = async (): Promise<void> => {
    if (wakingAll) {
      wakeAllAgain = true;
      return;
    }
    wakingAll = true;
    do {
      wakeAllAgain = false;
      const ids = [...listeners.keys()];
      for (let from = 0; from < ids.length; from += WOKEN_AT_ONCE)
        await Promise.all(ids.slice(from, from + WOKEN_AT_ONCE).map(wake));
    } while (wakeAllAgain);
    wakingAll = false;
  };

  const report = (error: unknown): void => log.error({ err: error }, 'waking a waiting worker failed');
  const stop = onAssignments((ids) => {
    if (ids === null) wakeAll().catch(report);
    else for (const id of ids) if (listeners.has(id)) wake(id).catch(report);
  });

  return {
    listen: (id, listener) => {
      if (count >= mostListeners) return null;
      const own = listeners.get(id) ?? new Set();
      listeners.set(id, own.add(listener));
      count++;
      return () => {
        if (!own.delete(listener)) return;
        count--;
        if (own.size === 0 && listeners.get(id) === own) listeners.delete(id);
      };
    },
    size: () => count,
    close: stop,
  };
}
