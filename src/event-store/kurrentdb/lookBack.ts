import { decodeOrNot, type StoredEvent } from '../codec.ts';
import type { LookBackOptions, Position, Stretch } from '../port.ts';
import { within } from './client.ts';
import { type Connection, reading } from './connection.ts';
import { fromPosition } from './position.ts';
import { PREFIXES, toStored } from './storedEvents.ts';

/** Looked at in one call: of rare types there may be none among thousands of pings. */
const LOOKED_AT = 10_000;

/** The server gives our streams' events; their types are told apart here. */
export async function lookBack(connection: Connection, { before, limit, types }: LookBackOptions): Promise<Stretch> {
  const { library } = connection;
  const from = before === null ? library.END : (fromPosition(before) ?? library.START);
  const wanted: ReadonlySet<string> | null = types && new Set(types);
  const found: StoredEvent[] = [];
  let seen = 0;
  let reached: Position | null = null;
  await reading(connection, (client) =>
    within(
      (async () => {
        const events = client.readAll({
          direction: library.BACKWARDS,
          fromPosition: from,
          maxCount: LOOKED_AT,
          filter: library.streamNameFilter({ prefixes: PREFIXES }),
        });
        for await (const { event } of events) {
          if (!event?.position) continue;
          const stored = toStored(event);
          // The server answers with the event at the position as well.
          if (before !== null && stored.position >= before) continue;
          seen++;
          reached = stored.position;
          if (wanted === null || wanted.has(stored.type)) found.push(stored);
          if (found.length === limit) break;
        }
      })(),
    ),
  );
  const isAtTheBeginning = found.length < limit && seen < LOOKED_AT - 1;
  return { events: found.map(decodeOrNot), next: isAtTheBeginning ? null : reached };
}
