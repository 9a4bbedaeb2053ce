import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import type { Logger } from 'pino';
import { isUnavailable } from '../../postgres/pool.ts';
import { decodeInOrder } from '../codec.ts';
import { type Batch, BEGINNING, type Position, type SubscribeOptions } from '../port.ts';
import { fromPosition } from './position.ts';
import { COLUMNS, type EventRow, PATIENCE, toStored } from './rows.ts';

/** Looks for itself this often even if nobody calls: a notification may be lost. */
const FALLBACK_MS = 1_000;
const LONGEST_PAUSE_MS = 2_000;

/** How far the log reaches, as far as this node has heard. */
export type Tail = {
  /** The log reaches at least to here: by an append of our own, or a notification. */
  readonly reaches: (head: Position) => void;
  /** Something may have been missed: everybody looks. */
  readonly lookAgain: () => void;
  /** What is known now: take it before looking. */
  readonly known: () => Known;
  /** Resolves when more is known than that and than `after`, or after a while, or when `signal` aborts. */
  readonly growth: (known: Known, after: Position, signal: AbortSignal) => Promise<void>;
};

type Known = { readonly head: Position; readonly looks: number };

export function createTail(): Tail {
  let head = BEGINNING;
  let looks = 0;
  const waiting = new Set<() => void>();
  const wakeAll = (): void => {
    for (const wake of [...waiting]) wake();
  };
  return {
    reaches: (position) => {
      // A batch of our own is heard of twice: by its answer and by its notification.
      if (position <= head) return;
      head = position;
      wakeAll();
    },
    lookAgain: () => {
      looks++;
      wakeAll();
    },
    known: () => ({ head, looks }),
    growth: (known, after, signal) =>
      new Promise((resolve) => {
        const hasGrown = head > known.head && head > after;
        if (hasGrown || looks !== known.looks || signal.aborted) {
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
    const known = tail.known();
    let rows: EventRow[];
    try {
      ({ rows } = await pool.query<EventRow>({
        name: 'event_store.follow',
        text: `select ${COLUMNS} from event_store.events e where e.position > $1 order by e.position limit $2`,
        // One more than a batch tells whether it is the last.
        values: [fromPosition(position), batchSize + 1],
        ...PATIENCE,
      }));
      pause = 50;
    } catch (error) {
      if (!isUnavailable(error)) throw error;
      log.warn({ err: error }, 'the log cannot be reached; waiting for it');
      pause = Math.min(LONGEST_PAUSE_MS, pause * 2);
      await sleep(pause, undefined, { signal }).catch(() => {});
      continue;
    }
    if (signal.aborted) return;
    const { events, unreadable } = decodeInOrder(rows.slice(0, batchSize).map(toStored));
    const caughtUp = rows.length <= batchSize;
    position = events.at(-1)?.position ?? position;
    if (events.length > 0) yield { events, caughtUp: caughtUp && unreadable === null };
    if (unreadable !== null) throw unreadable;
    if (caughtUp) await tail.growth(known, position, signal);
  }
}
