import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { UnreadableEvent } from '../event-store/codec.ts';
import { type EventStore, type Position, type RecordedEvent, StoreUnavailable } from '../event-store/port.ts';
import { pipelined } from '../postgres/pipelined.ts';
import { type Database, inTransaction, isUnavailable } from '../postgres/pool.ts';
import { announcementOf } from './announcement.ts';
import { CannotApply, changesBy, upToTheCulprit, write } from './apply.ts';
import { advance, type Checkpoints, earliest, movedTo, runningCheckpoints } from './checkpoints.ts';
import { dropOldVersions } from './oldVersions.ts';
import type { Projection, Skipped } from './projection.ts';
import { readAhead } from './readAhead.ts';
import { setUpReadModels } from './setUp.ts';
import { retry, type Stop, skippedEvents, stopAt } from './stopped.ts';

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

/** While a projection stands still, this often the projector looks whether it may take it up again. */
const LOOK_AGAIN_MS = 500;
const LONGEST_PAUSE_MS = 5_000;
/** Few transactions while there is much to catch up with; live batches are as small as what happened. */
const BATCH_SIZE = 2_000;

/**
 * Brings the read models up to date and keeps them so until `signal` aborts; the caller holds the lease. Per batch
 * of events one transaction: checkpoints and tables move together, so every event counts once, whoever crashes. A
 * projection that meets an event it cannot apply stands still there, alone, until somebody says retry or skip, or a
 * projector starts anew, perhaps with code that can. Everything else that fails is tried again with backoff and for
 * ever.
 */
export async function runProjector(running: Running): Promise<void> {
  const { signal, log, db, projections } = running;
  let failures = 0;
  let isFirst = true;
  while (!signal.aborted) {
    try {
      await setUpReadModels({ db, projections });
      if (isFirst) {
        await retry(db, projections);
        const dropped = await dropOldVersions(db, projections);
        if (dropped.length > 0) log.info({ dropped }, 'dropped the tables of older versions');
      }
      isFirst = false;
      await follow(running, () => {
        failures = 0;
      });
    } catch (error) {
      if (signal.aborted) return;
      failures++;
      if (isPassing(error)) log.warn({ err: error }, 'the projector was interrupted; trying again');
      else log.error({ err: error }, 'the read models stand still: the projector failed; trying again');
      const pause = Math.min(LONGEST_PAUSE_MS, 50 * 2 ** failures) * (0.5 + Math.random() / 2);
      await sleep(pause, undefined, { signal }).catch(() => {});
    }
  }
}

const isPassing = (error: unknown): boolean => error instanceof StoreUnavailable || isUnavailable(error);

/** Returns when the checkpoints have to be looked at anew. */
async function follow(running: Running, onProgress: () => void): Promise<void> {
  const { store, db, projections, signal, log, batchSize = BATCH_SIZE, onBatch } = running;
  const [found, skipped] = await Promise.all([runningCheckpoints(db, projections), skippedEvents(db, projections)]);
  let checkpoints = found;
  const looking = new AbortController();
  const lookAnew = (): void => looking.abort();
  // A timer of our own: the signal of AbortSignal.timeout, held by AbortSignal.any alone, may be collected unfired.
  const timer = checkpoints.size < projections.length ? setInterval(() => void look(), LOOK_AGAIN_MS) : undefined;
  const look = async (): Promise<void> => {
    const now = await runningCheckpoints(db, projections).catch(() => found);
    if (now.size > checkpoints.size) lookAnew();
  };
  signal.addEventListener('abort', lookAnew);
  if (signal.aborted) lookAnew();
  try {
    if (checkpoints.size === 0) return await aborted(looking.signal);
    const reading = { after: earliest(checkpoints), batchSize, signal: looking.signal };
    for await (const { events } of readAhead(store, reading)) {
      const moved = await projectOrStop({ db, projections, skipped, log }, checkpoints, events);
      if (moved === null) return log.info('a checkpoint was moved by somebody else: looking anew');
      onProgress();
      if (moved.size < checkpoints.size) return;
      checkpoints = moved;
      onBatch?.({ events: events.length, position: earliest(checkpoints) });
    }
  } catch (error) {
    if (!(error instanceof UnreadableEvent)) throw error;
    await passUnreadable({ db, projections, skipped, log }, checkpoints, error);
  } finally {
    clearInterval(timer);
    signal.removeEventListener('abort', lookAnew);
  }
}

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });

