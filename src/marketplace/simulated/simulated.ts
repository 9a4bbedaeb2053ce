import { Hono } from 'hono';
import type { Logger } from 'pino';
import type { Instant } from '../../domain/ids.ts';
import type { Database } from '../../postgres/pool.ts';
import { apiRoutes } from './api.ts';
import { drivenClock } from './clock.ts';
import { controlRoutes } from './control.ts';
import { createFaults, type FaultRule } from './faults.ts';
import { seededIds } from './ids.ts';
import { seededRandom } from './random.ts';
import { workerSideRoutes } from './workerSide.tsx';

/**
 * An MTurk-compatible marketplace: its requester API at `api/sandbox` and `api/live`, its worker side, and (if
 * `control`) the levers that drive its clock and inject faults. Its state is in Postgres, schema `marketplace`.
 */
export function createSimulatedMarketplace({
  db,
  clock,
  seed,
  publicUrl,
  control,
  faults: rules = [],
  allowHttp = true,
  log,
}: {
  db: Database;
  clock: () => Instant;
  seed: number;
  publicUrl: () => string;
  control: boolean;
  faults?: readonly FaultRule[];
  allowHttp?: boolean;
  log: Logger;
}): Hono {
  const driven = drivenClock(db, clock);
  const faults = createFaults(seededRandom(seed), rules);
  const newId = seededIds(seed);
  const routes = new Hono({ strict: false });
  routes.route('/', apiRoutes({ db, clock: driven, faults, newId, allowHttp }));
  routes.route('/', workerSideRoutes({ db, clock: driven, newId, publicUrl }));
  if (control) routes.route('/control', controlRoutes({ db, clock: driven, faults }));
  routes.onError((error, c) => {
    log.error({ err: error }, 'the simulated marketplace failed');
    return c.json({ __type: 'ServiceFault', Message: 'internal error' }, 500);
  });
  return routes;
}
