import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { OpenAPIHono } from '@hono/zod-openapi';
import { html } from 'hono/html';
import type { Env } from './endpoint.ts';

/** The files of the API page that a browser loads; they come from this service, so the page works offline. */
const ASSETS: Readonly<Record<string, string>> = {
  'swagger-ui.css': 'text/css; charset=utf-8',
  'swagger-ui-bundle.js': 'text/javascript; charset=utf-8',
  'favicon-32x32.png': 'image/png',
};

/** The API's description (OpenAPI 3.1), made from the schemas that validate, and a page that shows it. */
export function docsRoutes(
  app: OpenAPIHono<Env>,
  { publicUrl, version }: { publicUrl: () => string; version: string },
): void {
  const registry = app.openAPIRegistry;
  registry.registerComponent('securitySchemes', 'bearer', { type: 'http', scheme: 'bearer' });
  registry.registerComponent('securitySchemes', 'header', { type: 'apiKey', in: 'header', name: 'X-Api-Key' });
  registry.registerComponent('securitySchemes', 'query', { type: 'apiKey', in: 'query', name: 'apiKey' });
  const folder = dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'));

  for (const prefix of ['/', '/retainer/']) {
    app.get(`${prefix}openapi.json`, (c) =>
      c.json(
        app.getOpenAPI31Document({
          openapi: '3.1.0',
          info: {
            title: 'Retainer server',
            version,
            description:
              'People on call for software. Every path works with and without the prefix `retainer/`; a body is ' +
              'form-encoded or JSON; answers are plain text unless you accept `application/json`. A POST with an ' +
              '`Idempotency-Key` can be repeated safely.',
          },
          servers: [{ url: publicUrl() }],
        }),
      ),
    );

    app.get(`${prefix}docs`, (c) => c.html(page(prefix)));

    app.get(`${prefix}docs/:file`, async (c) => {
      const file = c.req.param('file');
      const type = ASSETS[file];
      if (type === undefined) return c.notFound();
      return c.body(new Uint8Array(await readFile(join(folder, file))), 200, {
        'Content-Type': type,
        'Cache-Control': 'public, max-age=86400',
      });
    });
  }
}

const page = (prefix: string) => html`<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <title>Retainer server: API</title>
    <link rel="icon" href="${prefix}docs/favicon-32x32.png" />
    <link rel="stylesheet" href="${prefix}docs/swagger-ui.css" />
  </head>
  <body>
    <main id="api"></main>
    <script src="${prefix}docs/swagger-ui-bundle.js"></script>
    <script>
      SwaggerUIBundle({ url: '${prefix}openapi.json', dom_id: '#api', deepLinking: true, validatorUrl: null });
    </script>
  </body>
</html>`;
