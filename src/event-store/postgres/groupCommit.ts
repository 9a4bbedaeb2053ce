import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import type { Logger } from 'pino';
import { isUnavailable } from '../../postgres/pool.ts';
import { type AppendResult, type Position, StoreUnavailable } from '../port.ts';
import { type AppendRequest, appendBatch } from './append.ts';
import { findStored } from './duplicates.ts';

/** Most events in one statement, and most requests that may wait for one. */
const BATCH_EVENTS = 2_000;
const MOST_WAITING = 20_000;
/** How far a batch looks for requests whose streams are free, when many wait for the same stream. */
const LOOK_AHEAD = 4 * BATCH_EVENTS;
/** A batch whose outcome is unknown is sent again, with the same ids, this often. */
const SENDS = 3;
const PAUSE_MS = 20;

type Pending = {
  readonly request: AppendRequest;
  readonly size: number;
  readonly resolve: (result: AppendResult) => void;
  readonly reject: (error: unknown) => void;
};

type Queries = Pick<pg.Pool, 'query'>;

const UNIQUE_VIOLATION = '23505';
const isDuplicateId = (error: Error): boolean =>
  'code' in error && error.code === UNIQUE_VIOLATION && 'constraint' in error && error.constraint === 'one_event_an_id';

const unavailable = (cause: unknown): StoreUnavailable => new StoreUnavailable('the log cannot be reached', { cause });

export type GroupCommit = {
  readonly append: (request: AppendRequest) => Promise<AppendResult>;
  /** Takes no more, and resolves when everything that waits has its answer. */
  readonly close: () => Promise<void>;
  /** Appends that no batch has taken yet. */
  readonly waiting: () => number;
};

/** One statement that stored something: how many appends shared it, their events, and how long it took. */
export type StoredBatch = { readonly appends: number; readonly events: number; readonly seconds: number };

type GroupCommitOptions = {
  readonly log: Logger;
  readonly onAppended: (head: Position) => void;
  readonly onBatch?: ((batch: StoredBatch) => void) | undefined;
};

/**
 * Group commit: while one statement is under way the next appends gather, so that a flush is shared by as many as
 * are waiting for it. A stream occurs once in a batch; who else writes to it waits for the next one.
 * `onAppended` hears how far the log reaches after each batch, `onBatch` what the batch was.
 */
export function createGroupCommit(pool: Queries, { log, onAppended, onBatch }: GroupCommitOptions): GroupCommit {
  let waiting: Pending[] = [];
  let working: Promise<void> | null = null;
  let isClosed = false;

  const work = async (): Promise<void> => {
    // Whoever calls in the same turn of the event loop still gets a seat in the first batch.
    await null;
    while (waiting.length > 0) {
      const { batch, rest } = nextBatch(waiting);
      waiting = rest;
      await settle({ pool, log, onAppended, onBatch }, batch);
    }
    working = null;
  };

  return {
    append: (request) =>
      new Promise((resolve, reject) => {
        if (isClosed || waiting.length >= MOST_WAITING) {
          reject(new StoreUnavailable(isClosed ? 'the log is closed' : `${MOST_WAITING} appends wait for the log`));
          return;
        }
        const size = request.reduce((sum, { events }) => sum + events.length, 0);
        waiting.push({ request, size, resolve, reject });
        working ??= work();
      }),
    waiting: () => waiting.length,
    close: async () => {
      isClosed = true;
      while (working !== null) await working;
    },
  };
}

/** As many as fit, each stream once; order among the appends to one stream is kept. */
function nextBatch(waiting: readonly Pending[]): { batch: Pending[]; rest: Pending[] } {
  const batch: Pending[] = [];
  const skipped: Pending[] = [];
  const taken = new Set<string>();
  let events = 0;
  let looked = 0;
  for (const pending of waiting) {
    if (looked === LOOK_AHEAD || (batch.length > 0 && events + pending.size > BATCH_EVENTS)) break;
    looked++;
    const isFree = pending.request.every(({ stream }) => !taken.has(stream));
    for (const { stream } of pending.request) taken.add(stream);
    if (isFree) {
      batch.push(pending);
      events += pending.size;
    } else {
      skipped.push(pending);
    }
  }
  return { batch, rest: skipped.concat(waiting.slice(looked)) };
}

type Settling = GroupCommitOptions & { readonly pool: Queries };

/** Gives every request of a batch its answer; never throws. */
async function settle(settling: Settling, batch: readonly Pending[]): Promise<void> {
  const started = performance.now();
  let results: readonly AppendResult[];
  try {
    const requests = batch.map(({ request }) => request);
    results = await send(settling, requests);
  } catch (error) {
    await settleFailed(settling, batch, error);
    return;
  }
  const seconds = (performance.now() - started) / 1000;
  const refused: { pending: Pending; conflict: AppendResult }[] = [];
  let head: Position | undefined;
  let events = 0;
  batch.forEach((pending, index) => {
    const result = results[index];
    if (result?.type === 'appended') {
      head = result.position;
      events += pending.size;
      pending.resolve(result);
    } else if (result?.type === 'conflict') refused.push({ pending, conflict: result });
    else pending.reject(new Error('an append got no outcome'));
  });
  if (head !== undefined) {
    settling.onAppended(head);
    settling.onBatch?.({ appends: batch.length - refused.length, events, seconds });
  }
  // A conflict may be our own append of before, sent again: then it answers as it did the first time.
  await answerFromLog(settling.pool, refused);
}

async function settleFailed(settling: Settling, batch: readonly Pending[], error: unknown): Promise<void> {
  const [only, second] = batch;
  if (isUnavailable(error)) {
    for (const { reject } of batch) reject(unavailable(error));
  } else if (second !== undefined) {
    // One bad request must not fail the others: by halves, until it is alone.
    const half = Math.ceil(batch.length / 2);
    await settle(settling, batch.slice(0, half));
    await settle(settling, batch.slice(half));
  } else if (only !== undefined && error instanceof Error && isDuplicateId(error)) {
    await answerFromLog(settling.pool, [{ pending: only, conflict: error }]);
  } else {
    only?.reject(error);
  }
}

/** Answers appends that are in the log already as the first time, the others with the conflict they met. */
async function answerFromLog(
  pool: Queries,
  refused: readonly { pending: Pending; conflict: AppendResult | Error }[],
): Promise<void> {
  if (refused.length === 0) return;
  try {
    const requests = refused.map(({ pending }) => pending.request);
    const stored = await findStored(pool, requests);
    for (const { pending, conflict } of refused) {
      const answer = stored.get(pending.request) ?? conflict;
      if (answer instanceof Error) pending.reject(answer);
      else pending.resolve(answer);
    }
  } catch (error) {
    for (const { pending } of refused) pending.reject(isUnavailable(error) ? unavailable(error) : error);
  }
}

/** Sends a batch, again if the connection broke on the way: ids make that safe. Who has waited long does not again. */
async function send({ pool, log }: Settling, requests: readonly AppendRequest[]): Promise<readonly AppendResult[]> {
  for (let sends = 1; ; sends++) {
    try {
      return await appendBatch(pool, requests);
    } catch (error) {
      const hasWaited = error instanceof Error && /timeout/i.test(error.message);
      if (!isUnavailable(error) || hasWaited || sends === SENDS) throw error;
      log.warn({ err: error, sends }, 'an append did not get through; sending it again');
      await sleep(PAUSE_MS * sends);
    }
  }
}
