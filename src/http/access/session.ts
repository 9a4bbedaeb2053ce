import type { Context as HonoContext } from 'hono';
import { deleteCookie, getCookie, setCookie } from 'hono/cookie';

const SESSION = 'retainer_session';

/** The cookie that holds an operator's session. */
export type SessionCookie = {
  readonly read: (c: HonoContext) => string | undefined;
  readonly set: (c: HonoContext, token: string, endsAt: number) => void;
  readonly drop: (c: HonoContext) => void;
};

/**
 * Over https its name begins with `__Host-`: browsers take such a cookie only from this very host, so that no other of
 * the same domain can put one of its own in its place, which is why the bare name is not read there.
 */
export function createSessionCookie(isSecure: () => boolean): SessionCookie {
  const prefix = () => (isSecure() ? ({ prefix: 'host' } as const) : {});
  return {
    read: (c) => (isSecure() ? getCookie(c, SESSION, 'host') : getCookie(c, SESSION)),
    set: (c, token, endsAt) =>
      setCookie(c, SESSION, token, {
        httpOnly: true,
        sameSite: 'Lax',
        path: '/',
        expires: new Date(endsAt),
        ...prefix(),
      }),
    drop: (c) => {
      deleteCookie(c, SESSION, { path: '/', ...prefix() });
    },
  };
}
