import { Hono } from 'hono';
import { PREFIXES } from '../endpoint.ts';

/** Where the original had its pages, and what stands in for them here. */
const PLACES: Readonly<Record<string, string>> = {
  'static/test.html': '/example',
  'static/dashboard.html': '/status',
  'static/status/index.html': '/status',
};

/** Leads bookmarks of the original's pages, and ProtoHITs whose page is its test page, to where their like is now. */
export function formerPlaces(): Hono {
  const routes = new Hono({ strict: false });
  const lead = (from: string, to: string): void => {
    routes.get(from, (c) => c.redirect(to + new URL(c.req.url).search));
  };
  for (const prefix of PREFIXES) for (const [from, to] of Object.entries(PLACES)) lead(prefix + from, to);
  // Django's admin had pages of its own below it.
  for (const from of ['/retainer/admin', '/retainer/admin/*']) lead(from, '/admin');
  return routes;
}
