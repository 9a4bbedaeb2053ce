import type { Context as HonoContext } from 'hono';
import { hashOfToken } from '../../commands/sessions.ts';
import { OperatorName } from '../../domain/operator.ts';
import type { Database } from '../../postgres/pool.ts';
import type { Access } from '../access/access.ts';

/** Who looks at a page. `anyone`: no key was ever issued and no operator added, so the API is open, and so are pages. */
export type Visitor =
  | { readonly type: 'operator'; readonly operator: OperatorName; readonly csrf: string; readonly token: string }
  | { readonly type: 'anyone' };

/** Null: they have to sign in. */
export type VisitorOf = (c: HonoContext) => Promise<Visitor | null>;

/** Postgres is asked every time, so that a session that was ended is over at once, on every node. */
export function createVisitorOf(db: Database, access: Pick<Access, 'isOpen' | 'objection' | 'session'>): VisitorOf {
  return async (c) => {
    const token = access.session.read(c);
    const session = token === undefined ? undefined : await sessionOf(db, token);
    if (token !== undefined && session !== undefined)
      return { type: 'operator', operator: OperatorName.parse(session.operator), csrf: session.csrf, token };
    return access.objection(c) !== 'forwarded' && (await access.isOpen()) ? { type: 'anyone' } : null;
  };
}

async function sessionOf(db: Database, token: string): Promise<{ operator: string; csrf: string } | undefined> {
  const { rows } = await db.query<{ operator: string; csrf: string }>({
    name: 'pages.visitor',
    text: 'select operator, csrf from retainer.sessions where token_hash = $1 and ends_at > now()',
    values: [hashOfToken(token)],
  });
  return rows[0];
}
