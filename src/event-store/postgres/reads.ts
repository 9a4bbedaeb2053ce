import type pg from 'pg';
import type { StreamName } from '../../domain/event.ts';
import { coalesce } from '../../postgres/coalesce.ts';
import { decodeStream } from '../codec.ts';
import type { ReadOptions, StreamSlice } from '../port.ts';
import { fromPosition } from './position.ts';
import { COLUMNS, type EventRow, PATIENCE, toStored } from './rows.ts';

/** Reads streams. Whole streams asked for in one turn of the event loop share one query. */
export function createReads(pool: Pick<pg.Pool, 'query'>) {
  // Decoded by whoever asked: a stream that cannot be understood fails its own reader, not those it shares a query with.
  const whole = coalesce<StreamName, readonly EventRow[]>(
    async (streams) => {
      const { rows } = await pool.query<EventRow>({
        name: 'event_store.read',
        text: `select ${COLUMNS} from event_store.events e where e.stream = any($1) order by e.stream, e.revision`,
        values: [streams],
        ...PATIENCE,
      });
      return groupByStream(rows);
    },
    { maxKeys: 20_000 },
  );

  const part = async (
    stream: StreamName,
    { fromRevision, upToPosition, upToTime }: ReadOptions,
  ): Promise<StreamSlice> => {
    const { rows } = await pool.query<(EventRow | { position: null }) & { last: number | null }>({
      text: `with last as (
         select max(revision) as revision from event_store.events where stream = $1
       )
       select ${COLUMNS}, last.revision as last
       from last left join event_store.events e
         on e.stream = $1
         and e.revision >= $2
         and ($3::bigint is null or e.position <= $3)
         and ($4::bigint is null or e.recorded_at <= $4)
       order by e.revision`,
      values: [
        stream,
        fromRevision ?? 0,
        upToPosition === undefined ? null : fromPosition(upToPosition),
        upToTime ?? null,
      ],
      ...PATIENCE,
    });
    const found = rows.filter((row) => row.position !== null);
    return { events: decodeStream(found.map(toStored)), revision: rows[0]?.last ?? null };
  };

  return {
    readsWaiting: whole.waiting,
    read: async (stream: StreamName, options?: ReadOptions): Promise<StreamSlice> => {
      if (options !== undefined) return part(stream, options);
      const rows = (await whole(stream)) ?? [];
      return { events: decodeStream(rows.map(toStored)), revision: rows.at(-1)?.revision ?? null };
    },
  };
}

function groupByStream(rows: readonly EventRow[]): ReadonlyMap<StreamName, EventRow[]> {
  const byStream = new Map<StreamName, EventRow[]>();
  for (const row of rows) {
    // Streams are asked for by name, so the names that come back are streams'.
    const stream = row.stream as StreamName;
    const own = byStream.get(stream);
    if (own) own.push(row);
    else byStream.set(stream, [row]);
  }
  return byStream;
}
