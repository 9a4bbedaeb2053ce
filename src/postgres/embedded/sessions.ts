import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';

/** A server that says it is ready and does not answer for so long hangs. */
export const ANSWER_MS = 5_000;
/** Sessions that were just closed take a moment to end. */
const SESSIONS_END_MS = 1_000;

/** A server that refuses us for any reason but the password is busy, not ill. */
export async function healthOf(adminUrl: string): Promise<'well' | 'locked' | 'silent'> {
  const client = new pg.Client({ connectionString: adminUrl, connectionTimeoutMillis: ANSWER_MS });
  client.on('error', () => {});
  try {
    await client.connect();
    return 'well';
  } catch (error) {
    if (!(error instanceof pg.DatabaseError)) return 'silent';
    return error.code === '28P01' ? 'locked' : 'well';
  } finally {
    await client.end().catch(() => {});
  }
}

/** Whether there are somebody else's sessions: a service beside a command-line call, or the other way round. Null: it does not answer. */
export async function othersUse(adminUrl: string): Promise<boolean | null> {
  const client = new pg.Client({ connectionString: adminUrl, connectionTimeoutMillis: 2_000, query_timeout: 2_000 });
  client.on('error', () => {});
  try {
    await client.connect();
    const until = Date.now() + SESSIONS_END_MS;
    for (;;) {
      const { rows } = await client.query<{ used: boolean }>(
        `select count(*) > 0 as used from pg_stat_activity
         where backend_type = 'client backend' and pid <> pg_backend_pid()`,
      );
      if (rows[0]?.used !== true) return false;
      if (Date.now() > until) return true;
      await sleep(50);
    }
  } catch {
    return null;
  } finally {
    await client.end().catch(() => {});
  }
}
