import { createHash, randomUUID } from 'node:crypto';
import type { Context as HonoContext } from 'hono';
import type { Logger } from 'pino';
import type { Actor } from '../domain/event.ts';
import type { Instant } from '../domain/ids.ts';
import type { Database } from '../postgres/pool.ts';
import { type Answer, problem } from './answers.ts';
import type { Parameters } from './parameters.ts';

/** Runs a request once for each idempotency key, and answers its repetitions as the first time. */
export type IdempotencyKeys = (
  c: HonoContext,
  request: { readonly actor: Actor; readonly path: string; readonly parameters: Parameters },
  run: (idempotencyKey: string | undefined) => Promise<Answer>,
) => Promise<Answer>;

/** A first request without an answer after this long died with its node: its repetition takes over. */
const ABANDONED_AFTER_SECONDS = 60;

/** Answers are kept this long; now and then a node throws older ones away. */
const KEPT_DAYS = 7;
const CLEAN_UP_EVERY = 1_000;

const KEY = /^[\x21-\x7e]{1,255}$/;

/**
 * After the IETF draft "The Idempotency-Key HTTP Header Field" (07): the same key with another request is 422, a
 * repetition while the first is under way 409. A crash between the events and the kept answer loses nothing: the ids
 * that a command gives out follow from the key. What is refused before a command is tried is not kept, nor are
 * failures: the same key may then be used again.
 */
export function idempotencyKeys({
  db,
  clock,
  log,
}: {
  db: Database;
  clock: () => Instant;
  log: Logger;
}): IdempotencyKeys {
  /** This process, and what it is at: a claim of ours that nobody is at was left by a request that failed. */
  const self = randomUUID();
  const underWay = new Set<string>();
  let uses = 0;

  return async (c, { actor, path, parameters }, run) => {
    const key = c.req.header('idempotency-key');
    if (key === undefined || c.req.method !== 'POST') return run(undefined);
    if (!KEY.test(key))
      return problem(400, 'Idempotency-Key must be 1 to 255 printable ASCII characters without spaces');
    const claim: Claim = { scope: `${actor} POST ${path}`, key, fingerprint: fingerprintOf(parameters), owner: self };
    const name = `${claim.scope} ${key}`;
    if (underWay.has(name)) return (await isOther(db, claim)) ? OTHER_REQUEST : UNDER_WAY;

    underWay.add(name);
    if (uses++ % CLEAN_UP_EVERY === 0)
      forgetOld(db, clock()).catch((error: unknown) => log.warn({ err: error }, 'old idempotency keys are still kept'));
    try {
      const kept = await take(db, claim, clock());
      if (kept !== 'ours') return kept;
      const answer = await run(`${path} ${key}`);
      if (answer.status < 500) await keep(db, claim, answer);
      else await forget(db, claim);
      return answer;
    } catch (error) {
      await forget(db, claim).catch((cause: unknown) =>
        log.debug({ err: cause }, 'an idempotency key is left claimed'),
      );
      throw error;
    } finally {
      underWay.delete(name);
    }
  };
}

const OTHER_REQUEST = problem(422, 'Idempotency-Key was used for a request with other parameters');
const UNDER_WAY = problem(409, 'the first request with this Idempotency-Key is under way', {
  headers: { 'Retry-After': '1' },
});

type Claim = { readonly scope: string; readonly key: string; readonly fingerprint: string; readonly owner: string };
type Kept = { readonly fingerprint: string; readonly status: number | null; readonly body: string };

/** Takes the key for this request; or answers as its first use did. While there is no answer, `body` is the owner. */
async function take(db: Database, { scope, key, fingerprint, owner }: Claim, now: Instant): Promise<'ours' | Answer> {
  const { rowCount } = await db.query(
    `insert into retainer.idempotency_keys as kept (scope, key, fingerprint, body, started_at)
     values ($1, $2, $3, $4, to_timestamp($5 / 1000.0))
     on conflict (scope, key) do update
     set started_at = excluded.started_at, body = excluded.body
     where kept.status is null
       and kept.fingerprint = excluded.fingerprint
       and (kept.body = excluded.body
            or kept.started_at < excluded.started_at - make_interval(secs => $6))`,
    [scope, key, fingerprint, owner, now, ABANDONED_AFTER_SECONDS],
  );
  if (rowCount === 1) return 'ours';
  const kept = await find(db, scope, key);
  if (kept === undefined) return UNDER_WAY;
  if (kept.fingerprint !== fingerprint) return OTHER_REQUEST;
  if (kept.status === null) return UNDER_WAY;
  const answer: Answer = JSON.parse(kept.body);
  return { ...answer, headers: { ...answer.headers, 'Idempotency-Replayed': 'true' } };
}

const isOther = async (db: Database, { scope, key, fingerprint }: Claim): Promise<boolean> => {
  const kept = await find(db, scope, key);
  return kept !== undefined && kept.fingerprint !== fingerprint;
};

async function find(db: Database, scope: string, key: string): Promise<Kept | undefined> {
  const { rows } = await db.query<Kept>(
    'select fingerprint, status, body from retainer.idempotency_keys where scope = $1 and key = $2',
    [scope, key],
  );
  return rows[0];
}

const keep = (db: Database, { scope, key, owner }: Claim, answer: Answer) =>
  db.query(
    `update retainer.idempotency_keys
     set status = $4, content_type = 'application/json', body = $5
     where scope = $1 and key = $2 and status is null and body = $3`,
    [scope, key, owner, answer.status, JSON.stringify(answer)],
  );

const forget = (db: Database, { scope, key, owner }: Claim) =>
  db.query('delete from retainer.idempotency_keys where scope = $1 and key = $2 and status is null and body = $3', [
    scope,
    key,
    owner,
  ]);

/** A bounded number at a time, oldest first; the next time finds the rest. */
const forgetOld = (db: Database, now: Instant) =>
  db.query(
    `delete from retainer.idempotency_keys
     where (scope, key) in (
       select scope, key from retainer.idempotency_keys
       where started_at < to_timestamp($1 / 1000.0) - make_interval(days => $2)
       order by started_at
       limit $3)`,
    [now, KEPT_DAYS, 10 * CLEAN_UP_EVERY],
  );

/** The same parameters, in whatever order and encoding they come; whoever asks is in the scope already. */
function fingerprintOf({ apiKey: _, api_key: __, ...parameters }: Parameters): string {
  const sorted = Object.entries(parameters).sort(([a], [b]) => (a < b ? -1 : 1));
  return createHash('sha256').update(JSON.stringify(sorted)).digest('hex');
}
