import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import type { Logger } from 'pino';
import { isUnavailable } from '../../postgres/pool.ts';
import type { Batch, SubscribeOptions } from '../port.ts';
import { fromPosition } from './position.ts';
import { COLUMNS, type EventRow, toEvent } from './rows.ts';

/** Looks for itself this often even if nobody calls: a notification may be lost. */
const FALLBACK_MS = 1_000;
const LONGEST_PAUSE_MS = 2_000;

/** Tells those who wait that the log may have grown. */
export type Tail = {
  readonly grew: () => void;
  /** Resolves when the log grew since `seen` was taken, or after a while, or when `signal` aborts. */
  readonly growth: (seen: number, signal: AbortSignal) => Promise<void>;
  readonly seen: () => number;
};

export function createTail(): Tail {
  let count = 0;
  const waiting = new Set<() => void>();
  return {
    grew: () => {
      count++;
      for (const wake of [...waiting]) wake();
    },
    growth: (seen, signal) =>
      new Promise((resolve) => {
        if (count !== seen || signal.aborted) {
          resolve();
          return;
        }
        const done = (): void => {
          waiting.delete(done);
          clearTimeout(timer);
          signal.removeEventListener('abort', done);
          resolve();
        };
        const timer = setTimeout(done, FALLBACK_MS);
        signal.addEventListener('abort', done);
        waiting.add(done);
      }),
    seen: () => count,
  };
}

/**
 * Follows the log from a position: a plain scan by position needs no care for gaps, since positions become visible
 * in order. A database that is away is waited for.
 */
export async function* follow(
  pool: Pick<pg.Pool, 'query'>,
  tail: Tail,
  { after, batchSize = 1_000, signal }: SubscribeOptions,
  log: Logger,
): AsyncGenerator<Batch> {
  let position = after;
  let pause = 50;
  while (!signal.aborted) {
    const seen = tail.seen();
    let rows: EventRow[];
    try {
      ({ rows } = await pool.query<EventRow>({
        name: 'event_store.follow',
        text: `select ${COLUMNS} from event_store.events e where e.position > $1 order by e.position limit $2`,
        values: [fromPosition(position), batchSize],
      }));
      pause = 50;
    } catch (error) {
      if (!isUnavailable(error)) throw error;
      log.warn({ err: error }, 'the log cannot be reached; waiting for it');
      pause = Math.min(LONGEST_PAUSE_MS, pause * 2);
      await sleep(pause, undefined, { signal }).catch(() => {});
      continue;
    }
    const events = rows.map(toEvent);
    const last = events.at(-1);
    if (last === undefined) {
      await tail.growth(seen, signal);
    } else {
      yield { events, caughtUp: events.length < batchSize };
      position = last.position;
    }
  }
}
