import { setTimeout as sleep } from 'node:timers/promises';
import type { Decision, Refusal } from '../domain/decision.ts';
import type { DomainEvent, NewEvent, StreamName } from '../domain/event.ts';
import { EventId, type Instant } from '../domain/ids.ts';
import { type Position, StoreUnavailable, type StreamWrite } from '../event-store/port.ts';
import { type Aggregate, type Loaded, load } from './aggregates.ts';
import type { CommandResult, Context, Dependencies } from './context.ts';
import { idFor } from './ids.ts';

/** One try at a command: what to append, or why not. */
export type Attempt<Value> =
  | { readonly type: 'refused'; readonly refusal: Refusal }
  | {
      readonly type: 'write';
      readonly writes: readonly StreamWrite[];
      readonly value: Value;
      /** What the decision was made from; its answer holds from there on. */
      readonly seen: readonly Loaded<unknown>[];
    };

const MOST_ATTEMPTS = 12;

/**
 * Load, decide, append; when somebody else wrote in between, all over again. Gives up as `StoreUnavailable`
 * after a bounded number of attempts.
 */
export async function handle<Value>(
  { store }: Pick<Dependencies, 'store'>,
  attempt: () => Promise<Attempt<Value>>,
): Promise<CommandResult<Value>> {
  for (let attempts = 1; attempts <= MOST_ATTEMPTS; attempts++) {
    const made = await attempt();
    if (made.type === 'refused') return made;
    const writes = made.writes.filter(({ events }) => events.length > 0);
    if (writes.length === 0) return { type: 'done', value: made.value, position: latest(made.seen) };
    const result = await store.append(writes);
    if (result.type === 'appended') return { type: 'done', value: made.value, position: result.position };
    await sleep(Math.random() * Math.min(100, 2 ** attempts));
  }
  throw new StoreUnavailable(`gave up after ${MOST_ATTEMPTS} attempts against other writers`);
}

/** A command on one stream whose decision needs nothing else. */
export function handleOne<State, Event extends DomainEvent, Value>(
  { store, clock }: Pick<Dependencies, 'store' | 'clock'>,
  context: Context,
  aggregate: Aggregate<State, Event>,
  stream: StreamName,
  decide: (state: State, at: Instant) => Decision<Event>,
  /** What the command answers with, from the state that it was decided from. */
  answer: (state: State) => Value,
  /** The reservation that the events serve. */
  correlationOf: (state: State) => string | null | undefined = () => undefined,
): Promise<CommandResult<Value>> {
  return handle({ store }, async () => {
    const at = clock();
    const loaded = await load(store, aggregate, stream);
    const decision = decide(loaded.state, at);
    if (decision.type === 'refused') return decision;
    const writes = [
      writeTo(loaded, decision.events, { context, at, correlationId: correlationOf(loaded.state) ?? undefined }),
    ];
    return { type: 'write', writes, value: answer(loaded.state), seen: [loaded] };
  });
}

/** The answer of a command that has nothing to tell. */
export const nothingToTell = (): null => null;

/** Who, when and what for: goes into the metadata of every event written. */
export type Stamp = {
  readonly context: Context;
  readonly at: Instant;
  /** The reservation that the events serve; the request if there is none. */
  readonly correlationId?: string | undefined;
  /** The event that caused these; the request if there is none. */
  readonly causationId?: string | undefined;
};

/** The events for a stream that must not have moved since it was loaded. */
export const writeTo = (
  { stream, revision }: Pick<Loaded<unknown>, 'stream' | 'revision'>,
  events: readonly DomainEvent[],
  stamp: Stamp,
): StreamWrite => ({
  stream,
  expectedRevision: revision ?? 'noStream',
  events: events.map((event, index) => stamped(event, stream, index, stamp)),
});

/** An event ready to append. */
export const stamped = (
  event: DomainEvent,
  stream: StreamName,
  index: number,
  { context, at, correlationId, causationId }: Stamp,
): NewEvent => ({
  ...event,
  id: EventId.parse(idFor(context, `${stream}/${event.type}/${index}`)),
  recordedAt: at,
  metadata: {
    actor: context.actor,
    correlationId: correlationId ?? context.requestId,
    causationId: causationId ?? context.requestId,
  },
});

const latest = (seen: readonly Loaded<unknown>[]): Position | null =>
  seen.reduce<Position | null>((latest, { last }) => {
    if (last === undefined) return latest;
    return latest === null || last.position > latest ? last.position : latest;
  }, null);
