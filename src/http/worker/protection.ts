const PROTECTION = { 'X-Content-Type-Options': 'nosniff', 'Referrer-Policy': 'same-origin' };

/** Of what pages of any origin load. */
export const FOR_ANY_PAGE = {
  ...PROTECTION,
  'Access-Control-Allow-Origin': '*',
  'Cross-Origin-Resource-Policy': 'cross-origin',
};

/** A landing page stands in the frame of whatever marketplace shows it, and posts its form where that one says. */
export const examplePolicy = (publicUrl: string): Readonly<Record<string, string>> => ({
  ...PROTECTION,
  'Content-Security-Policy':
    `default-src 'self' ${publicUrl}; script-src 'self' 'unsafe-inline' ${publicUrl}; style-src 'unsafe-inline'; ` +
    "img-src 'self' data:; object-src 'none'; base-uri 'none'",
});

/** The window that rings is opened by landing pages of any origin, which close it again: it stays in their group. */
export const BELL_POLICY = {
  ...PROTECTION,
  'Content-Security-Policy':
    "default-src 'self'; img-src 'self' data:; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
};
