import type { StreamName } from '../../domain/event.ts';
import { decodeStream, type StoredEvent } from '../codec.ts';
import type { ReadOptions, StreamSlice } from '../port.ts';
import { isOfType, within } from './client.ts';
import { type Connection, reading } from './connection.ts';
import { toStored } from './storedEvents.ts';

type Range = { fromRevision?: bigint; direction?: 'forwards' | 'backwards'; maxCount?: number };

/** A stream's events as stored; none if there is no such stream. */
export async function readStored(
  connection: Connection,
  stream: string,
  range: Range = {},
): Promise<readonly StoredEvent[]> {
  const options = range.direction === 'backwards' ? { fromRevision: 'end' as const, ...range } : range;
  try {
    return await reading(connection, (client) =>
      within(
        (async () => {
          const stored: StoredEvent[] = [];
          for await (const { event } of client.readStream(stream, options)) if (event) stored.push(toStored(event));
          return stored;
        })(),
      ),
    );
  } catch (error) {
    if (isOfType(error, 'stream-not-found') || isOfType(error, 'stream-deleted')) return [];
    throw error;
  }
}

/** The revision of a stream's last event; null if there is none. */
export const lastRevision = async (connection: Connection, stream: string): Promise<number | null> =>
  (await readStored(connection, stream, { direction: 'backwards', maxCount: 1 }))[0]?.revision ?? null;

export async function readSlice(
  connection: Connection,
  stream: StreamName,
  { fromRevision = 0, upToPosition, upToTime }: ReadOptions = {},
): Promise<StreamSlice> {
  const stored = await readStored(connection, stream, fromRevision > 0 ? { fromRevision: BigInt(fromRevision) } : {});
  const wanted = stored.filter(
    ({ revision, position, recordedAt }) =>
      revision >= fromRevision &&
      (upToPosition === undefined || position <= upToPosition) &&
      (upToTime === undefined || recordedAt <= upToTime),
  );
  const revision = stored.at(-1)?.revision ?? (fromRevision > 0 ? await lastRevision(connection, stream) : null);
  return { events: decodeStream(wanted), revision };
}
