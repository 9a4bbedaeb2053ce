import type { Context as HonoContext } from 'hono';
import { getCookie } from 'hono/cookie';
import { hashOfToken } from '../../commands/sessions.ts';
import { OperatorName } from '../../domain/operator.ts';
import type { Database } from '../../postgres/pool.ts';

export const SESSION_COOKIE = 'retainer_session';

/** Who looks at a page. `anyone`: no key was ever issued and nobody may sign in yet, so the API is open, and so are pages. */
export type Visitor =
  | { readonly type: 'operator'; readonly operator: OperatorName; readonly csrf: string; readonly token: string }
  | { readonly type: 'anyone' };

/** Null: they have to sign in. */
export type VisitorOf = (c: HonoContext) => Promise<Visitor | null>;

/** Postgres is asked every time, so that a session that was ended is over at once, on every node. */
export function createVisitorOf(db: Database): VisitorOf {
  return async (c) => {
    const token = getCookie(c, SESSION_COOKIE) ?? '';
    const { rows } = await db.query<{ operator: string | null; csrf: string | null; is_open: boolean }>({
      name: 'pages.visitor',
      text: `select s.operator, s.csrf,
                    not exists (select from retainer.api_key_secrets)
                      and not exists (select from retainer.operators) as is_open
             from (select 1) one
             left join retainer.sessions s on s.token_hash = $1 and s.ends_at > now()`,
      values: [hashOfToken(token)],
    });
    const [row] = rows;
    if (row?.operator != null && row.csrf !== null)
      return { type: 'operator', operator: OperatorName.parse(row.operator), csrf: row.csrf, token };
    return row?.is_open === true ? { type: 'anyone' } : null;
  };
}
