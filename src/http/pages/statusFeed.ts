import type { ServerResponse } from 'node:http';
import type { Logger } from 'pino';
import type { Instant } from '../../domain/ids.ts';
import type { Database } from '../../postgres/pool.ts';
import type { CaughtUp } from '../../projections/caughtUp.ts';
import { listReservations, type ReservationListing } from '../../projections/reservationList.ts';
import { countWaiting } from '../../projections/waitingPool.ts';
import { STREAM_HEADERS } from '../worker/streams.ts';
import type { StatusFilter } from './statusFilter.ts';

/** A page hears of changes this often at most; and of those that time alone brings (a missed ping) this often. */
const SOONEST_MS = 250;
const LATEST_MS = 2_000;
const MOST_ROWS = 100;
/** A page that does not read is let go before it fills our memory. */
const MOST_UNREAD_BYTES = 1 << 20;

/** A reservation as the status page draws it. Times in milliseconds since 1970. */
export type StatusRow = {
  readonly id: string;
  readonly foreignId: string;
  readonly protoHitId: string;
  readonly title: string;
  readonly sandbox: boolean;
  readonly phase: ReservationListing['phase'];
  readonly expectedAt: Instant;
  readonly invokedAt: Instant | null;
  readonly waiting: number;
  readonly dispatched: number;
  readonly responded: number;
  readonly asked: number;
};

export type StatusNow = { readonly waiting: number; readonly rows: readonly StatusRow[] };

type FeedDependencies = {
  readonly db: Database;
  readonly caughtUp: Pick<CaughtUp, 'onAssignments'>;
  readonly clock: () => Instant;
  readonly pingTimeoutMs: number;
  readonly log: Logger;
};

/** The reservations that a filter lets through, newest first, and how many people wait in all. */
export async function statusNow(
  { db, clock, pingTimeoutMs }: Omit<FeedDependencies, 'caughtUp' | 'log'>,
  filter: StatusFilter,
): Promise<StatusNow> {
  const presence = { now: clock(), pingTimeoutMs };
  const [listed, pools] = await Promise.all([
    listReservations(db, { limit: MOST_ROWS, ...filter, ...presence }),
    countWaiting(db, presence),
  ]);
  return { waiting: pools.reduce((sum, { waiting }) => sum + waiting, 0), rows: listed.map(shown) };
}

const shown = (one: ReservationListing): StatusRow => ({
  id: one.reservationId,
  foreignId: one.foreignId,
  protoHitId: one.protoHitId,
  title: one.protoHit.fields.title,
  sandbox: one.protoHit.sandbox,
  phase: one.phase,
  expectedAt: one.expectedAt,
  invokedAt: one.invokedAt,
  waiting: one.waiting,
  dispatched: one.dispatched,
  responded: one.responded,
  asked: one.numAssignments,
});

/** Streams to status pages: what a filter lets through, whenever it changed, and not more often than a page can draw. */
export function createStatusFeed(deps: FeedDependencies) {
  const open = new Set<ServerResponse>();
  return {
    open: (response: ServerResponse, filter: StatusFilter): void => {
      let last = '';
      let isDue = true;
      let timer: NodeJS.Timeout | undefined;
      let isLooking = false;
      const look = async (): Promise<void> => {
        if (isLooking || response.destroyed) return;
        isLooking = true;
        isDue = false;
        clearTimeout(timer);
        try {
          const data = JSON.stringify(await statusNow(deps, filter));
          if (response.writableLength > MOST_UNREAD_BYTES) response.destroy();
          else if (data !== last) response.write(`event: now\ndata: ${data}\n\n`);
          else response.write(':\n\n');
          last = data;
        } catch (error) {
          deps.log.debug({ err: error }, 'the status could not be read; looking again');
        }
        timer = setTimeout(() => {
          isLooking = false;
          if (isDue) void look();
          else timer = setTimeout(() => void look(), LATEST_MS - SOONEST_MS);
        }, SOONEST_MS);
      };
      const stop = deps.caughtUp.onAssignments(() => {
        isDue = true;
        void look();
      });
      open.add(response);
      response.once('close', () => {
        stop();
        clearTimeout(timer);
        open.delete(response);
      });
      response.writeHead(200, { ...STREAM_HEADERS, 'Access-Control-Allow-Origin': 'null' });
      response.write('retry: 1000\n\n');
      void look();
    },
    size: () => open.size,
    close: () => {
      for (const response of open) response.end();
    },
  };
}
