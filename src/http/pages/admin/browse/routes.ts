import { Hono } from 'hono';
import type { Commands } from '../../../../commands/commands.ts';
import type { Instant } from '../../../../domain/ids.ts';
import type { EventStore } from '../../../../event-store/port.ts';
import type { Database } from '../../../../postgres/pool.ts';
import type { AdminGuard } from '../guard.ts';
import { oneAssignmentRoutes } from './assignment.tsx';
import { assignmentRoutes } from './assignments.tsx';
import { downloadRoutes } from './downloads.tsx';
import { eventRoutes } from './events.tsx';
import { hitRoutes } from './hits.tsx';
import { workerRoutes } from './workers.tsx';

export type BrowseDependencies = {
  readonly commands: Commands;
  readonly db: Database;
  /** The log, to look things up in. */
  readonly store: Pick<EventStore, 'lookBack' | 'read' | 'head'>;
  readonly clock: () => Instant;
  readonly pingTimeoutMs: number;
};

/** What there is: to search, to page through, to decide about, to take away. */
export function browseRoutes(deps: BrowseDependencies & { readonly guard: AdminGuard }): Hono {
  const routes = new Hono();
  routes.route('/', hitRoutes(deps));
  routes.route('/', assignmentRoutes(deps));
  routes.route('/', oneAssignmentRoutes(deps));
  routes.route('/', workerRoutes(deps));
  routes.route('/', eventRoutes(deps));
  routes.route('/', downloadRoutes(deps));
  return routes;
}
