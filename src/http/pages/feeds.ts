import type { Logger } from 'pino';
import type { Instant } from '../../domain/ids.ts';
import type { EventStore } from '../../event-store/port.ts';
import type { Database } from '../../postgres/pool.ts';
import type { CaughtUp } from '../../projections/caughtUp.ts';
import type { Recheck } from '../access/recheck.ts';
import type { Readiness } from '../readiness.ts';
import { createPulse } from './live/pulse.ts';
import { createReservationFeed, type ReservationFeed } from './reservation/feed.ts';
import { createStatusFeed, type StatusFeed } from './status/feed.ts';

/** What pages follow live. */
export type Feeds = { readonly status: StatusFeed; readonly reservation: ReservationFeed; readonly close: () => void };

export function createFeeds({
  readiness,
  ...deps
}: {
  db: Database;
  store: Pick<EventStore, 'read'>;
  caughtUp: Pick<CaughtUp, 'onChange'>;
  clock: () => Instant;
  pingTimeoutMs: number;
  readiness: Readiness;
  recheck: Recheck;
  log: Logger;
}): Feeds {
  const pulse = createPulse({ readiness, clock: deps.clock });
  const [status, reservation] = [createStatusFeed({ ...deps, pulse }), createReservationFeed({ ...deps, pulse })];
  return {
    status,
    reservation,
    close: () => {
      status.close();
      reservation.close();
    },
  };
}
