import { createHash, randomBytes } from 'node:crypto';
import type { Instant } from '../domain/ids.ts';
import type { OperatorName } from '../domain/operator.ts';
import type { Database } from '../postgres/pool.ts';

const SESSION_HOURS = 12;

/** Tokens are 256 random bits: a plain SHA-256 of them cannot be searched backwards. */
export const hashOfToken = (token: string): Buffer => createHash('sha256').update(token).digest();

export const newToken = (): string => randomBytes(32).toString('base64url');

/** A session, to its owner alone: the token for the cookie. */
export type SignedIn = { readonly token: string; readonly endsAt: Instant };

/** `from`: the address it is started from. It ends by itself after 12 hours. */
export async function startSession(
  db: Database,
  { operator, from }: { operator: OperatorName; from: string },
): Promise<SignedIn> {
  const token = newToken();
  const { rows } = await db.query<{ endsAt: Instant }>(
    `with gone as (delete from retainer.sessions where ends_at < now())
     insert into retainer.sessions (token_hash, operator, csrf, from_address, ends_at)
     values ($1, $2, $3, $4, now() + interval '${SESSION_HOURS} hours')
     returning extract(epoch from ends_at)::double precision * 1000 as "endsAt"`,
    [hashOfToken(token), operator, newToken(), from],
  );
  const [started] = rows;
  if (started === undefined) throw new Error('a session was not started');
  return { token, endsAt: started.endsAt };
}

/** Ends an operator's sessions but the one of `keep`; answers how many there were. */
export async function endSessionsOf(db: Database, operator: OperatorName, { keep = '' } = {}): Promise<number> {
  const { rowCount } = await db.query('delete from retainer.sessions where operator = $1 and token_hash <> $2', [
    operator,
    hashOfToken(keep),
  ]);
  return rowCount ?? 0;
}

export type Session = {
  readonly from: string;
  readonly startedAt: Instant;
  readonly endsAt: Instant;
  /** Is it the one of the token asked with? */
  readonly isThis: boolean;
};

/** An operator's sessions, the newest first. */
export async function sessionsOf(
  db: Database,
  { operator, token }: { operator: OperatorName; token: string },
): Promise<readonly Session[]> {
  const { rows } = await db.query<Session>(
    `select from_address as "from", token_hash = $2 as "isThis",
            extract(epoch from started_at)::double precision * 1000 as "startedAt",
            extract(epoch from ends_at)::double precision * 1000 as "endsAt"
     from retainer.sessions
     where operator = $1 and ends_at > now()
     order by started_at desc`,
    [operator, hashOfToken(token)],
  );
  return rows;
}
