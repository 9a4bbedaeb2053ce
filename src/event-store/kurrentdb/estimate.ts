import type { Position } from '../port.ts';
import type { Connection } from './connection.ts';
import { fromPosition, toPosition } from './position.ts';
import { PREFIXES } from './storedEvents.ts';

/** How many events are counted before the rest is guessed from the length of the log. */
const COUNTED = 2_000;

/** Counts some events, and guesses the others from how much of the log they took. */
export async function estimate(
  connection: Connection,
  after: Position,
  head: () => Promise<Position>,
): Promise<number> {
  const { library } = connection;
  const client = connection.client();
  const from = fromPosition(after);
  const filter = library.streamNameFilter({ prefixes: PREFIXES });
  let counted = 0;
  let last = from?.commit ?? 0n;
  for await (const { event } of client.readAll({
    direction: library.FORWARDS,
    fromPosition: from ?? library.START,
    maxCount: COUNTED + 1,
    filter,
  })) {
    if (!event?.position || toPosition(event.position) <= after) continue;
    counted++;
    last = event.position.commit;
  }
  if (counted <= COUNTED) return counted;
  const [begin, end] = [from?.commit ?? 0n, fromPosition(await head())?.commit ?? last];
  const share = Number(last - begin) / Math.max(1, Number(end - begin));
  return Math.max(counted, Math.round(counted / Math.max(share, Number.EPSILON)));
}
