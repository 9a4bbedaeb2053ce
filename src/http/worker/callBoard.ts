import type { Logger } from 'pino';
import type { AssignmentId } from '../../domain/ids.ts';
import type { Called } from './call.ts';

/** Looks at an assignment for somebody who waits, or is told what there is to see. Rejects if it could not look. */
export type Listener = (called?: Called) => Promise<void>;

export type CallBoard = {
  /**
   * Calls the listener now and whenever the assignment may have changed, and again after a look that failed, until
   * the answered function is called; null: no room. `pushedOut` is called when others wait for the same assignment and
   * this one is the oldest of too many.
   */
  readonly listen: (id: AssignmentId, listener: Listener, pushedOut: () => void) => (() => void) | null;
  readonly size: () => number;
  readonly close: () => void;
};

/** Who waits for one assignment: a page, and one that was loaded again while the first has not gone. */
const MOST_AN_ASSIGNMENT = 3;
/** How many are woken at a time when everybody has to look for themselves. */
const WOKEN_AT_ONCE = 2_000;
/** When those look again who could not. */
const RETRY_MS = 1_000;

/**
 * Who is connected to this node and waits for which assignment. It holds no tasks: a listener that is woken asks
 * Postgres, together with all others woken in the same turn. Only who is called by this node itself is told at once.
 */
export function createCallBoard({
  onAssignments,
  onCalled,
  mostListeners,
  log,
}: {
  onAssignments: (callback: (ids: readonly AssignmentId[] | null) => void) => () => void;
  onCalled: (callback: (called: Called) => void) => () => void;
  mostListeners: number;
  log: Logger;
}): CallBoard {
  const listeners = new Map<AssignmentId, Map<Listener, () => void>>();
  let count = 0;

  /** Those whose last look failed, because the database was away or overloaded. */
  let missed = new Set<AssignmentId>();
  let retrying: NodeJS.Timeout | undefined;
  const retry = (): void => {
    retrying = undefined;
    const again = missed;
    missed = new Set();
    log.warn({ count: again.size }, 'those who wait could not be told whether they are called; looking again');
    void wakeMany([...again]);
  };

  const call = async (id: AssignmentId, listener: Listener, called?: Called): Promise<void> => {
    try {
      await listener(called);
    } catch (error) {
      log.debug({ err: error }, 'a look for a waiting worker failed');
      missed.add(id);
      retrying ??= setTimeout(retry, RETRY_MS);
    }
  };

  const wake = (id: AssignmentId, called?: Called): Promise<unknown> =>
    Promise.all([...(listeners.get(id)?.keys() ?? [])].map((listener) => call(id, listener, called)));

  const wakeMany = async (ids: readonly AssignmentId[]): Promise<void> => {
    for (let from = 0; from < ids.length; from += WOKEN_AT_ONCE)
      await Promise.all(ids.slice(from, from + WOKEN_AT_ONCE).map((id) => wake(id)));
  };

  let wakingAll = false;
  let wakeAllAgain = false;
  const wakeAll = async (): Promise<void> => {
    wakeAllAgain = wakingAll;
    if (wakingAll) return;
    wakingAll = true;
    do {
      wakeAllAgain = false;
      await wakeMany([...listeners.keys()]);
    } while (wakeAllAgain);
    wakingAll = false;
  };

  const stopWaking = onAssignments((ids) => {
    if (ids === null) void wakeAll();
    else for (const id of ids) void wake(id);
  });
  const stopTelling = onCalled((called) => void wake(called.assignmentId, called));

  return {
    listen: (id, listener, pushedOut) => {
      const own = listeners.get(id) ?? new Map<Listener, () => void>();
      const [oldest] = own.values();
      if (own.size >= MOST_AN_ASSIGNMENT) oldest?.();
      if (count >= mostListeners) return null;
      listeners.set(id, own.set(listener, pushedOut));
      count++;
      void call(id, listener);
      return () => {
        if (!own.delete(listener)) return;
        count--;
        if (own.size === 0 && listeners.get(id) === own) listeners.delete(id);
      };
    },
    size: () => count,
    close: () => {
      stopWaking();
      stopTelling();
      clearTimeout(retrying);
    },
  };
}
