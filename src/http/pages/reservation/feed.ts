import type { Logger } from 'pino';
import type { Instant } from '../../../domain/ids.ts';
import type { EventStore } from '../../../event-store/port.ts';
import type { Database } from '../../../postgres/pool.ts';
import type { CaughtUp } from '../../../projections/caughtUp.ts';
import type { Recheck } from '../../access/recheck.ts';
import { createLiveFeed, type LiveFeed } from '../live/feed.ts';
import type { Pulse } from '../live/pulse.ts';
import { type AskedStory, lookAtReservation } from './look.ts';

/** Only events change a story: between them the connection is kept alive. */
const LATEST_MS = 15_000;

export type ReservationFeed = LiveFeed<AskedStory>;

/** A reservation's story, while it happens. */
export const createReservationFeed = ({
  caughtUp,
  clock,
  pulse,
  recheck,
  log,
  ...sources
}: {
  db: Database;
  store: Pick<EventStore, 'read'>;
  caughtUp: Pick<CaughtUp, 'onChange'>;
  clock: () => Instant;
  pingTimeoutMs: number;
  pulse: Pulse;
  recheck: Recheck;
  log: Logger;
}): ReservationFeed =>
  createLiveFeed({
    look: (asked: AskedStory) => lookAtReservation({ ...sources, clock }, asked),
    onChange: caughtUp.onChange,
    latestMs: LATEST_MS,
    clock,
    pulse,
    recheck,
    log,
  });
