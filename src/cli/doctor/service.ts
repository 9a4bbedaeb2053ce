import { z } from 'zod';
import type { Settings } from '../../config/settings.ts';
import { failed, ok, type Said, warning } from '../../event-store/finding.ts';
import { isLoopback } from '../../http/access/hosts.ts';
import { isOpenByTables } from '../../http/access/openness.ts';
import { reachedBy } from '../../http/access/reach.ts';
import { leaseLockSql } from '../../postgres/lease.ts';
import type { Database } from '../../postgres/pool.ts';
import { SCHEDULER_LEASE } from '../../scheduler/scheduler.ts';

const PATIENCE_MS = 3_000;

/** Whether a service answers where workers and applications are told that it is. */
export async function answering({ publicUrl, port }: Settings): Promise<Said> {
  if (port === 0 && new URL(publicUrl).port === '0') return ok('PORT=0 takes a free one at each start: not looked for');
  const answer = await fetch(`${publicUrl}/readyz`, { signal: AbortSignal.timeout(PATIENCE_MS) }).catch(
    (error: Error) => error,
  );
  if (answer instanceof Error)
    return warning(`nothing answers at ${publicUrl}: is 'retainer serve' running, is PUBLIC_URL right?`);
  const said = (await answer.text()).split('\n')[0]?.slice(0, 200) ?? '';
  return answer.ok
    ? ok(`${publicUrl} answers, and is ready`)
    : warning(`${publicUrl} answers ${answer.status}: ${said}`);
}

/** Whether workers elsewhere reach where they are sent. */
export function reachable({ publicUrl, mturk }: Settings): Said {
  if (!isLoopback(new URL(publicUrl).hostname)) return ok(publicUrl);
  const says = `${publicUrl} is reached from this machine alone`;
  return mturk === 'aws'
    ? failed(`${says}, and workers come from elsewhere: set PUBLIC_URL to what their browsers see, with https`)
    : ok(`${says}: set PUBLIC_URL before workers come from elsewhere`);
}

/** Whether some node plans, posts and pays. */
export async function scheduling(db: Database, { schedulerIntervalSeconds }: Settings): Promise<Said> {
  const { rows } = await db.query<{ held: boolean }>(
    `select exists (
       select from pg_locks held
       where held.locktype = 'advisory' and held.granted
         and held.database = (select oid from pg_database where datname = current_database())
         and (held.classid::bigint << 32 | held.objid::bigint) = ${leaseLockSql('$1')}) as held`,
    [SCHEDULER_LEASE],
  );
  if (rows[0]?.held) return ok('a node holds its lease');
  return warning(
    `no node holds its lease: nothing is posted, approved or taken off the market${
      schedulerIntervalSeconds === 0 ? " but what 'retainer tick' does" : ''
    }; is 'retainer serve' running?`,
  );
}

const Counted = z.object({ operators: z.number() });

/** Whether anybody may sign in to the pages. */
export async function operators(db: Database): Promise<Said> {
  const { rows } = await db.query('select count(*)::int as operators from retainer.operators');
  const { operators } = Counted.parse(rows[0]);
  if (operators > 0) return ok(operators === 1 ? 'there is one' : `there are ${operators}`);
  return warning("there is none, so nobody can sign in: 'retainer operator add NAME', or the link of the next start");
}

/** Who may give commands. */
export async function apiKeys(db: Database, settings: Settings): Promise<Said> {
  if (!(await isOpenByTables(db))) return ok('the API answers to keys alone');
  const reached = reachedBy(settings);
  const issue = "'retainer key issue' closes it";
  return reached === null && !settings.openApi
    ? warning(`no key was ever issued: the API is open to whoever reaches it on this machine; ${issue}`)
    : failed(
        `no key was ever issued: the API is open to whoever reaches it, by ${reached ?? 'this machine'}, and spends ` +
          `your money; ${issue}`,
      );
}
