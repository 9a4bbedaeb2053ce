import type { Context } from 'hono';

/** Whoever may change things here: an operator, or anybody while nobody was told to sign in. */
export type Steward =
  | { readonly type: 'operator'; readonly operator: string; readonly csrf: string }
  | { readonly type: 'anyone' };

/** Lets in whom the service lets in; given by the service, which knows its operators. */
export type Guard = (
  show: (
    c: Context,
    visit: { readonly visitor: Steward; readonly form: Readonly<Record<string, string>> },
  ) => Response | Promise<Response>,
) => (c: Context) => Promise<Response>;
