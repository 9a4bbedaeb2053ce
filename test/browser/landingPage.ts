import { createServer, type Server } from 'node:http';
import type { Browser, Page, Request } from 'playwright-core';

/** Where a server that just began to listen is reached. */
export async function listening(server: Server, port = 0): Promise<string> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server does not listen');
  return `http://127.0.0.1:${address.port}`;
}

/** What the page's own script does; `heard` collects what the page is told. */
const SCRIPT = `
  heard = [];
  Retainer.hasWork = (data) => heard.push({ ...data });
  Retainer.released = () => heard.push('released');
  Retainer.init();
`;

export type LandingPages = {
  /** Opens a landing page in a tab of its own. `query` is what a marketplace adds to its address. */
  readonly origin: string;
  readonly open: (query: Record<string, string>, options?: OpenOptions) => Promise<LandingPage>;
  readonly close: () => Promise<void>;
};

export type OpenOptions = {
  /** What the page does instead of the usual. */
  readonly script?: string;
  /** The page loads no script of the service: it brings a client of its own. */
  readonly alone?: boolean;
  /** The page's Content-Security-Policy. */
  readonly policy?: string;
  /** Prepares the tab before it loads the page. */
  readonly before?: (page: Page) => Promise<unknown>;
};

export type LandingPage = {
  readonly tab: Page;
  readonly heard: () => Promise<unknown>;
  /** What the page asked the service for, its script left out: `POST /ping/…`. */
  readonly requests: readonly string[];
  /** Messages of errors that nobody caught. */
  readonly errors: readonly string[];
};

/**
 * Landing pages of a requester, on an origin of their own, which load the script of the service at `url`: not known yet
 * when a service is to know their origin.
 */
export async function landingPages(browser: Browser, url?: string): Promise<LandingPages> {
  const served = new Map<string, { script: string; alone: boolean; policy: string | undefined }>();
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '', 'http://page');
    // Any other address is a page of the requester's that has nothing to do with the service.
    const { script, alone, policy } = served.get(pathname) ?? { script: '', alone: true, policy: undefined };
    if (policy !== undefined) response.setHeader('Content-Security-Policy', policy);
    response.setHeader('Content-Type', 'text/html; charset=utf-8');
    response.end(`<!doctype html><title>Landing page</title>
      ${alone ? '' : `<script src="${url}/retainer.js"></script>`}
      <script>var heard; ${script}</script>`);
  });
  const origin = await listening(server);
  let opened = 0;

  return {
    origin,
    open: async (query, { script = SCRIPT, alone = false, policy, before } = {}) => {
      const path = `/${++opened}`;
      served.set(path, { script, alone, policy });
      const tab = await (await browser.newContext()).newPage();
      const requests: string[] = [];
      const errors: string[] = [];
      tab.on('request', (asked: Request) => {
        const { origin: to, pathname } = new URL(asked.url());
        if (to !== origin && pathname !== '/retainer.js') requests.push(`${asked.method()} ${pathname}`);
      });
      tab.on('pageerror', ({ message }) => errors.push(message));
      await before?.(tab);
      await tab.goto(`${origin}${path}?${new URLSearchParams(query)}`);
      return { tab, requests, errors, heard: () => tab.evaluate('heard') };
    },
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
