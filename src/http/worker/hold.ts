import { setMaxListeners } from 'node:events';
import type { AssignmentId } from '../../domain/ids.ts';
import { isAhead, isUnproven, type Session } from '../../domain/session.ts';
import type { Task } from '../../projections/tasks.ts';
import { type Call, type Called, type ToldTask, WAIT } from './call.ts';
import type { CallBoard } from './callBoard.ts';
import type { Telling } from './telling.ts';

/** A poll that overtakes its page's first ping is held this long for it. */
const FIRST_PING_MS = 2_000;
/** Most polls that are held for assignments nobody has heard of: anybody can make those up. */
const MOST_UNKNOWN = 1_000;

const freely = () => () => {};

/** A task's row, asked of Postgres with all other look-ups of the same turn. */
export type LookUp = (id: AssignmentId) => Promise<Task | undefined>;

/** A row as a page sees it: one from before its token was given out is not about its stay. */
const seenBy = (session: Session, row: Task | undefined): Task | undefined =>
  row !== undefined && isAhead(row, session) ? undefined : row;

/** `unproven`: the assignment is signed, and the request does not show its token. */
export type Held = Call | 'unknown' | 'full' | 'unproven';

/**
 * What to tell a worker, now or as soon as there is something to tell, at most `waitMs` from now; `gone` tells that
 * the client left. An assignment nobody has heard of is waited for briefly. While the database is away a held
 * request stays held, and ends as one that still waits.
 */
export type Hold = (
  id: AssignmentId,
  options: {
    waitMs: number;
    session: Session;
    gone?: AbortSignal | undefined;
    /** Takes one of its client's places for what nobody has heard of; null: it has none left. */
    takeUnknown?: () => (() => void) | null;
  },
) => Promise<Held>;

export function createHold({
  lookUp,
  board,
  telling,
  told,
  firstPingMs = FIRST_PING_MS,
  ending,
}: {
  lookUp: LookUp;
  board: CallBoard;
  telling: Telling;
  /** Hears of every task that is handed out. */
  told: (task: ToldTask) => void;
  firstPingMs?: number | undefined;
  /** Aborts when the service stops: whoever is held is let go. */
  ending: AbortSignal;
}): Hold {
  // Everybody who is held listens for the end: as many as MAX_LISTENERS, which is no leak.
  setMaxListeners(0, ending);
  let unknown = 0;

  const hold: (knownAs: number | null, ...asked: Parameters<Hold>) => Promise<Held> = (
    knownAs,
    id,
    { waitMs, session, gone },
  ) =>
    new Promise((resolve) => {
      let known = knownAs !== null;
      /** Whose stay the page belongs to, once it has shown that. */
      let generation = knownAs;
      const setKnown = (): void => {
        if (!known) unknown--;
        known = true;
      };
      const settle = (held: Held): void => {
        clearTimeout(timer);
        stop?.();
        ending.removeEventListener('abort', end);
        gone?.removeEventListener('abort', end);
        setKnown();
        resolve(held);
      };
      const end = (): void => settle(known || ending.aborted ? WAIT : 'unknown');
      const look = async (called?: Called): Promise<void> => {
        // Who asked before the first ping has not shown yet whose page it is: the row says whether that takes a token. It
        // says too whose the call is, if somebody else has the assignment since.
        if (called?.generation === generation && called) {
          const call = await telling.ofCalled(called, session);
          if (call.kind === 'task') told(called);
          return settle(call);
        }
        const row = seenBy(session, await lookUp(id));
        if (row === undefined) return;
        if (isUnproven(row, session)) return settle('unproven');
        generation ??= row.generation;
        if (row.generation !== generation) return settle('unproven');
        const call = await telling.of(row);
        if (call.kind === 'task') told(row);
        if (call.kind !== 'wait' || waitMs <= 0) settle(call);
        else if (!known) {
          setKnown();
          clearTimeout(timer);
          timer = setTimeout(end, waitMs);
        }
      };
      if (!known) unknown++;
      let timer = setTimeout(end, known ? waitMs : firstPingMs);
      // What changed between the first look and now is seen: the board calls back at once.
      const stop = board.listen(id, look, end);
      ending.addEventListener('abort', end);
      gone?.addEventListener('abort', end);
      if (stop === null) settle('full');
      else if (ending.aborted || gone?.aborted) end();
    });

  return async (id, asked) => {
    const row = seenBy(asked.session, await lookUp(id));
    if (row === undefined) {
      const giveBack = unknown < MOST_UNKNOWN ? (asked.takeUnknown ?? freely)() : null;
      return giveBack === null ? 'full' : hold(null, id, asked).finally(giveBack);
    }
    if (isUnproven(row, asked.session)) return 'unproven';
    const call = await telling.of(row);
    if (call.kind === 'task') told(row);
    return call.kind !== 'wait' || asked.waitMs <= 0 ? call : hold(row.generation, id, asked);
  };
}
