import { OpenAPIHono } from '@hono/zod-openapi';
import type { Hono, Context as HonoContext, MiddlewareHandler } from 'hono';
import type { Logger } from 'pino';
import type { Commands } from '../commands/commands.ts';
import type { Instant } from '../domain/ids.ts';
import type { EventStore } from '../event-store/port.ts';
import type { Database } from '../postgres/pool.ts';
import type { CaughtUp } from '../projections/caughtUp.ts';
import type { Access } from './access/access.ts';
import { protectedAnswers } from './access/headers.ts';
import { ownHostsOnly } from './access/hosts.ts';
import { type AddressLimits, limitAddresses } from './access/limits.ts';
import type { Recheck } from './access/recheck.ts';
import type { AddressOf } from './addressOf.ts';
import { type Answer, problem, send, wantsPage } from './answers.ts';
import { createHeldRequests } from './api/heldRequests.ts';
import { createProgressLookUp, reservationAnswerEndpoints } from './api/reservationAnswers.ts';
import { authentication } from './authentication.ts';
import { crossOrigin } from './cors.ts';
import { docsRoutes } from './docs.ts';
import { type Env, endpointsOf } from './endpoint.ts';
import { eventEndpoints } from './events.ts';
import { answerFailures } from './failures.ts';
import { type GivenOut, withoutNumbers } from './givenOutIds.ts';
import { healthRoutes } from './health.ts';
import { historyEndpoints } from './history.ts';
import { idempotencyKeys } from './idempotency/keys.ts';
import type { RequestOwner } from './idempotency/owner.ts';
import { limitBody } from './limits.ts';
import { listEndpoints } from './lists.ts';
import { methodsAt } from './methods.ts';
import type { Metrics } from './metrics.ts';
import { NotFoundPage } from './pages/notFound.tsx';
import { soundAddress } from './pages/readForm.ts';
import type { VisitorOf } from './pages/visitor.ts';
import { protoHitEndpoints } from './protoHits.ts';
import { requestLog, withoutPeople } from './requestLog.ts';
import { reservationListEndpoints } from './reservationList.ts';
import { reservationEndpoints } from './reservations.ts';
import { reviewEndpoints } from './reviews.ts';
import { sandboxEndpoints } from './sandbox.ts';
import { withoutScope } from './scopes.ts';
import { workerListEndpoints } from './workerList.ts';
import { workRequestEndpoints } from './workRequests.ts';
import { wrongIdIn } from './wrongIds.ts';

export type AppDependencies = {
  readonly commands: Commands;
  readonly db: Database;
  readonly store: Pick<EventStore, 'head' | 'count' | 'read' | 'subscribe'>;
  readonly caughtUp: Pick<CaughtUp, 'until' | 'position' | 'onChange'>;
  readonly clock: () => Instant;
  readonly log: Logger;
  /** Hears of every request that is answered; `log` if left out. */
  readonly accessLog?: Pick<Logger, 'info' | 'debug'>;
  readonly metrics: Metrics;
  readonly settings: {
    readonly pingTimeoutSeconds: number;
    readonly bodyLimitBytes: number;
    readonly logPersonalData: boolean;
    readonly ids: GivenOut;
    readonly metrics: 'open' | 'key';
  };
  readonly addressOf: AddressOf;
  readonly limits: Pick<AddressLimits, 'isFlood'>;
  /** By which others tell whether this process still runs its requests. */
  readonly requestOwner: RequestOwner;
  readonly access: Access;
  readonly visitorOf: VisitorOf;
  /** Streams end with the right to read them. */
  readonly recheck: Recheck;
  /** Aborts when the service stops: streams end. */
  readonly ending: AbortSignal;
  readonly publicUrl: () => string;
  readonly version: string;
  /** The workers' paths: before everything else and without it, because there are thousands of requests a second. */
  readonly workerRoutes: Hono;
  /** Traces application requests, if anything does. */
  readonly traced?: ((isCaller: (c: HonoContext) => Promise<boolean>) => MiddlewareHandler<Env>) | undefined;
  /** Pages, and the built-in marketplace if it is used. */
  readonly pages?: readonly { readonly path: string; readonly routes: Hono }[];
  /** Is the built-in marketplace here to be visited? */
  readonly hasMarketplace: boolean;
};

