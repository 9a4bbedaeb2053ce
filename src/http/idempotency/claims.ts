import type { Instant } from '../../domain/ids.ts';
import type { Database } from '../../postgres/pool.ts';
import type { Answer } from '../answers.ts';
import { isGoneSql } from './owner.ts';

/** A request under its key: who asks for what, what exactly, and which process runs it. */
export type Claim = {
  readonly scope: string;
  readonly key: string;
  readonly fingerprint: string;
  readonly owner: string;
};

/** What is known of a key: it is this request's now, it was used for another request, or what came of its first use. */
export type Claimed =
  | { readonly type: 'ours' }
  | { readonly type: 'other request' }
  | { readonly type: 'under way' }
  | { readonly type: 'answered'; readonly answer: Answer };

type Row = { readonly fingerprint: string; readonly status: number | null; readonly body: string };

/** Owners of versions that held no lease are taken for dead after this long without an answer. */
const ABANDONED_AFTER_SECONDS = 60;

/** Answers are kept this long. */
const KEPT_DAYS = 7;

/**
 * Claims a key for a request, in one statement: if it is free, if this very process left it behind, or if the process
 * that had it is gone. While there is no answer, `body` is the owner's name.
 */
export async function takeKey(db: Database, claim: Claim, now: Instant): Promise<Claimed> {
  const { scope, key, fingerprint, owner } = claim;
  const { rowCount } = await db.query(
    `insert into retainer.idempotency_keys as kept (scope, key, fingerprint, body, started_at)
     values ($1, $2, $3, $4, to_timestamp($5 / 1000.0))
     on conflict (scope, key) do update
     set started_at = excluded.started_at, body = excluded.body, fingerprint = excluded.fingerprint
     where kept.status is null
       and (kept.fingerprint = excluded.fingerprint or not starts_with(kept.fingerprint, '${VERSION}'))
       and (kept.body = excluded.body
            or ${isGoneSql('kept.body')}
            or kept.started_at < excluded.started_at - make_interval(secs => $6))`,
    [scope, key, fingerprint, owner, now, ABANDONED_AFTER_SECONDS],
  );
  return rowCount === 1 ? { type: 'ours' } : lookAt(db, claim);
}

/** What is known of a key that is taken. One that was freed in the meantime counts as under way. */
export async function lookAt(db: Database, { scope, key, fingerprint }: Claim): Promise<Claimed> {
  const { rows } = await db.query<Row>(
    'select fingerprint, status, body from retainer.idempotency_keys where scope = $1 and key = $2',
    [scope, key],
  );
  const [row] = rows;
  if (row === undefined) return { type: 'under way' };
  if (row.fingerprint !== fingerprint && row.fingerprint.startsWith(VERSION)) return { type: 'other request' };
  return row.status === null ? { type: 'under way' } : { type: 'answered', answer: JSON.parse(row.body) };
}

/** Keeps the answer, so that repetitions get it. */
export const keepAnswer = (db: Database, { scope, key, owner }: Claim, answer: Answer) =>
  db.query(
    `update retainer.idempotency_keys
     set status = $4, content_type = 'application/json', body = $5
     where scope = $1 and key = $2 and status is null and body = $3`,
    [scope, key, owner, answer.status, JSON.stringify(answer)],
  );

/** Frees a key whose request did nothing. */
export const freeKey = (db: Database, { scope, key, owner }: Claim) =>
  db.query('delete from retainer.idempotency_keys where scope = $1 and key = $2 and status is null and body = $3', [
    scope,
    key,
    owner,
  ]);

/** Forgets answers that are old enough: a bounded number at a time, oldest first; the next time finds the rest. */
export const forgetOld = (db: Database, { now, limit }: { now: Instant; limit: number }) =>
  db.query(
    `delete from retainer.idempotency_keys
     where (scope, key) in (
       select scope, key from retainer.idempotency_keys
       where started_at < to_timestamp($1 / 1000.0) - make_interval(days => $2)
       order by started_at
       limit $3)`,
    [now, KEPT_DAYS, limit],
  );

/** Fingerprints of other versions say nothing about ours: those keys count as used for the same request. */
export const VERSION = '2:';
