import type { Call } from './protocol.ts';

const TOKEN_LIFE_MS = 24 * 3_600_000;

/** What a token's first call answered, within its 24 hours. */
export async function resultOfToken({ tx, requester, now }: Call, token: string): Promise<string | null> {
  const { rows } = await tx.query<{ result: string }>(
    'select result from marketplace.tokens where requester = $1 and token = $2 and created_at > $3',
    [requester, token, now - TOKEN_LIFE_MS],
  );
  return rows[0]?.result ?? null;
}

export async function rememberToken({ tx, requester, now }: Call, token: string, result: string): Promise<void> {
  await tx.query(
    `insert into marketplace.tokens (requester, token, result, created_at) values ($1, $2, $3, $4)
     on conflict (requester, token) do update set result = excluded.result, created_at = excluded.created_at`,
    [requester, token, result, now],
  );
}
