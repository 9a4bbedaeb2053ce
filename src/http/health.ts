import type { OpenAPIHono } from '@hono/zod-openapi';
import type { Context as HonoContext } from 'hono';
import { type Answer, ok, send } from './answers.ts';
import { type Env, PREFIXES } from './endpoint.ts';
import type { Metrics } from './metrics.ts';
import { createReadiness, isReady, type Readiness, type ReadinessDependencies } from './readiness.ts';

/** Is the process alive, can it do its work, and how is it doing. Needs no key. */
export function healthRoutes(
  app: OpenAPIHono<Env>,
  deps: ReadinessDependencies & {
    readonly metrics: Pick<Metrics, 'text' | 'contentType'>;
    /** Null: they may be shown; else the answer to those who may not have them. */
    readonly mayScrape: (c: HonoContext) => Promise<Answer | null>;
  },
): void {
  const { metrics, mayScrape } = deps;
  const readiness = createReadiness(deps);
  for (const prefix of PREFIXES) {
    app.get(`${prefix}healthz`, (c) => send(c, ok));
    app.get(`${prefix}readyz`, async (c) => send(c, inWords(await readiness())));
    app.get(`${prefix}metrics`, async (c) => {
      const refused = await mayScrape(c);
      if (refused !== null) return send(c, refused);
      return c.body(await metrics.text(), 200, { 'Content-Type': metrics.contentType, 'Cache-Control': 'no-store' });
    });
  }
}

function inWords(outcomes: Awaited<ReturnType<Readiness>>): Answer {
  const states = Object.fromEntries(outcomes.map(([name, trouble]) => [name, trouble?.says ?? 'ok']));
  const troubles = outcomes.flatMap(([name, trouble]) => (trouble === null ? [] : `${name}: ${trouble.says}`));
  if (isReady(outcomes)) return { status: 200, text: ['OK', ...troubles].join('\n'), json: { ready: true, ...states } };
  return {
    status: 503,
    text: `not ready\n${troubles.join('\n')}`,
    json: {
      type: 'about:blank',
      title: 'Service Unavailable',
      status: 503,
      detail: troubles.join('; '),
      ready: false,
      ...states,
    },
    headers: { 'Retry-After': '1' },
  };
}
