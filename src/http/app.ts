import { OpenAPIHono } from '@hono/zod-openapi';
import type { Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { cors } from 'hono/cors';
import type { Logger } from 'pino';
import type { Commands } from '../commands/commands.ts';
import type { Instant } from '../domain/ids.ts';
import { type EventStore, StoreUnavailable } from '../event-store/port.ts';
import { TooManyWaiting } from '../postgres/coalesce.ts';
import { type Database, isUnavailable } from '../postgres/pool.ts';
import type { CaughtUp } from '../projections/caughtUp.ts';
import { problem, send } from './answers.ts';
import { authentication } from './authentication.ts';
import { docsRoutes } from './docs.ts';
import { type Env, endpointsOf } from './endpoint.ts';
import { healthRoutes } from './health.ts';
import { hitEndpoints } from './hits.ts';
import { idempotencyKeys } from './idempotency.ts';
import type { Metrics } from './metrics.ts';
import { protoHitEndpoints } from './protoHits.ts';
import { requestLog } from './requestLog.ts';
import { reservationEndpoints } from './reservations.ts';
import { workRequestEndpoints } from './workRequests.ts';

export type AppDependencies = {
  readonly commands: Commands;
  readonly db: Database;
  readonly store: EventStore;
  readonly caughtUp: CaughtUp;
  readonly clock: () => Instant;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly settings: { readonly pingTimeoutSeconds: number; readonly bodyLimitBytes: number };
  readonly publicUrl: () => string;
  readonly version: string;
  /** The workers' paths: mounted before everything else, because there are thousands of requests a second. */
  readonly workerRoutes: Hono;
  /** Pages, and the built-in marketplace if it is used. */
  readonly pages: readonly { readonly path: string; readonly routes: Hono }[];
};

/** The whole HTTP interface. */
export function createApp(deps: AppDependencies): OpenAPIHono<Env> {
  const { db, clock, log, metrics, settings, store, caughtUp } = deps;
  const app = new OpenAPIHono<Env>({ strict: false });
  app.route('/', deps.workerRoutes);
  app.route('/retainer', deps.workerRoutes);
  for (const { path, routes } of deps.pages) app.route(path, routes);

  app.use(requestLog({ log, metrics }));
  app.use(cors({ origin: '*', exposeHeaders: ['Retainer-Position', 'X-Request-Id', 'Retry-After'] }));
  app.use(
    bodyLimit({
      maxSize: settings.bodyLimitBytes,
      onError: (c) => send(c, problem(413, `the body is larger than ${settings.bodyLimitBytes} bytes`)),
    }),
  );

  healthRoutes(app, { db, store, caughtUp, metrics });
  const register = endpointsOf(app, {
    authenticate: authentication(db),
    idempotency: idempotencyKeys(db, clock),
  });
  protoHitEndpoints(register, deps);
  reservationEndpoints(register, deps);
  workRequestEndpoints(register, deps);
  hitEndpoints(register, deps);
  docsRoutes(app, { publicUrl: deps.publicUrl, version: deps.version });

  app.notFound((c) => {
    const allowed = methodsAt(app, c.req.path);
    return allowed.length === 0
      ? send(c, problem(404, `there is no path ${c.req.path.slice(0, 200)}`))
      : send(
          c,
          problem(405, `${c.req.method} is not allowed here, ${allowed.join(' and ')} is`, {
            headers: { Allow: allowed.join(', ') },
          }),
        );
  });

  app.onError((error, c) => {
    const requestId = c.get('requestId');
    if (error instanceof StoreUnavailable || error instanceof TooManyWaiting || isUnavailable(error)) {
      log.warn({ err: error, requestId }, 'the database is away or overloaded');
      return send(
        c,
        problem(503, 'the database is away or overloaded; try again', { headers: { 'Retry-After': '1' } }),
      );
    }
    log.error({ err: error, requestId }, 'a request failed');
    return send(c, problem(500, `something went wrong; the log has it under request id ${requestId}`, { requestId }));
  });
  return app;
}

const METHODS = ['GET', 'POST'] as const;

/** The methods that have a route of their own here, middleware apart. */
function methodsAt(app: OpenAPIHono<Env>, path: string): readonly string[] {
  return METHODS.filter((method) => app.router.match(method, path)[0].some(([[, route]]) => route.method === method));
}
