import type { Context as HonoContext } from 'hono';
import { isVisit, type Origins } from '../access/origins.ts';
import { readForm, unreadableForm } from './readForm.ts';
import type { Visitor, VisitorOf } from './visitor.ts';

/** A page's request: who it is from, and the fields of its form. */
export type Visit = {
  readonly visitor: Visitor;
  readonly form: Readonly<Record<string, string>>;
  readonly requestId: string;
  /** Of what goes on for long: whether the same visitor would be let in now. */
  readonly isStillLetIn: () => Promise<boolean>;
};

export type Guard = (
  show: (c: HonoContext, visit: Visit) => Response | Promise<Response>,
) => (c: HonoContext) => Promise<Response>;

/** How a script of our own pages proves that it is one: forms send the same as a field. */
export const CSRF_HEADER = 'x-csrf-token';

/** By which the request log has it; pages that stand alone have none. */
export const requestIdOf = (c: HonoContext): string => c.get('requestId') ?? crypto.randomUUID();

/**
 * Lets in who is signed in, or everybody while the service is open; the others are sent to the sign-in page. What
 * changes something has to come from our own pages: the browser says so in `Sec-Fetch-Site` or `Origin`, and a signed-in
 * visitor's form holds the session's own token (OWASP Cross-Site Request Forgery Prevention). While the service is open
 * that goes for what is asked, too, for no cookie keeps it from others; but anybody may follow a link to a page.
 */
export function createGuard(visitorOf: VisitorOf, origins: Origins): Guard {
  const isOurs = (c: HonoContext, visitor: Visitor, form: Readonly<Record<string, string>>): boolean =>
    origins.isFromOurPages(c) &&
    (visitor.type === 'anyone' || (c.req.header(CSRF_HEADER) ?? form['csrf']) === visitor.csrf);
  return (show) => async (c) => {
    const visitor = await visitorOf(c);
    const isChange = c.req.method !== 'GET' && c.req.method !== 'HEAD';
    if (visitor === null) {
      if (isChange) return c.text('Your session is over: sign in, then try again.', 401);
      const { pathname, search } = new URL(c.req.url);
      return c.redirect(`/admin/sign-in?next=${encodeURIComponent(pathname + search)}`);
    }
    if (!isChange && visitor.type === 'anyone' && !origins.isFromOurPages(c) && !isVisit(c))
      return c.text('A page of another site asked for this.', 403);
    const form = isChange ? await readForm(c) : {};
    if (form === null) return unreadableForm(c);
    if (isChange && !isOurs(c, visitor, form))
      return c.text('This form is not one of ours, or it is too old: load the page anew, then try again.', 403);
    return show(c, {
      visitor,
      form,
      requestId: requestIdOf(c),
      isStillLetIn: async () => (await visitorOf(c))?.type === visitor.type,
    });
  };
}
