import { type Context, Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import type { Logger } from 'pino';
import type { Instant } from '../../domain/ids.ts';
import { type Database, isUnavailable } from '../../postgres/pool.ts';
import { apiRoutes } from './api.ts';
import { drivenClock } from './clock.ts';
import { controlRoutes } from './control.ts';
import { externalSubmitRoutes } from './externalSubmit.tsx';
import { createFaults, type FaultRule } from './faults.ts';
import { seededIds } from './ids.ts';
import { seededRandom } from './random.ts';
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
  readonly faults?: readonly FaultRule[];
  /** Whether landing pages may be plain http, as they are on one's own machine. */
  readonly allowHttp?: boolean;
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
  faults: rules = [],
  allowHttp = true,
  log,
}: SimulatedMarketplaceOptions): Hono {
  const clock = drivenClock(db, realClock);
  const faults = createFaults(seededRandom(seed), rules);
  const newId = seededIds(seed);
  const routes = new Hono({ strict: false });
  routes.use(bodyLimit({ maxSize: MOST_BODY_BYTES, onError: tooLarge }));
  routes.route('/', apiRoutes({ db, clock, faults, newId, allowHttp }));
  routes.route('/', workerSideRoutes({ db, clock, newId, publicUrl }));
  routes.route('/', externalSubmitRoutes({ db, clock }));
  if (control) routes.route('/control', controlRoutes({ db, clock, faults }));
  routes.onError((error, c) => {
    if (isUnavailable(error)) return serviceFault(c, 503);
    log.error({ err: error }, 'the simulated marketplace failed');
    return serviceFault(c, 500);
  });
  return routes;
}

const serviceFault = (c: Context, status: 500 | 503): Response =>
  c.json({ __type: 'ServiceFault', Message: 'internal error', TurkErrorCode: 'AWS.ServiceUnavailable' }, status);

const tooLarge = (c: Context): Response => c.text(`the body is larger than ${MOST_BODY_BYTES} bytes`, 413);
