import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { OpenAPIHono } from '@hono/zod-openapi';
import { docsPage, START, STYLE } from './docsPage.ts';
import { type Env, PREFIXES } from './endpoint.ts';
import { type GivenOut, SHOWN_ID } from './givenOutIds.ts';
import { TAGS } from './openapi/tags.ts';
import { describeOtherPaths } from './otherPaths.ts';

/** What the API page loads; all of it comes from this service, so that the page works offline. */
const ASSETS: Readonly<Record<string, string>> = {
  'swagger-ui.css': 'text/css; charset=utf-8',
  'swagger-ui-bundle.js': 'text/javascript; charset=utf-8',
  'favicon-32x32.png': 'image/png',
};

const OURS = [
  ['start.js', 'text/javascript; charset=utf-8', START],
  ['start.css', 'text/css; charset=utf-8', STYLE],
] as const;

const CACHED = { 'Cache-Control': 'public, max-age=86400' };

/** No request may leave for another host but those that a reader of the page tries out. */
const POLICY =
  "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; connect-src *; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

/** The API's description (OpenAPI 3.1), made from the schemas that check requests, and a page that shows it. */
export function docsRoutes(
  app: OpenAPIHono<Env>,
  {
    publicUrl,
    version,
    hasMarketplace,
    settings,
  }: {
    publicUrl: () => string;
    version: string;
    hasMarketplace: boolean;
    settings: { readonly ids: GivenOut };
  },
): void {
  const registry = app.openAPIRegistry;
  registry.registerComponent('securitySchemes', 'bearer', { type: 'http', scheme: 'bearer' });
  registry.registerComponent('securitySchemes', 'header', { type: 'apiKey', in: 'header', name: 'X-Api-Key' });
  registry.registerComponent('securitySchemes', 'query', { type: 'apiKey', in: 'query', name: 'apiKey' });
  describeOtherPaths(registry);
  const folder = dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'));

  for (const prefix of PREFIXES) {
    app.get(`${prefix}openapi.json`, (c) => {
      const described = app.getOpenAPI31Document({
        openapi: '3.1.0',
        info: { title: 'Retainer server', version, description: ABOUT },
        servers: [{ url: publicUrl() }],
        tags: [...TAGS],
      });
      const { components } = described;
      const schemas = { ...components?.schemas, Id: SHOWN_ID[settings.ids] };
      return c.json({ ...described, components: { ...components, schemas } });
    });

    app.get(`${prefix}docs`, (c) => {
      c.header('Content-Security-Policy', POLICY);
      // Relative, so that it works behind any prefix that a proxy adds.
      const base = new URL(c.req.url).pathname.endsWith('/') ? '..' : '.';
      return c.html(docsPage({ base, home: prefix === '/' ? base : `${base}/..`, hasMarketplace }));
    });

    for (const [file, type, text] of OURS)
      app.get(`${prefix}docs/${file}`, (c) => c.body(text, 200, { 'Content-Type': type, 'Cache-Control': 'no-cache' }));
    for (const [file, type] of Object.entries(ASSETS))
      app.get(`${prefix}docs/${file}`, async (c) =>
        c.body(new Uint8Array(await readFile(join(folder, file))), 200, { 'Content-Type': type, ...CACHED }),
      );
  }
}

const ABOUT = `People on call for software.

Every path works with and without the prefix \`retainer/\`. A body is form-encoded or JSON. Answers are plain text
(of lists and records: JSON text) unless you accept \`application/json\`; errors are then problem details (RFC 9457). A POST with an \`Idempotency-Key\`
can be repeated safely. As long as no API key was ever issued no path needs one; from the first key on all but the
workers' paths and those of operation do, as \`Authorization: Bearer\`, \`X-Api-Key\`, or the parameter \`apiKey\`.`;
