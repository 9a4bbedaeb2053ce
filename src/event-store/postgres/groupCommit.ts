import type pg from 'pg';
import type { Logger } from 'pino';
import { isUnavailable } from '../../postgres/pool.ts';
import { type AppendResult, StoreUnavailable } from '../port.ts';
import { type AppendRequest, appendBatch } from './append.ts';
import { findStored } from './duplicates.ts';

/** Most events in one statement, and most requests that may wait for one. */
const BATCH_EVENTS = 2_000;
const MOST_WAITING = 20_000;
/** A batch whose outcome is unknown is sent again, with the same ids, this often. */
const SENDS = 3;

type Pending = {
  readonly request: AppendRequest;
  readonly size: number;
  readonly resolve: (result: AppendResult) => void;
  readonly reject: (error: unknown) => void;
};

const UNIQUE_VIOLATION = '23505';
const isDuplicateId = (error: unknown): boolean =>
  error instanceof Error &&
  'code' in error &&
  error.code === UNIQUE_VIOLATION &&
  'constraint' in error &&
  error.constraint === 'one_event_an_id';

export type GroupCommit = {
  readonly append: (request: AppendRequest) => Promise<AppendResult>;
  /** Resolves when everything that waits has its answer. */
  readonly drain: () => Promise<void>;
};

/**
 * Group commit: while one statement is under way the next appends gather, so that a flush is shared by as many as
 * are waiting for it. A stream occurs once in a batch; who else writes to it waits for the next one.
 */
export function createGroupCommit(
  pool: Pick<pg.Pool, 'query'>,
  { log, onAppended }: { log: Logger; onAppended: () => void },
): GroupCommit {
  let waiting: Pending[] = [];
  let waitingRequests = 0;
  let working: Promise<void> | null = null;

  const work = async (): Promise<void> => {
    // Whoever calls in the same turn of the event loop still gets a seat in the first batch.
    await null;
    while (waiting.length > 0) {
      const { batch, rest } = nextBatch(waiting);
      waiting = rest;
      waitingRequests = rest.length;
      await store(pool, batch, log);
      onAppended();
    }
    working = null;
  };

  return {
    append: (request) =>
      new Promise((resolve, reject) => {
        if (waitingRequests >= MOST_WAITING) {
          reject(new StoreUnavailable(`more than ${MOST_WAITING} appends wait for the log`));
          return;
        }
        const size = request.reduce((sum, { events }) => sum + events.length, 0);
        waiting.push({ request, size, resolve, reject });
        waitingRequests++;
        working ??= work();
      }),
    drain: async () => {
      while (working !== null) await working;
    },
  };
}

/** As many as fit, each stream once; order among the appends to one stream is kept. */
function nextBatch(waiting: readonly Pending[]): { batch: Pending[]; rest: Pending[] } {
  const batch: Pending[] = [];
  const rest: Pending[] = [];
  const taken = new Set<string>();
  let events = 0;
  for (const pending of waiting) {
    const fits = batch.length === 0 || events + pending.size <= BATCH_EVENTS;
    const free = pending.request.every(({ stream }) => !taken.has(stream));
    for (const { stream } of pending.request) taken.add(stream);
    if (fits && free) {
      batch.push(pending);
      events += pending.size;
    } else {
      rest.push(pending);
    }
  }
  return { batch, rest };
}

/** Gives every request of a batch its answer; never throws. */
async function store(pool: Pick<pg.Pool, 'query'>, batch: readonly Pending[], log: Logger): Promise<void> {
  try {
    const results = await send(
      pool,
      batch.map(({ request }) => request),
      log,
    );
    const conflicts = batch.filter((_, index) => results[index]?.type === 'conflict');
    // A conflict may be our own append of before, sent again: then it answers as it did the first time.
    const stored =
      conflicts.length === 0
        ? new Map()
        : await findStored(
            pool,
            conflicts.map(({ request }) => request),
          );
    batch.forEach(({ request, resolve, reject }, index) => {
      const result = stored.get(request) ?? results[index];
      if (result instanceof Error) reject(result);
      else if (result === undefined) reject(new Error('an append got no outcome'));
      else resolve(result);
    });
  } catch (error) {
    if (isUnavailable(error)) {
      for (const { reject } of batch) reject(new StoreUnavailable('the log cannot be reached', { cause: error }));
    } else if (batch.length > 1) {
      // One bad request must not fail the others: each by itself.
      for (const one of batch) await store(pool, [one], log);
    } else if (isDuplicateId(error)) {
      await answerDuplicate(pool, batch, error);
    } else {
      for (const { reject } of batch) reject(error);
    }
  }
}

/** Sends a batch, again if the connection broke on the way: ids make that safe. */
async function send(
  pool: Pick<pg.Pool, 'query'>,
  requests: readonly AppendRequest[],
  log: Logger,
): Promise<readonly AppendResult[]> {
  for (let sends = 1; ; sends++) {
    try {
      return await appendBatch(pool, requests);
    } catch (error) {
      if (!isUnavailable(error) || sends === SENDS) throw error;
      log.warn({ err: error, sends }, 'an append did not get through; sending it again');
    }
  }
}

/** The ids are in the log although the stream stands as expected (or nothing was expected). */
async function answerDuplicate(pool: Pick<pg.Pool, 'query'>, batch: readonly Pending[], cause: unknown): Promise<void> {
  for (const { request, resolve, reject } of batch) {
    try {
      const stored = (await findStored(pool, [request])).get(request);
      if (stored === undefined || stored instanceof Error) reject(stored ?? cause);
      else resolve(stored);
    } catch (error) {
      reject(error);
    }
  }
}
