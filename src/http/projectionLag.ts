import type { Instant } from '../domain/ids.ts';
import type { EventStore, Position } from '../event-store/port.ts';

const PATIENCE_MS = 2_000;

export type Lag = {
  /** Age of the oldest event that is not shown; 0 if all are. */
  readonly seconds: number;
  /** How many are not shown, roughly; undefined if the log cannot count them. */
  readonly events: number | undefined;
};

/** How far behind the log a position is. Throws if the log is away. */
export async function lagAt(
  { store, clock }: { store: Pick<EventStore, 'head' | 'subscribe' | 'count'>; clock: () => Instant },
  position: Position,
): Promise<Lag> {
  if ((await store.head()) <= position) return { seconds: 0, events: 0 };
  const events = await store.count(position).catch(() => undefined);
  const signal = AbortSignal.timeout(PATIENCE_MS);
  for await (const { events: next } of store.subscribe({ after: position, batchSize: 1, signal })) {
    const [oldest] = next;
    if (oldest !== undefined) return { seconds: Math.max(0, clock() - oldest.recordedAt) / 1000, events };
  }
  return { seconds: 0, events };
}
