import type { Logger } from 'pino';
import type { Instant } from '../../../domain/ids.ts';
import type { Database } from '../../../postgres/pool.ts';
import type { CaughtUp } from '../../../projections/caughtUp.ts';
import { houseNow } from '../../../projections/houseNow.ts';
import { COUNTED_UP_TO, countStatus, listStatus } from '../../../projections/statusList.ts';
import type { Recheck } from '../../access/recheck.ts';
import { createLiveFeed, type LiveFeed } from '../live/feed.ts';
import type { Pulse } from '../live/pulse.ts';
import { shared } from '../live/shared.ts';
import type { AskedStatus } from './filter.ts';

/** Somebody whose pings stop is seen to be gone within this time. */
const LATEST_MS = 2_000;
/** The counts of the house are the same for every filter. */
const COUNTS_FRESH_MS = 100;

export type StatusFeed = LiveFeed<AskedStatus>;

/** A page of the reservations that a filter lets through, what needs somebody first, and the house as a whole. */
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
    look: async ({ rows: limit, page, ...filter }: AskedStatus) => {
      // No further than is counted: what comes after that has a page of its own, by `before`.
      const from = Math.min((page - 1) * limit, COUNTED_UP_TO);
      const [reservations, matching, house] = await Promise.all([
        listStatus(db, { ...filter, limit, from, now: clock(), pingTimeoutMs }),
        countStatus(db, filter),
        counts('now'),
      ]);
      return { facts: { ...house, matching, countedUpTo: COUNTED_UP_TO }, lists: { reservations } };
    },
    onChange: caughtUp.onChange,
    latestMs: LATEST_MS,
    clock,
    pulse,
    recheck,
    log,
  });
}
