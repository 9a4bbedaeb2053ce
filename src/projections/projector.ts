import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { type EventStore, type Position, type RecordedEvent, StoreUnavailable } from '../event-store/port.ts';
import { type Database, inTransaction, isUnavailable } from '../postgres/pool.ts';
import { announcementOf } from './announcement.ts';
import { advance, type Checkpoints, changedProjections, earliest, freeCheckpoints } from './checkpoints.ts';
import { type Projection, shareOut } from './projection.ts';
import { readAhead } from './readAhead.ts';
import { rebuild } from './rebuild.ts';
import { setUpReadModels } from './setUp.ts';

type Running = {
  readonly store: EventStore;
  readonly db: Database;
  readonly projections: readonly Projection[];
  readonly signal: AbortSignal;
  readonly log: Logger;
  /** Most events in one transaction. */
  readonly batchSize?: number;
  /** After each commit. */
  readonly onBatch?: (batch: { events: number; position: Position }) => void;
};

/** While somebody rebuilds a read model, this often the projector looks whether it may take it up again. */
const LOOK_AGAIN_MS = 500;
const LONGEST_PAUSE_MS = 5_000;

/**
 * Brings the read models up to date and keeps them so until `signal` aborts; the caller holds the lease. Per batch
 * of events one transaction: checkpoints and tables move together, so every event counts once, whoever crashes.
 * What fails is tried again with backoff and for ever: an event that cannot be applied stops the read models
 * there and is named in the log; it is never passed over.
 */
export async function runProjector(running: Running): Promise<void> {
  const { signal, log } = running;
  let failures = 0;
  while (!signal.aborted) {
    try {
      await follow(running, () => {
        failures = 0;
      });
    } catch (error) {
      if (signal.aborted) return;
      failures++;
      if (error instanceof CannotApply) log.error({ err: error, ...error.event }, error.message);
      else if (isPassing(error)) log.warn({ err: error }, 'the projector was interrupted; trying again');
      else log.error({ err: error }, 'the read models stand still: the projector failed; trying again');
      const pause = Math.min(LONGEST_PAUSE_MS, 50 * 2 ** failures) * (0.5 + Math.random() / 2);
      await sleep(pause, undefined, { signal }).catch(() => {});
    }
  }
}

const isPassing = (error: unknown): boolean => error instanceof StoreUnavailable || isUnavailable(error);

/** Returns when the checkpoints have to be looked at anew. */
async function follow(running: Running, onProgress: () => void): Promise<void> {
  const { store, db, projections, signal, log, batchSize = 1000, onBatch } = running;
  await setUpReadModels({ db, projections });
  const names = await changedProjections(db, projections);
  if (names.length > 0) {
    log.info({ projections: names }, 'read models of another version: rebuilding them');
    await rebuild({ store, db, projections, names, log, signal });
  }

  let checkpoints = await freeCheckpoints(db, projections);
  const left = projections.filter(({ name }) => !checkpoints.has(name)).map(({ name }) => name);
  if (left.length > 0) log.debug({ projections: left }, 'somebody rebuilds read models: going on without them');
  if (checkpoints.size === 0) return void (await sleep(LOOK_AGAIN_MS, undefined, { signal }));

  // A timer of our own: the signal of AbortSignal.timeout, held by AbortSignal.any alone, may be collected unfired.
  const looking = new AbortController();
  const lookAnew = (): void => looking.abort();
  const timer = left.length === 0 ? undefined : setTimeout(lookAnew, LOOK_AGAIN_MS);
  signal.addEventListener('abort', lookAnew);
  if (signal.aborted) lookAnew();
  try {
    for await (const { events } of readAhead(store, {
      after: earliest(checkpoints),
      batchSize,
      signal: looking.signal,
    })) {
      const moved = await projectOrName(db, projections, checkpoints, events);
      if (moved === null) return log.info('a checkpoint was moved or is held by somebody else: looking anew');
      checkpoints = moved;
      onProgress();
      onBatch?.({ events: events.length, position: earliest(checkpoints) });
    }
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', lookAnew);
  }
}

/** A batch that fails is taken event by event, so that all before the culprit count and the culprit has a name. */
async function projectOrName(
  db: Database,
  projections: readonly Projection[],
  checkpoints: Checkpoints,
  events: readonly RecordedEvent[],
): Promise<Checkpoints | null> {
  try {
    return await project(db, projections, checkpoints, events);
  } catch (error) {
    if (!(error instanceof CannotApply) || events.length === 1) throw error;
    let moved: Checkpoints | null = checkpoints;
    for (const event of events) {
      if (moved === null) return null;
      moved = await project(db, projections, moved, [event]);
    }
    return moved;
  }
}

/** One transaction. Null: the checkpoints are not where we left them, and nothing was changed. */
export async function project(
  db: Database,
  projections: readonly Projection[],
  checkpoints: Checkpoints,
  events: readonly RecordedEvent[],
): Promise<Checkpoints | null> {
  const last = events.at(-1);
  if (last === undefined) return checkpoints;
  const moved = new Map(checkpoints);
  for (const [name, position] of checkpoints) if (position < last.position) moved.set(name, last.position);
  return inTransaction(db, async (tx) => {
    if (!(await advance(tx, checkpoints, moved, projections, announcementOf(events, earliest(moved))))) return null;
    for (const [projection, [first, ...rest]] of shareOut(projections, events, checkpoints)) {
      if (first === undefined) continue;
      try {
        await projection.apply(tx, [first, ...rest]);
      } catch (error) {
        if (isUnavailable(error)) throw error;
        throw new CannotApply(projection.name, first, error);
      }
    }
    return moved;
  });
}

/** A projection and an event do not fit: a defect, in the event or in the code. */
class CannotApply extends Error {
  override readonly name = 'CannotApply';
  readonly event: { readonly projection: string; readonly position: Position; readonly type: string };
  constructor(projection: string, { position, type }: RecordedEvent, cause: unknown) {
    super(`the read models stand still: ${type} at position ${position} cannot be applied to ${projection}`, { cause });
    this.event = { projection, position, type };
  }
}
