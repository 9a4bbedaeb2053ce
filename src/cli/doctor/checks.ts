import pg from 'pg';
import type { Settings } from '../../config/settings.ts';
import { clocks, failed, ok, type Said, warning } from '../../event-store/finding.ts';
import type { EventStore } from '../../event-store/port.ts';
import { whyNoCredentials } from '../../marketplace/mturk/credentials.ts';
import { faultsInWords, lastingFaults } from '../../postgres/marketplaceFaults.ts';
import { encodingOf, SHARED_SESSIONS, sharesSessions, whyNotInUtf8 } from '../../postgres/suitable.ts';
import type { ProjectionReport } from '../../projections/report.ts';
import { marketplacesOf } from '../../recruiting.ts';

const OLDEST_POSTGRES = 14;

type Pool = Pick<pg.Pool, 'query'>;

/** Null if it lets us in. A server that answers says itself what it minds; of one that does not we say where it was sought. */
export async function whyUnreachable(pool: pg.Pool): Promise<Said | null> {
  try {
    (await pool.connect()).release();
    return null;
  } catch (error) {
    if (error instanceof pg.DatabaseError) return failed(`the database does not let us in: ${error.message}`);
    const { host, port } = new pg.Client({ connectionString: pool.options.connectionString });
    const place = host.startsWith('/') ? `the socket in ${host}, port ${port}` : `${host}:${port}`;
    const said = error instanceof AggregateError ? error.errors.map(String).join(', ') : String(error);
    return failed(`nothing that speaks PostgreSQL answers at ${place}: is it running, is the address right? (${said})`);
  }
}

export async function postgresVersion(pool: Pool): Promise<Said> {
  const { rows } = await pool.query<{ version: string }>(`select current_setting('server_version') as version`);
  const version = rows[0]?.version ?? '';
  return Number.parseInt(version, 10) >= OLDEST_POSTGRES
    ? ok(`PostgreSQL ${version}`)
    : failed(`PostgreSQL ${version} is too old: ${OLDEST_POSTGRES} or newer is needed`);
}

/** Settings with which an acknowledged write can be lost. */
export async function durability(pool: Pool): Promise<Said> {
  const { rows } = await pool.query<{ name: string; setting: string }>(
    `select name, setting from pg_settings where name in ('fsync', 'full_page_writes', 'synchronous_commit')`,
  );
  const unsafe = rows.filter(({ setting }) => setting === 'off').map(({ name }) => name);
  return unsafe.length === 0
    ? ok('an acknowledged write is on disk')
    : failed(`${unsafe.join(' and ')} off: a crash of the machine loses what was acknowledged; turn it on`);
}

export async function permissions(pool: Pool): Promise<Said> {
  const { rows } = await pool.query<{ may: boolean; user: string }>(
    `select has_database_privilege(current_database(), 'create') as may, current_user as user`,
  );
  const [row] = rows;
  return row?.may
    ? ok(`${row.user} may make the schemas of read models`)
    : failed(`${row?.user} may not make schemas in this database: grant create on database to it`);
}

export async function connections(pool: Pool): Promise<Said> {
  const { rows } = await pool.query<{ most: number; used: number }>(
    `select current_setting('max_connections')::int as most, (select count(*)::int from pg_stat_activity) as used`,
  );
  const { most = 0, used = 0 } = rows[0] ?? {};
  const says = `${used} of ${most} connections are in use; a node takes up to 19`;
  return most - used < 20 ? warning(`${says}: raise max_connections before you add one`) : ok(says);
}

export async function clockSkew(pool: Pool, clock: () => number): Promise<Said> {
  const before = clock();
  const { rows } = await pool.query<{ now: number }>(
    `select extract(epoch from clock_timestamp())::float8 * 1000 as now`,
  );
  return clocks("the database's", (rows[0]?.now ?? 0) - (before + clock()) / 2);
}

export async function logSize(store: EventStore): Promise<Said> {
  const [head, events] = await Promise.all([store.head(), store.count()]);
  return ok(events === 0 ? 'empty' : `about ${events} events, the last at position ${head}`);
}

export function readModels(report: readonly ProjectionReport[]): Said {
  const stopped = report.filter(({ state }) => state === 'stopped');
  if (stopped.length > 0) {
    const which = stopped.map(({ name, stop }) => `${name} (${stop?.error ?? ''})`).join(', ');
    return failed(`${which} stands still: see 'retainer projections'`);
  }
  const current = report.filter(({ state }) => state === 'running');
  const behind = Math.max(0, ...current.map(({ lagEvents }) => lagEvents));
  return behind > 1_000
    ? warning(`${behind} events behind the log: is a node running, and its projector?`)
    : ok(`${current.length} read models, at most ${behind} events behind the log`);
}

/** What the nodes have heard from it of late. */
export async function marketplaceCalls(pool: Pool, clock: () => number): Promise<Said> {
  const says = faultsInWords(await lastingFaults(pool, { now: clock() }));
  return says === null
    ? ok('every call of the last minutes was answered')
    : warning(`${says}. Look at the credentials (AWS_…), the account and the clock`);
}

/** Leases, LISTEN and settings of a session want a connection of their own. */
export const sessions = async (url: string): Promise<Said> =>
  (await sharesSessions(url)) ? failed(SHARED_SESSIONS) : ok('each session has a connection of its own');

export async function encoding(url: string): Promise<Said> {
  const found = await encodingOf(url);
  const reason = whyNotInUtf8(found);
  if (reason !== null) return failed(`it ${reason}`);
  return found === 'UTF8' ? ok(found) : warning(`${found}: it takes any text, but PostgreSQL sorts and compares bytes`);
}

export async function marketplace(settings: Settings): Promise<Said> {
  const { mturk, mturkEndpoint } = settings;
  if (mturk === 'simulated') return ok('the built-in one');
  const url = mturkEndpoint ?? 'https://mturk-requester.us-east-1.amazonaws.com';
  const answer = await fetch(url, { method: 'POST', signal: AbortSignal.timeout(5_000) }).catch(
    (error: Error) => error,
  );
  if (answer instanceof Error)
    return failed(`${url} cannot be reached: ${answer.cause instanceof Error ? answer.cause.message : answer.message}`);
  const reason = await whyNoCredentials();
  return reason === null ? account(url, settings) : failed(`${url} answers, but ${reason}`);
}

/** Whether the marketplace lets us in, on either side: an account may be registered with one of them. */
async function account(url: string, settings: Settings): Promise<Said> {
  const sides = await Promise.all([false, true].map(marketplacesOf(settings, { db: null, clock: Date.now }, () => '')));
  const balances = await Promise.all(sides.map((side) => side.balance()));
  const fault = balances.find((balance) => balance.type === 'fault');
  return fault === undefined || balances.some(({ type }) => type === 'done')
    ? ok(`${url} answers, and lets us in`)
    : failed(`${url} answers, but does not let us in: ${fault.code} (${fault.message}). Look at AWS_… and the clock`);
}
