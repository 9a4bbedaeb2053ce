import type { MiddlewareHandler } from 'hono';

/** Nothing but what this service serves, and no frame of ours in another site. */
export const PAGE_POLICY =
  "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'";

const PROTECTION = {
  'Content-Security-Policy': PAGE_POLICY,
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'same-origin',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Permissions-Policy': 'camera=(), geolocation=(), microphone=(), payment=(), usb=()',
} as const;

/** For a year a browser that came by https comes by nothing else. */
const ONLY_HTTPS = 'max-age=31536000';

/**
 * What every answer tells browsers, unless its route says otherwise. Set before there is an answer, so that routes may:
 * hono/secure-headers sets its own after it, over theirs, and has every answer taken apart and put together again.
 */
export const protectedAnswers =
  (isSecure: () => boolean): MiddlewareHandler =>
  (c, next) => {
    c.set('isSecure', isSecure());
    for (const [name, value] of Object.entries(PROTECTION)) c.header(name, value);
    if (isSecure()) c.header('Strict-Transport-Security', ONLY_HTTPS);
    return next();
  };
