import type { ServerResponse } from 'node:http';
import type { AssignmentId } from '../../domain/ids.ts';
import { isAhead, isUnproven, type Session } from '../../domain/session.ts';
import type { Called, ToldTask } from './call.ts';
import type { CallBoard } from './callBoard.ts';
import type { LookUp } from './hold.ts';
import type { Telling } from './telling.ts';

const KEEP_ALIVE_MS = 15_000;
/** Streams are kept alive in turns, so that ten thousand writes do not hold up a call. */
const TURNS = 60;
/** A client that does not read is let go before it fills our memory. */
const MOST_UNREAD_BYTES = 16_384;

export const STREAM_HEADERS = {
  'Content-Type': 'text/event-stream; charset=utf-8',
  'Cache-Control': 'no-cache, no-transform',
  // nginx would otherwise collect events before it passes them on.
  'X-Accel-Buffering': 'no',
};

/** Pages are on other origins. */
export const WORKER_STREAM_HEADERS = { ...STREAM_HEADERS, 'Access-Control-Allow-Origin': '*' };

export type Streams = {
  /** Starts a stream of server-sent events that ends with the call, or with its page's stay; false if there is no room. */
  readonly open: (id: AssignmentId, session: Session, response: ServerResponse) => boolean;
  readonly size: () => number;
  readonly close: () => void;
};

/**
 * Streams to waiting workers, written to Node's response itself: a stream that says one thing in minutes needs no
 * more than a socket, an entry on the board and this.
 */
export function createStreams({
  lookUp,
  board,
  telling,
  told,
}: {
  lookUp: LookUp;
  board: CallBoard;
  telling: Telling;
  /** Hears of every task that is handed out. */
  told: (task: ToldTask) => void;
}): Streams {
  const turns = Array.from({ length: TURNS }, () => new Set<ServerResponse>());
  let opened = 0;
  let turn = 0;
  const timer = setInterval(() => {
    turn = (turn + 1) % TURNS;
    for (const response of turns[turn] ?? []) {
      if (response.writableLength > MOST_UNREAD_BYTES) response.destroy();
      else response.write(':\n\n');
    }
  }, KEEP_ALIVE_MS / TURNS);

  return {
    open: (id, session, response) => {
      // The client left while its assignment was looked up: it will not say so again.
      if (response.destroyed) return true;
      const others = turns[opened++ % TURNS];
      let isOpen = true;
      /** Of the stay that the page belongs to, once that is known. */
      let generation: number | undefined;
      const end = (): void => {
        finish();
        response.end();
      };
      const look = async (called?: Called): Promise<void> => {
        const task = called && called.generation === generation ? called : await lookUp(id);
        if (task === undefined || !isOpen) return;
        if (!('position' in task)) {
          if (isAhead(task, session)) return;
          generation ??= task.generation;
          if (isUnproven(task, session) || task.generation !== generation) return end();
        }
        const { kind, json } = await ('position' in task ? telling.ofCalled(task, session) : telling.of(task));
        if (kind === 'wait' || !isOpen) return;
        finish();
        response.end(`event: ${kind}\ndata: ${json}\n\n`);
        if (kind === 'task') told(task);
      };
      const stop = board.listen(id, look, end);
      if (stop === null) return false;
      const finish = (): void => {
        isOpen = false;
        others?.delete(response);
        stop();
      };
      others?.add(response);
      response.once('close', finish);
      response.writeHead(200, WORKER_STREAM_HEADERS);
      response.write('retry: 1000\n\n');
      return true;
    },
    size: () => turns.reduce((sum, { size }) => sum + size, 0),
    close: () => {
      clearInterval(timer);
      for (const responses of turns) for (const response of responses) response.end();
    },
  };
}
