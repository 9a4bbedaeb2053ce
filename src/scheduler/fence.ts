import { v7 as uuidv7 } from 'uuid';
import { type NewEvent, streamOf } from '../domain/event.ts';
import { EventId, type Instant } from '../domain/ids.ts';
import type { SchedulerEvent } from '../domain/scheduler.ts';
import { type AppendResult, END, type EventStore, StoreUnavailable, type StreamWrite } from '../event-store/port.ts';

/** Another node was elected: what this one decided is void. */
export class Deposed extends Error {
  override readonly name = 'Deposed';
}

export type Fence = {
  /**
   * The log, whose appends are refused with `Deposed` as soon as another node was elected. To append the same ids again
   * is an error here: the token that came with them is spent.
   */
  readonly store: EventStore;
  /** Aborts when this node learns that it was. */
  readonly signal: AbortSignal;
};

type Electing = {
  readonly store: EventStore;
  readonly node: string;
  readonly clock: () => Instant;
  /** Ends the candidacy. */
  readonly signal: AbortSignal;
};

type Pending = {
  readonly writes: readonly StreamWrite[];
  readonly resolve: (result: AppendResult) => void;
  readonly reject: (error: unknown) => void;
};

const STREAM = streamOf.scheduler();
/** Most streams in one append. */
const MOST_STREAMS = 200;

/**
 * Elects this node, which holds the scheduler's lease, by an event in the scheduler's stream. From then on each of its
 * appends also writes to that stream, expecting the revision that it left it at. A node that was replaced while it
 * hung finds the stream moved: the log refuses the append, whole, whenever it wakes up. The stream is written and not
 * only checked, because KurrentDB checks in the append itself no stream that it does not write.
 */
export async function elect({ store, node, clock, signal }: Electing): Promise<Fence> {
  for (;;) {
    signal.throwIfAborted();
    const { revision } = await store.read(STREAM, { fromRevision: END });
    const won = { type: 'SchedulerElected', data: { node, at: clock() } } as const;
    const expectedRevision = revision ?? 'noStream';
    const result = await store.append([{ stream: STREAM, expectedRevision, events: [newEvent(won)] }]);
    if (result.type === 'appended') return fenceOf(store, { elected: revision === null ? 0 : revision + 1, clock });
  }
}

function fenceOf(store: EventStore, { elected, clock }: { elected: number; clock: () => Instant }): Fence {
  const ending = new AbortController();
  let revision = elected;
  let waiting: readonly Pending[] = [];
  let isWorking = false;

  const append = async (writes: readonly StreamWrite[]): Promise<AppendResult> => {
    if (ending.signal.aborted) throw new Deposed('another node was elected');
    const acted = { type: 'SchedulerActed', data: { elected, streams: writes.length, at: clock() } } as const;
    const own = { stream: STREAM, expectedRevision: revision, events: [newEvent(acted)] };
    const result = await store.append([own, ...writes]);
    if (result.type === 'appended') revision++;
    else if (result.stream === STREAM) {
      // Or an append whose answer was lost: then this node may stand for election again.
      ending.abort();
      throw new Deposed(`revision ${result.actual} of ${STREAM} is not the ${revision} that this node left it at`);
    }
    return result;
  };

  const settle = async ({ writes, resolve, reject }: Pending): Promise<void> => {
    await append(writes).then(resolve, reject);
  };

  /** Together they cost one append; where that is refused or fails, each is to have an answer of its own. */
  const settleTogether = async (batch: readonly Pending[]): Promise<void> => {
    try {
      const result = await append(batch.flatMap(({ writes }) => writes));
      if (result.type === 'appended') {
        for (const { resolve } of batch) resolve(result);
        return;
      }
    } catch (error) {
      if (error instanceof Deposed || error instanceof StoreUnavailable) {
        for (const { reject } of batch) reject(error);
        return;
      }
    }
    for (const pending of batch) await settle(pending);
  };

  const work = async (): Promise<void> => {
    isWorking = true;
    // Whoever calls in the same turn of the event loop still comes along.
    await null;
    while (waiting.length > 0) {
      const { batch, rest } = nextBatch(waiting);
      waiting = rest;
      await (batch.length === 1 ? Promise.all(batch.map(settle)) : settleTogether(batch));
    }
    isWorking = false;
  };

  return {
    signal: ending.signal,
    store: {
      ...store,
      append: (writes) =>
        new Promise((resolve, reject) => {
          waiting = [...waiting, { writes, resolve, reject }];
          if (!isWorking) void work();
        }),
    },
  };
}

/** As many as fit, each stream once; whoever is left out keeps their order. */
function nextBatch(waiting: readonly Pending[]): { batch: readonly Pending[]; rest: readonly Pending[] } {
  const batch: Pending[] = [];
  const rest: Pending[] = [];
  const taken = new Set<string>();
  for (const pending of waiting) {
    const fits = batch.length === 0 || taken.size + pending.writes.length <= MOST_STREAMS;
    const isFree = pending.writes.every(({ stream }) => !taken.has(stream));
    (fits && isFree ? batch : rest).push(pending);
    for (const { stream } of pending.writes) taken.add(stream);
  }
  return { batch, rest };
}

const newEvent = (event: SchedulerEvent): NewEvent => {
  const id = EventId.parse(uuidv7());
  return {
    ...event,
    id,
    recordedAt: event.data.at,
    metadata: { actor: 'scheduler', correlationId: id, causationId: id },
  };
};
