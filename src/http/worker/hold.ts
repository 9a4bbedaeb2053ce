import type { AssignmentId } from '../../domain/ids.ts';
import type { TaskRow } from '../../projections/tasks.ts';
import { type Call, callOf, WAIT } from './call.ts';
import type { CallBoard } from './callBoard.ts';

/** A poll that overtakes its page's first ping is held this long for it. */
export const FIRST_PING_MS = 2_000;

/** A task's row, asked of Postgres with all other look-ups of the same turn. */
export type LookUp = (id: AssignmentId) => Promise<TaskRow | undefined>;

export type Held = Call | 'unknown' | 'full';

/**
 * What to tell a worker, now or as soon as there is something to tell, at most `waitMs` from now. An assignment
 * nobody has heard of is waited for briefly. While the database is away a held request stays held, and ends as one
 * that still waits.
 */
export async function holdForCall(
  { lookUp, board, ending }: { lookUp: LookUp; board: CallBoard; ending: AbortSignal },
  id: AssignmentId,
  { waitMs, gone }: { waitMs: number; gone?: AbortSignal | undefined },
): Promise<Held> {
  const first = await lookUp(id);
  if (first !== undefined) {
    const call = callOf(first);
    if (call.kind !== 'wait' || waitMs <= 0) return call;
  }
  return new Promise((resolve) => {
    let known = first !== undefined;
    let timer: NodeJS.Timeout | undefined;
    const settle = (held: Held): void => {
      clearTimeout(timer);
      stop?.();
      ending.removeEventListener('abort', end);
      gone?.removeEventListener('abort', end);
      resolve(held);
    };
    const end = (): void => settle(known ? WAIT : 'unknown');
    const look = async (): Promise<void> => {
      const row = await lookUp(id).catch(() => undefined);
      if (row === undefined) return;
      const call = callOf(row);
      if (call.kind !== 'wait' || waitMs <= 0) settle(call);
      else if (!known) {
        known = true;
        clearTimeout(timer);
        timer = setTimeout(end, waitMs);
      }
    };
    const stop = board.listen(id, look);
    if (stop === null) {
      resolve('full');
      return;
    }
    timer = setTimeout(end, known ? waitMs : FIRST_PING_MS);
    ending.addEventListener('abort', end);
    gone?.addEventListener('abort', end);
    if (ending.aborted || gone?.aborted) end();
    // Between the first look and listening something may have changed.
    else void look();
  });
}
