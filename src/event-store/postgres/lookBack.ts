import type pg from 'pg';
import { decodeOrNot } from '../codec.ts';
import type { LookBackOptions, Stretch } from '../port.ts';
import { fromPosition, toPosition } from './position.ts';
import { COLUMNS, type EventRow, PATIENCE, toStored } from './rows.ts';

/** Looked at in one call: of rare types there may be none among a million pings. */
const LOOKED_AT = 200_000;

/** A walk along the primary key, backwards. */
export async function lookBack(
  pool: Pick<pg.Pool, 'query'>,
  { before, limit, types }: LookBackOptions,
): Promise<Stretch> {
  const { rows: ends } = await pool.query<{ last: string }>({
    text: 'select coalesce(max(position), 0) as last from event_store.events',
    ...PATIENCE,
  });
  const end = before === null ? BigInt(ends[0]?.last ?? 0) + 1n : BigInt(fromPosition(before));
  const start = end - BigInt(LOOKED_AT);
  const { rows } = await pool.query<EventRow>({
    text: `select ${COLUMNS} from event_store.events e
           where e.position < $1 and e.position >= $2 and ($4::text[] is null or e.type = any($4))
           order by e.position desc
           limit $3`,
    values: [String(end), String(start), limit, types],
    ...PATIENCE,
  });
  const last = rows.at(-1);
  const reached = rows.length === limit && last !== undefined ? BigInt(last.position) : start;
  return {
    events: rows.map((row) => decodeOrNot(toStored(row))),
    next: reached > 1n ? toPosition(String(reached)) : null,
  };
}
