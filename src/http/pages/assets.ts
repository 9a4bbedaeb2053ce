import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { Hono } from 'hono';

const TYPES = { css: 'text/css; charset=utf-8', js: 'text/javascript; charset=utf-8' } as const;
const SVG = 'image/svg+xml';

const { resolve } = createRequire(import.meta.url);
/** Where the build puts pages' scripts and styles: beside the bundle, or under dist/ when the sources run as they are. */
const BUILT = ['./browser/pages/', '../../../dist/browser/pages/'];
/** What comes from a package as it is. */
const OF_PACKAGES: Readonly<Record<string, string>> = { 'uPlot.css': 'uplot/dist/uPlot.min.css' };

const placesOf = (name: string): readonly URL[] => {
  const path = OF_PACKAGES[name];
  if (path !== undefined) return [new URL(`file://${resolve(path)}`)];
  return BUILT.map((place) => new URL(place + name, import.meta.url));
};

/** A person, waiting. */
const FAVICON = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="7" fill="#0a6c74"/><circle cx="16" cy="11" r="5" fill="#fff"/><path d="M6 27c0-6 4.500-9 10-9s10 3 10 9z" fill="#fff"/></svg>`;

/** What pages load. All of it comes from this service: they work without any other network. */
export function assetRoutes(): Hono {
  const routes = new Hono();
  const read = new Map<string, { body: string; etag: string }>();
  routes.get('/assets/:name{[A-Za-z][\\w-]*\\.(css|js)}', async (c) => {
    const name = c.req.param('name');
    const known = read.get(name) ?? (await asset(placesOf(name)));
    if (known === null) return c.text('There is no such file.', 404);
    read.set(name, known);
    const headers = { ETag: known.etag, 'Cache-Control': 'no-cache' };
    if (c.req.header('if-none-match') === known.etag) return c.body(null, 304, headers);
    const type = name.endsWith('.css') ? TYPES.css : TYPES.js;
    return c.body(known.body, 200, { ...headers, 'Content-Type': type, 'X-Content-Type-Options': 'nosniff' });
  });
  for (const path of ['/favicon.svg', '/favicon.ico'])
    routes.get(path, (c) => c.body(FAVICON, 200, { 'Content-Type': SVG, 'Cache-Control': 'public, max-age=86400' }));
  return routes;
}

async function asset(places: readonly URL[]): Promise<{ body: string; etag: string } | null> {
  for (const place of places) {
    const body = await readFile(place, 'utf8').catch(() => null);
    if (body !== null) return { body, etag: etagOf(body) };
  }
  return null;
}

const etagOf = (body: string): string => `"${createHash('sha256').update(body).digest('base64url').slice(0, 16)}"`;
