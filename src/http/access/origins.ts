import type { Context as HonoContext } from 'hono';

/** Where a browser says that a request comes from. Programs say nothing, and are taken for what they are. */
export type Origins = {
  /** A page of this service sent it, or no page did. */
  readonly isFromOurPages: (c: HonoContext) => boolean;
  /** The same, or a page that the operator named. */
  readonly isFromKnownPages: (c: HonoContext) => boolean;
  /** The operator named this origin. */
  readonly isNamed: (origin: string) => boolean;
};

/** `allowed`: pages of the operator's own on other origins, for as long as the API is open. */
export function createOrigins({
  publicUrl,
  allowed,
}: {
  publicUrl: () => string;
  allowed: readonly string[];
}): Origins {
  const isNamed = (origin: string): boolean => allowed.includes(origin);
  const isOwn = (c: HonoContext, origin: string): boolean =>
    URL.canParse(origin) && (new URL(origin).host === c.req.header('host') || origin === new URL(publicUrl()).origin);
  const isFromOurPages = (c: HonoContext): boolean => {
    const site = c.req.header('sec-fetch-site');
    if (site !== undefined) return site === 'same-origin' || site === 'none';
    const origin = c.req.header('origin');
    return origin === undefined || isOwn(c, origin);
  };
  return {
    isNamed,
    isFromOurPages,
    isFromKnownPages: (c) => isFromOurPages(c) || isNamed(c.req.header('origin') ?? ''),
  };
}

/** Somebody follows a link to a page: what it shows is theirs to see, and the page they came from cannot read it. */
export const isVisit = (c: HonoContext): boolean =>
  c.req.method === 'GET' &&
  c.req.header('sec-fetch-mode') === 'navigate' &&
  c.req.header('sec-fetch-dest') === 'document';
