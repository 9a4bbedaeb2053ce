import pg from 'pg';

const ROUNDS = 10;

/** Completes "the database …". */
export const SHARED_SESSIONS =
  'is reached through a pooler in transaction mode, in which leases, LISTEN and settings of a session get lost: name a ' +
  'pool in session mode, or PostgreSQL itself';

/** Completes "the database … " with what keeps it from serving us, and what to do. Null if nothing does. */
export const whyUnsuitable = async (url: string): Promise<string | null> =>
  (await sharesSessions(url)) ? SHARED_SESSIONS : whyNotInUtf8(await encodingOf(url));

/**
 * Whether two sessions with a server are not one backend each for as long as they live. A pooler in transaction mode gives
 * either the backend that is free: the other's, or one that does not know what was set in the same session before.
 */
export async function sharesSessions(url: string): Promise<boolean> {
  const [one, other] = [clientOf(url), clientOf(url)];
  try {
    await Promise.all([one.connect(), other.connect()]);
    const mark = String(Math.random());
    const first = await ask(one, `select pg_backend_pid() as pid, set_config('retainer.probe', $1, false) as mark`, [
      mark,
    ]);
    for (let round = 0; round < ROUNDS; round++) {
      const theirs = await ask(other, 'select pg_backend_pid() as pid, null as mark');
      const ours = await ask(one, `select pg_backend_pid() as pid, current_setting('retainer.probe', true) as mark`);
      if (ours.pid !== first.pid || ours.mark !== mark || theirs.pid === ours.pid) return true;
    }
    return false;
  } finally {
    await Promise.all([one.end(), other.end()]);
  }
}

/** The encoding in which a server keeps texts. */
export async function encodingOf(url: string): Promise<string> {
  const client = clientOf(url);
  try {
    await client.connect();
    const { rows } = await client.query<{ encoding: string }>(`select current_setting('server_encoding') as encoding`);
    return rows[0]?.encoding ?? '';
  } finally {
    await client.end();
  }
}

/** Null for UTF8, and for SQL_ASCII, which keeps the bytes of what it is given. */
export const whyNotInUtf8 = (encoding: string): string | null =>
  encoding === 'UTF8' || encoding === 'SQL_ASCII'
    ? null
    : `is encoded in ${encoding}, which has no place for most of the world's letters: make one with ` +
      "create database retainer encoding 'UTF8' template template0";

function clientOf(url: string): pg.Client {
  const client = new pg.Client({
    connectionString: url,
    application_name: 'retainer probe',
    connectionTimeoutMillis: 5_000,
  });
  // What breaks it is told to whoever asks next.
  client.on('error', () => {});
  return client;
}

async function ask(
  client: pg.Client,
  statement: string,
  values: readonly string[] = [],
): Promise<{ pid: number; mark: string | null }> {
  const { rows } = await client.query<{ pid: number; mark: string | null }>(statement, [...values]);
  return rows[0] ?? { pid: 0, mark: null };
}
