import type { OpenAPIHono } from '@hono/zod-openapi';
import type { EventStore, Position } from '../event-store/port.ts';
import type { Database } from '../postgres/pool.ts';
import type { Env } from './endpoint.ts';
import type { Metrics } from './metrics.ts';

/** Read models that are further behind than this do not serve well. */
const CATCH_UP_MS = 2_000;

/** Is the process alive, can it do its work, and how is it doing. */
export function healthRoutes(
  app: OpenAPIHono<Env>,
  {
    db,
    store,
    caughtUp,
    metrics,
  }: {
    db: Database;
    store: Pick<EventStore, 'head'>;
    caughtUp: { readonly until: (position: Position, options: { timeoutMs: number }) => Promise<boolean> };
    metrics: Pick<Metrics, 'text' | 'contentType'>;
  },
): void {
  const checks: Readonly<Record<string, () => Promise<string | null>>> = {
    database: async () => {
      await db.query('select 1');
      return null;
    },
    log: async () => {
      await store.head();
      return null;
    },
    readModels: async () => {
      const caught = await caughtUp.until(await store.head(), { timeoutMs: CATCH_UP_MS });
      return caught ? null : `more than ${CATCH_UP_MS / 1000} s behind the log`;
    },
  };

  for (const prefix of ['/', '/retainer/']) {
    app.get(`${prefix}healthz`, (c) => c.text('OK'));

    app.get(`${prefix}readyz`, async (c) => {
      const results = await Promise.all(
        Object.entries(checks).map(async ([name, check]) => {
          const problem = await check().catch((error: unknown) =>
            error instanceof Error ? error.message : String(error),
          );
          return [name, problem ?? 'ok'] as const;
        }),
      );
      const isReady = results.every(([, state]) => state === 'ok');
      return c.json(
        { ready: isReady, ...Object.fromEntries(results) },
        isReady ? 200 : 503,
        isReady ? {} : { 'Retry-After': '1' },
      );
    });

    app.get(`${prefix}metrics`, async (c) =>
      c.body(await metrics.text(), 200, { 'Content-Type': metrics.contentType }),
    );
  }
}
