import { createHash } from 'node:crypto';
import type { Context as HonoContext } from 'hono';
import type { Actor } from '../domain/event.ts';
import type { Instant } from '../domain/ids.ts';
import type { Database } from '../postgres/pool.ts';
import { type Answer, problem, wantsJson } from './answers.ts';

/** Runs a request once for each idempotency key, and answers its repetitions as the first time. */
export type Idempotency = (
  c: HonoContext,
  request: { actor: Actor; path: string; body: string },
  run: (idempotencyKey: string | undefined) => Promise<Answer>,
) => Promise<Answer>;

/** A first request that has not answered after this long died with its node: its repetition takes over. */
const ABANDONED_AFTER_MS = 60_000;

const KEY = /^[\x21-\x7e]{1,255}$/;

type Kept = { fingerprint: string; status: number | null; body: string | null; started_at: string };

/**
 * After the IETF draft "The Idempotency-Key HTTP Header Field" (07): the same key with another request is 422, a
 * repetition while the first is under way is 409. A crash between the events and the kept answer loses nothing: the
 * ids that a command gives out follow from the key.
 */
export function idempotencyKeys(db: Database, clock: () => Instant): Idempotency {
  return async (c, { actor, path, body }, run) => {
    const key = c.req.header('idempotency-key');
    if (key === undefined || c.req.method !== 'POST') return run(undefined);
    if (!KEY.test(key))
      return problem(400, 'Idempotency-Key must be 1 to 255 printable ASCII characters without spaces');
    const scope = `${actor} ${path}`;
    const fingerprint = createHash('sha256')
      .update(`${new URL(c.req.url).search}\n${body}`)
      .digest('hex');
    const now = clock();

    const kept = await claim(db, { scope, key, fingerprint, now });
    if (kept !== null) {
      if (kept.fingerprint !== fingerprint)
        return problem(422, 'Idempotency-Key was used for a request with other parameters');
      if (kept.status === null || kept.body === null)
        return problem(409, 'the first request with this Idempotency-Key is under way', {
          headers: { 'Retry-After': '1' },
        });
      const answer: Answer = JSON.parse(kept.body);
      return { ...answer, headers: { ...answer.headers, 'Idempotency-Replayed': 'true' } };
    }
    try {
      const answer = await run(key);
      if (answer.status >= 500) await forget(db, scope, key);
      else await keep(db, scope, key, answer, wantsJson(c));
      return answer;
    } catch (error) {
      await forget(db, scope, key);
      throw error;
    }
  };
}

/** Takes the key for this request; or answers with the one that has it. */
async function claim(
  db: Database,
  { scope, key, fingerprint, now }: { scope: string; key: string; fingerprint: string; now: Instant },
): Promise<Kept | null> {
  const { rowCount } = await db.query(
    `insert into retainer.idempotency_keys as kept (scope, key, fingerprint, started_at)
     values ($1, $2, $3, to_timestamp($4 / 1000.0))
     on conflict (scope, key) do update set started_at = excluded.started_at
     where kept.status is null and kept.fingerprint = excluded.fingerprint
       and kept.started_at < excluded.started_at - make_interval(secs => $5)`,
    [scope, key, fingerprint, now, ABANDONED_AFTER_MS / 1000],
  );
  if (rowCount === 1) return null;
  const { rows } = await db.query<Kept>(
    'select fingerprint, status, body, started_at from retainer.idempotency_keys where scope = $1 and key = $2',
    [scope, key],
  );
  return rows[0] ?? claim(db, { scope, key, fingerprint, now });
}

const keep = (db: Database, scope: string, key: string, answer: Answer, json: boolean) =>
  db.query(
    'update retainer.idempotency_keys set status = $3, content_type = $4, body = $5 where scope = $1 and key = $2',
    [scope, key, answer.status, json ? 'application/json' : 'text/plain', JSON.stringify(answer)],
  );

const forget = (db: Database, scope: string, key: string) =>
  db.query('delete from retainer.idempotency_keys where scope = $1 and key = $2 and status is null', [scope, key]);
