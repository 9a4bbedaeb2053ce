import type { Context as HonoContext } from 'hono';
import { getCookie, setCookie } from 'hono/cookie';
import type { Context } from '../../../commands/commands.ts';
import type { Guard } from '../guard.ts';
import type { Visitor } from '../visitor.ts';

/** An operator's request for an admin page. */
export type AdminVisit = {
  readonly visitor: Extract<Visitor, { type: 'operator' }>;
  /** What a command that follows from it is given: it stands in the log in the operator's name. */
  readonly context: Context;
  readonly form: Readonly<Record<string, string>>;
  /** What the change before this page came to, in words. */
  readonly said: string | undefined;
  readonly hasMarketplace: boolean;
};

export type AdminGuard = (
  show: (c: HonoContext, visit: AdminVisit) => Response | Promise<Response>,
) => (c: HonoContext) => Promise<Response>;

const SAID_COOKIE = 'retainer_said';
const SAID_SECONDS = 30;

/**
 * Admin pages are for operators alone, while the API is open too: what is done here is done in somebody's name, and an
 * open API must not give away keys.
 */
export const createAdminGuard =
  (guard: Guard, { hasMarketplace }: { hasMarketplace: boolean }): AdminGuard =>
  (show) =>
    guard((c, { visitor, form, requestId }) => {
      if (visitor.type !== 'operator') return c.redirect('/admin/sign-in', 303);
      const said = c.req.method === 'GET' ? getCookie(c, SAID_COOKIE) : undefined;
      if (said !== undefined) setCookie(c, SAID_COOKIE, '', { path: '/admin', maxAge: 0 });
      const context = { actor: `operator:${visitor.operator}`, requestId } as const;
      return show(c, { visitor, context, form, said, hasMarketplace });
    });

/** After a change: to a page, which says once what came of it. Loading that page again changes nothing again. */
export function goTo(c: HonoContext, path: string, said: string): Response {
  const secure = c.get('isSecure') === true;
  setCookie(c, SAID_COOKIE, said, { path: '/admin', maxAge: SAID_SECONDS, httpOnly: true, sameSite: 'Strict', secure });
  return c.redirect(path, 303);
}
