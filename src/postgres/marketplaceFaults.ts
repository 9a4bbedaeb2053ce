import type { Instant } from '../domain/ids.ts';
import type { Database } from './pool.ts';

type Db = Pick<Database, 'query'>;

/** A kind of call that one side of a marketplace does not answer to: nothing of it is given up, and nothing gets done. */
export type FaultOfCall = {
  readonly side: 'sandbox' | 'live';
  readonly call: string;
  readonly code: string;
  readonly message: string;
  /** When this code came for the first time and for the last. */
  readonly since: Instant;
  readonly lastAt: Instant;
};

/** What has to be done is tried at least once a minute: a fault not seen for this long is of something that nobody wants any more. */
const FORGOTTEN_AFTER_MS = 10 * 60_000;

export async function noteFault(db: Db, fault: Omit<FaultOfCall, 'since'>): Promise<void> {
  const { side, call, code, message, lastAt } = fault;
  await db.query(
    `insert into retainer.marketplace_faults as known (side, call, code, message, since, last_at)
     values ($1, $2, $3, $4, to_timestamp($5::float8 / 1000), to_timestamp($5::float8 / 1000))
     on conflict (side, call) do update
     set since = case when known.code = excluded.code then known.since else excluded.since end,
         code = excluded.code, message = excluded.message, last_at = excluded.last_at`,
    [side, call, code, message, lastAt],
  );
}

export async function forgetFault(db: Db, { side, call }: Pick<FaultOfCall, 'side' | 'call'>): Promise<void> {
  await db.query('delete from retainer.marketplace_faults where side = $1 and call = $2', [side, call]);
}

/** Calls that are not answered to now, by any node; the one that lasts longest first. */
export async function lastingFaults(db: Db, { now }: { now: Instant }): Promise<readonly FaultOfCall[]> {
  const { rows } = await db.query<FaultOfCall>(
    `select side, call, code, message, extract(epoch from since)::float8 * 1000 as since,
            extract(epoch from last_at)::float8 * 1000 as "lastAt"
     from retainer.marketplace_faults
     where last_at > to_timestamp($1::float8 / 1000)
     order by since, side, call`,
    [now - FORGOTTEN_AFTER_MS],
  );
  return rows;
}

/** The same in a sentence, for people; null if all is well. */
export function faultsInWords(faults: readonly FaultOfCall[]): string | null {
  const [first] = faults;
  if (first === undefined) return null;
  const { side, code, message, since } = first;
  const calls = [...new Set(faults.filter((fault) => fault.side === side).map(({ call }) => call))].join(', ');
  return (
    `the ${side} side does not carry out ${calls} since ${new Date(since).toISOString()}: ${code} (${message}). ` +
    'Nothing is given up: it is tried again until it succeeds'
  );
}
