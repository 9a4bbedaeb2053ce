import type { Logger } from 'pino';
import type { Instant } from '../../../domain/ids.ts';
import type { Database } from '../../../postgres/pool.ts';
import type { CaughtUp } from '../../../projections/caughtUp.ts';
import { houseNow, listStatus } from '../../../projections/statusList.ts';
import type { Recheck } from '../../access/recheck.ts';
import { createLiveFeed, type LiveFeed } from '../live/feed.ts';
import type { Pulse } from '../live/pulse.ts';
import { shared } from '../live/shared.ts';
import type { StatusFilter } from './filter.ts';

/** Somebody whose pings stop is seen to be gone within this time. */
const LATEST_MS = 2_000;
/** The counts of the house are the same for every filter. */
const COUNTS_FRESH_MS = 100;

export type StatusFeed = LiveFeed<StatusFilter>;

/** The reservations that a filter lets through, newest first, and the house as a whole. */
export function createStatusFeed({
  db,
  clock,
  pingTimeoutMs,
  caughtUp,
  pulse,
  recheck,
  log,
}: {
  db: Database;
  caughtUp: Pick<CaughtUp, 'onChange'>;
  clock: () => Instant;
  pingTimeoutMs: number;
  pulse: Pulse;
  recheck: Recheck;
  log: Logger;
}): StatusFeed {
  const counts = shared(() => houseNow(db, { now: clock(), pingTimeoutMs }), { freshMs: COUNTS_FRESH_MS });
  return createLiveFeed({
    look: async ({ rows: limit, ...filter }: StatusFilter) => {
      const [reservations, facts] = await Promise.all([listStatus(db, { limit, ...filter }), counts('now')]);
      return { facts, lists: { reservations } };
    },
    onChange: caughtUp.onChange,
    latestMs: LATEST_MS,
    clock,
    pulse,
    recheck,
    log,
  });
}
