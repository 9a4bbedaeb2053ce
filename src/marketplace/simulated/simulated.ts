import { type Context, Hono, type MiddlewareHandler } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import type { Logger } from 'pino';
import type { Instant } from '../../domain/ids.ts';
import { type Database, isUnavailable } from '../../postgres/pool.ts';
import { apiRoutes, type Requesters } from './api.ts';
import { drivenClock } from './clock.ts';
import { controlRoutes } from './control.ts';
import { externalSubmitRoutes } from './externalSubmit.tsx';
import { createStrike } from './faults.ts';
import type { Guard } from './guard.ts';
import { seededIds } from './ids.ts';
import { seededRandom } from './random.ts';
import { rehearsalRoutes } from './rehearsal.tsx';
import { workerSideRoutes } from './workerSide.tsx';

const MOST_BODY_BYTES = 1_000_000;

export type SimulatedMarketplaceOptions = {
  readonly db: Database;
  readonly clock: () => Instant;
  /** Ids and the dice of fault rules follow from it. */
  readonly seed: number;
  /** Where workers' browsers reach what these routes are mounted on. */
  readonly publicUrl: () => string;
  /** Whether `control` may drive the clock, inject faults and forget everything. */
  readonly control: boolean;
  /** Who may see to simulated workers and faults; without it nobody may, and there is no such page. */
  readonly guard?: Guard;
  /** What the setting says of simulated workers, for the page. */
  readonly simulatedWorkersPerMinute?: number;
  /** Whether landing pages may be plain http, as they are on one's own machine. */
  readonly allowHttp?: boolean;
  /** Who may ask as which requester; without it anybody, as in tests of the marketplace alone. */
  readonly requesters?: Requesters;
  /** Who may work here, and drive it; without it anybody. An answer: they may not. */
  readonly doorOf?: (c: Context) => Promise<Response | null>;
  readonly log: Logger;
};

/**
 * An MTurk-compatible marketplace, to be mounted at `/marketplace`: its requester API at `api/sandbox` and
 * `api/live`, its worker side, and the levers under `control`. Its state is in Postgres, schema `marketplace`, so
 * that it outlives the process.
 */
export function createSimulatedMarketplace({
  db,
  clock: realClock,
  seed,
  publicUrl,
  control,
  guard,
  simulatedWorkersPerMinute = 0,
  allowHttp = true,
  requesters = { keyOf: async () => null, strangers: 'accepted' },
  doorOf = async () => null,
  log,
}: SimulatedMarketplaceOptions): Hono {
  const clock = drivenClock(db, realClock);
  const strike = control ? createStrike(db, seededRandom(seed)) : async () => null;
  const newId = seededIds(seed);
  const routes = new Hono({ strict: false });
  routes.use(bodyLimit({ maxSize: MOST_BODY_BYTES, onError: tooLarge }));
  routes.use(protectPages);
  routes.route('/', apiRoutes({ db, clock, strike, newId, allowHttp, requesters }));
  routes.use(async (c, next) => (await doorOf(c)) ?? next());
  routes.route('/', workerSideRoutes({ db, clock, newId, publicUrl, hasRehearsal: guard !== undefined }));
  routes.route('/', externalSubmitRoutes({ db, clock }));
  if (control) routes.route('/control', controlRoutes({ db, clock }));
  if (guard)
    routes.route(
      '/rehearsal',
      rehearsalRoutes({
        ...{ db, clock, realClock, guard, log },
        mayInjectFaults: control,
        settingPerMinute: simulatedWorkersPerMinute,
      }),
    );
  routes.onError((error, c) => {
    if (isUnavailable(error)) return serviceFault(c, 503);
    log.error({ err: error }, 'the simulated marketplace failed');
    return serviceFault(c, 500);
  });
  return routes;
}

/**
 * Pages load nothing from elsewhere and stand in nobody's frame. A landing page, in ours, may come from anywhere. What
 * answers a landing page's form is shown in that page's place, whoever framed it.
 */
const protectPages: MiddlewareHandler = async (c, next) => {
  await next();
  if (!(c.res.headers.get('content-type') ?? '').startsWith('text/html')) return;
  const isFramed = c.req.path.endsWith('/mturk/externalSubmit');
  c.res.headers.set(
    'Content-Security-Policy',
    `default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; frame-src *; base-uri 'none'; form-action 'self'${isFramed ? '' : "; frame-ancestors 'none'"}`,
  );
  c.res.headers.set('Cache-Control', 'no-store');
  // A landing page in the frame opens the window that rings for it.
  c.res.headers.set('Cross-Origin-Opener-Policy', 'same-origin-allow-popups');
};

const serviceFault = (c: Context, status: 500 | 503): Response =>
  c.json({ __type: 'ServiceFault', Message: 'internal error', TurkErrorCode: 'AWS.ServiceUnavailable' }, status);

const tooLarge = (c: Context): Response => c.text(`the body is larger than ${MOST_BODY_BYTES} bytes`, 413);
