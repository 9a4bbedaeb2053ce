import pg from 'pg';
import { pipelined } from './pipelined.ts';

/** What queries need: a pool, or anything that answers like one. */
export type Database = Pick<pg.Pool, 'query' | 'connect'>;

/**
 * A pool of connections; `searchPath` is where its queries find tables that they name without a schema. Times out instead of waiting for ever, so that a database that is away is an error
 * within seconds (`isUnavailable`).
 */
export function createPool(
  url: string,
  {
    max,
    applicationName,
    searchPath,
    onlyGrows = false,
    onError,
    connectTimeoutMs = 3_000,
    queryTimeoutMs = 10_000,
    silenceMs = 30_000,
  }: {
    max: number;
    applicationName: string;
    searchPath?: string;
    /** The tables only grow: a plan that a connection keeps from when they were small must not scan them whole. */
    onlyGrows?: boolean;
    onError: (error: Error) => void;
    /** Longest wait for a connection. */
    connectTimeoutMs?: number | undefined;
    queryTimeoutMs?: number;
    /** Longest silence in the middle of a transaction before the server ends it. */
    silenceMs?: number;
  },
): pg.Pool {
  const pool = new pg.Pool({
    connectionString: url,
    max,
    application_name: applicationName,
    connectionTimeoutMillis: connectTimeoutMs,
    // Longer than any query of ours but a rebuild's, which sets its own: a frozen server must not hang callers.
    query_timeout: queryTimeoutMs,
    idleTimeoutMillis: 30_000,
    keepAlive: true,
    // Statements of one transaction that need not wait for one another share a round trip (`pipelined`).
    pipeline: true,
    // The locks of a transaction must not outlive a node that hangs or was cut off in the middle of it.
    onConnect: async (client) => {
      const path = searchPath === undefined ? '' : `; set search_path = ${searchPath}`;
      const scans = onlyGrows ? '; set enable_seqscan = off' : '';
      // Compiling a query that runs for a millisecond takes seconds.
      await client.query(`set idle_in_transaction_session_timeout = ${silenceMs}; set jit = off${path}${scans}`);
    },
  });
  pool.on('error', onError);
  return pool;
}

/**
 * One transaction: committed when `work` is done, rolled back when it throws. `work` may send the commit itself, in one
 * round trip with its last statements; if one of those fails, Postgres rolls back instead.
 */
export async function inTransaction<T>(
  db: Database,
  work: (tx: pg.PoolClient, commit: () => Promise<unknown>) => Promise<T>,
): Promise<T> {
  const tx = await db.connect();
  let broken: Error | undefined;
  // The pool listens to idle clients only: without this a connection lost between two queries ends the process.
  const onError = (cause: Error): void => {
    broken = cause;
  };
  tx.on('error', onError);
  let committed: Promise<unknown> | undefined;
  const commit = (): Promise<unknown> => {
    committed ??= tx.query('commit');
    return committed;
  };
  try {
    const [, result] = await pipelined([tx.query('begin'), work(tx, commit)]);
    await commit();
    return result;
  } catch (error) {
    await tx.query('rollback').catch((cause: Error) => {
      broken = cause;
    });
    throw error;
  } finally {
    tx.off('error', onError);
    tx.release(broken);
  }
}

/** SQLSTATE classes and codes that say "not now": connection trouble, shutdown, too many clients, lock timeout. */
const PASSING_SQLSTATE = /^(08...|57P0[1-5]|53...|55P03|40001|40P01|25006)$/;
const PASSING_SYSTEM = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOENT',
]);
const PASSING_MESSAGE =
  /timeout exceeded when trying to connect|^timeout expired$|Connection terminated|not queryable|Query read timeout|Cannot use a pool after/;

/** The database is away or overloaded: the same call may succeed later (answer 503). */
export function isUnavailable(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (error instanceof AggregateError) return error.errors.some(isUnavailable);
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  return PASSING_SQLSTATE.test(code) || PASSING_SYSTEM.has(code) || PASSING_MESSAGE.test(error.message);
}
