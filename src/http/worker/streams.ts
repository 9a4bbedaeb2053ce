import type { ServerResponse } from 'node:http';
import type { AssignmentId } from '../../domain/ids.ts';
import { callOf } from './call.ts';
import type { CallBoard } from './callBoard.ts';
import type { LookUp } from './hold.ts';

const KEEP_ALIVE_MS = 15_000;
/** A client that does not read is let go before it fills our memory. */
const MOST_UNREAD_BYTES = 16_384;

const HEADERS = {
  'Content-Type': 'text/event-stream; charset=utf-8',
  'Cache-Control': 'no-cache, no-transform',
  'Access-Control-Allow-Origin': '*',
  // nginx would otherwise collect events before it passes them on.
  'X-Accel-Buffering': 'no',
};

export type Streams = {
  /** Starts a stream of server-sent events that ends with the call; false if there is no room. */
  readonly open: (id: AssignmentId, response: ServerResponse) => boolean;
  readonly close: () => void;
};

/**
 * Streams to waiting workers, written to Node's response itself: a stream that says one thing in minutes needs no
 * more than a socket, an entry on the board and this.
 */
export function createStreams({ lookUp, board }: { lookUp: LookUp; board: CallBoard }): Streams {
  const responses = new Set<ServerResponse>();
  const timer = setInterval(() => {
    for (const response of responses) {
      if (response.writableLength > MOST_UNREAD_BYTES) response.destroy();
      else response.write(':\n\n');
    }
  }, KEEP_ALIVE_MS);

  return {
    open: (id, response) => {
      const look = async (): Promise<void> => {
        // A failed look is made up for: when the database is back everybody is woken.
        const row = await lookUp(id).catch(() => undefined);
        if (row === undefined || !responses.has(response)) return;
        const { kind, json } = callOf(row);
        if (kind === 'wait') return;
        finish();
        response.end(`event: ${kind}\ndata: ${json}\n\n`);
      };
      const stop = board.listen(id, look);
      if (stop === null) return false;
      const finish = (): void => {
        responses.delete(response);
        stop();
      };
      responses.add(response);
      response.once('close', finish);
      response.writeHead(200, HEADERS);
      response.write('retry: 1000\n\n');
      void look();
      return true;
    },
    close: () => {
      clearInterval(timer);
      for (const response of responses) response.end();
    },
  };
}