/** The whole HTTP interface, with and without the prefix `/retainer`. */
export function createApp(deps: AppDependencies): OpenAPIHono<Env> {
  const { db, clock, log, metrics, settings, store, caughtUp, pages = [] } = deps;
  const app = new OpenAPIHono<Env>({ strict: false });
  app.route('/', deps.workerRoutes);
  app.route('/retainer', deps.workerRoutes);
  app.use(
    requestLog({
      log: deps.accessLog ?? log,
      metrics,
      logPersonalData: settings.logPersonalData,
      addressOf: deps.addressOf,
    }),
  );
  app.use(protectedAnswers(deps.access.isSecure));
  app.use(limitAddresses(deps.limits));
  app.use(ownHostsOnly(deps.access.hosts));
  const authenticate = authentication(db, deps.visitorOf, deps.access);
  // Nothing of what is refused before it is read is traced.
  if (deps.traced)
    app.use(deps.traced(async (c) => (await authenticate(c, c.req.query(), { changes: false })).type === 'caller'));
  for (const path of ['/status/*', '/admin/*', '/marketplace/*']) app.use(path, soundAddress);
  for (const { path, routes } of pages) app.route(path, routes);

  app.use(crossOrigin(deps.access));
  app.use(limitBody(settings.bodyLimitBytes));
  const mayScrape = async (c: HonoContext): Promise<Answer | null> => {
    if (settings.metrics === 'open') return null;
    const asked = await authenticate(c, c.req.query(), { changes: false });
    return asked.type === 'denied' ? asked.answer : withoutScope(asked.caller, 'read');
  };
  healthRoutes(app, { db, store, caughtUp, metrics, clock, log, mayScrape });
  const register = endpointsOf(app, {
    authenticate,
    resolve: (takes, given) => withoutNumbers(db, takes, given),
    oncePerKey: idempotencyKeys({ db, clock, owner: deps.requestOwner, log }),
  });
  protoHitEndpoints(register, deps);
  reservationEndpoints(register, deps);
  const holding = {
    held: createHeldRequests({ onChange: caughtUp.onChange, ending: deps.ending, recheck: deps.recheck }),
    progress: createProgressLookUp(db),
  };
  reservationListEndpoints(register, { ...deps, ...holding });
  reservationAnswerEndpoints(register, { db, settings, ...holding });
  historyEndpoints(register, deps);
  eventEndpoints(register, deps);
  workRequestEndpoints(register, deps);
  sandboxEndpoints(register, deps);
  listEndpoints(register, deps);
  workerListEndpoints(register, deps);
  reviewEndpoints(register, deps);
  docsRoutes(app, deps);

  app.notFound((c) => {
    const allowed = methodsAt(app, c.req.path);
    // A route that finds nothing at its path says so itself.
    if (allowed.length === 0 || allowed.includes(c.req.method))
      return wantsPage(c)
        ? c.html(NotFoundPage({ path: withoutPeople(c.req.path), hasMarketplace: deps.hasMarketplace }), 404)
        : send(c, problem(404, nothingAt(c.req.method, c.req.path)));
    const headers = { Allow: allowed.join(', ') };
    return send(
      c,
      problem(
        405,
        `${c.req.method} is not allowed here; ${allowed.join(' and ')} ${allowed.length === 1 ? 'is' : 'are'}`,
        { headers },
      ),
    );
  });
  app.onError(answerFailures(log));
  return app;
}

/** Whoever asks for a thing by what is no id is told what one looks like. */
function nothingAt(method: string, path: string): string {
  const nothing = `there is no path ${withoutPeople(path).slice(0, 200)}`;
  const right = method === 'GET' ? wrongIdIn(path) : null;
  return right === null ? nothing : `${nothing}: ${right}`;
}
