import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { Hono } from 'hono';

const CSS = 'text/css; charset=utf-8';
const JS = 'text/javascript; charset=utf-8';
const SVG = 'image/svg+xml';

const { resolve } = createRequire(import.meta.url);
/** Beside the bundle, or under dist/ when the sources run as they are. */
const BUILT = ['./browser/', '../../../dist/browser/'];
const beside = (name: string): readonly URL[] => BUILT.map((place) => new URL(place + name, import.meta.url));
const ofPackage = (path: string): readonly URL[] => [new URL(`file://${resolve(path)}`)];

const ASSETS: Readonly<Record<string, { type: string; places: () => readonly URL[] }>> = {
  '/assets/pages.css': { type: CSS, places: () => beside('pages.css') },
  '/assets/bell.js': { type: JS, places: () => beside('bell.js') },
  '/assets/status.js': { type: JS, places: () => beside('status.js') },
  '/assets/uPlot.css': { type: CSS, places: () => ofPackage('uplot/dist/uPlot.min.css') },
};

/** A person, waiting. */
const FAVICON = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="7" fill="#0a6c74"/><circle cx="16" cy="11" r="5" fill="#fff"/><path d="M6 27c0-6 4.500-9 10-9s10 3 10 9z" fill="#fff"/></svg>`;

/** What pages load. All of it comes from this service: they work without any other network. */
export function assetRoutes(): Hono {
  const routes = new Hono();
  for (const [path, { type, places }] of Object.entries(ASSETS)) {
    let file: Promise<{ body: string; etag: string }> | undefined;
    routes.get(path, async (c) => {
      file ??= firstOf(places()).then((body) => ({ body, etag: etagOf(body) }));
      const { body, etag } = await file;
      const headers = { ETag: etag, 'Cache-Control': 'no-cache' };
      if (c.req.header('if-none-match') === etag) return c.body(null, 304, headers);
      return c.body(body, 200, { ...headers, 'Content-Type': type, 'X-Content-Type-Options': 'nosniff' });
    });
  }
  for (const path of ['/favicon.svg', '/favicon.ico'])
    routes.get(path, (c) => c.body(FAVICON, 200, { 'Content-Type': SVG, 'Cache-Control': 'public, max-age=86400' }));
  return routes;
}

const etagOf = (body: string): string => `"${createHash('sha256').update(body).digest('base64url').slice(0, 16)}"`;

async function firstOf(places: readonly URL[]): Promise<string> {
  for (const place of places) {
    const text = await readFile(place, 'utf8').catch(() => null);
    if (text !== null) return text;
  }
  throw new Error(`${places.at(-1)?.pathname} is not there: run "npm run build"`);
}
