import type pg from 'pg';
import type { StreamName } from '../../domain/event.ts';
import { coalesce } from '../../postgres/coalesce.ts';
import type { ReadOptions, StreamSlice } from '../port.ts';
import { fromPosition } from './position.ts';
import { COLUMNS, type EventRow, PATIENCE, toEvent } from './rows.ts';

const NO_STREAM: StreamSlice = { events: [], revision: null };

/** Reads streams. Whole streams asked for in one turn of the event loop share one query. */
export function createReads(pool: Pick<pg.Pool, 'query'>) {
  const whole = coalesce<StreamName, StreamSlice>(
    async (streams) => {
      const { rows } = await pool.query<EventRow>({
        name: 'event_store.read',
        text: `select ${COLUMNS} from event_store.events e where e.stream = any($1) order by e.stream, e.revision`,
        values: [streams],
        ...PATIENCE,
      });
      const byStream = groupByStream(rows);
      return new Map(
        streams.map((stream) => {
          const own = byStream.get(stream) ?? [];
          return [stream, { events: own.map(toEvent), revision: own.at(-1)?.revision ?? null }];
        }),
      );
    },
    { maxKeys: 20_000 },
  );

  const part = async (
    stream: StreamName,
    { fromRevision, upToPosition, upToTime }: ReadOptions,
  ): Promise<StreamSlice> => {
    const { rows } = await pool.query<EventRow & { last: number | null }>({
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
    return { events: rows.filter(({ position }) => position !== null).map(toEvent), revision: rows[0]?.last ?? null };
  };

  return {
    readsWaiting: whole.waiting,
    read: async (stream: StreamName, options?: ReadOptions): Promise<StreamSlice> =>
      options === undefined ? ((await whole(stream)) ?? NO_STREAM) : part(stream, options),
  };
}

function groupByStream(rows: readonly EventRow[]): ReadonlyMap<string, EventRow[]> {
  const byStream = new Map<string, EventRow[]>();
  for (const row of rows) {
    const own = byStream.get(row.stream);
    if (own) own.push(row);
    else byStream.set(row.stream, [row]);
  }
  return byStream;
}