type Projecting = {
  readonly db: Database;
  readonly projections: readonly Projection[];
  readonly skipped?: Skipped;
};

/** One transaction, two round trips. Null: the checkpoints are not where we left them, and nothing was changed. */
export async function project(
  { db, projections, skipped }: Projecting,
  checkpoints: Checkpoints,
  events: readonly RecordedEvent[],
): Promise<Checkpoints | null> {
  const last = events.at(-1);
  if (last === undefined) return checkpoints;
  const moved = movedTo(checkpoints, last.position);
  const own = projections.filter(({ name }) => checkpoints.has(name));
  const announcement = announcementOf(own, earliest(moved), events);
  return inTransaction(db, async (tx, commit) => {
    const [isOurs, changes] = await pipelined([
      advance(tx, own, { from: checkpoints, past: last, announcement }),
      changesBy(tx, own, events, { after: checkpoints, skipped }),
    ]);
    if (!isOurs) return null;
    await write(tx, changes, commit);
    return moved;
  });
}

/**
 * As `project`; but a projection that cannot apply an event gets everything before it and stands still there, missing
 * from the checkpoints that are answered, while the others get the whole batch.
 */
async function projectOrStop(
  projecting: Projecting & { readonly log: Logger },
  checkpoints: Checkpoints,
  events: readonly RecordedEvent[],
): Promise<Checkpoints | null> {
  try {
    return await project(projecting, checkpoints, events);
  } catch (error) {
    if (!(error instanceof CannotApply)) throw error;
    const { projection } = error;
    const others = new Map([...checkpoints].filter(([name]) => name !== projection.name));
    const alone = await projectAlone(projecting, projection, checkpoints, events);
    if (alone === 'moved by somebody else') return null;
    const rest = await projectOrStop(projecting, others, events);
    return rest && (alone === 'stopped' ? rest : new Map([...rest, ...alone]));
  }
}

async function projectAlone(
  projecting: Projecting & { readonly log: Logger },
  projection: Projection,
  checkpoints: Checkpoints,
  events: readonly RecordedEvent[],
): Promise<Checkpoints | 'stopped' | 'moved by somebody else'> {
  let own: Checkpoints | null = new Map([...checkpoints].filter(([name]) => name === projection.name));
  try {
    await upToTheCulprit(events, async (part) => {
      own = own && (await project({ ...projecting, projections: [projection] }, own, part));
    });
    return own ?? 'moved by somebody else';
  } catch (error) {
    if (!(error instanceof CannotApply)) throw error;
    await stop(projecting, [projection], { ...error.event, error: error.message });
    return 'stopped';
  }
}

/** Projections that take an event's type stand still before it if it cannot be understood; the others pass over it. */
async function passUnreadable(
  projecting: Projecting & { readonly log: Logger },
  checkpoints: Checkpoints,
  { stored, message }: UnreadableEvent,
): Promise<void> {
  const { db, projections, skipped } = projecting;
  const { position, type } = stored;
  const takes = ({ name, events }: Projection): boolean =>
    events.some((taken) => taken === type) && !skipped?.get(name)?.has(position);
  const running = projections.filter(({ name }) => (checkpoints.get(name) ?? position) < position);
  await stop(projecting, running.filter(takes), { position, type, error: message });
  const others = running.filter((projection) => !takes(projection));
  const from = new Map([...checkpoints].filter(([name]) => others.some((other) => other.name === name)));
  await inTransaction(db, (tx) =>
    advance(tx, others, { from, past: stored, announcement: announcementOf(others, position, []) }),
  );
}

async function stop(
  { db, log }: Projecting & { readonly log: Logger },
  projections: readonly Projection[],
  { position, type, error }: Stop,
): Promise<void> {
  if (projections.length === 0) return;
  await stopAt(db, projections, { position, type, error });
  const names = projections.map(({ name }) => name);
  log.error({ projections: names, position, type }, `${names.join(', ')} stands still: ${error}`);
}
