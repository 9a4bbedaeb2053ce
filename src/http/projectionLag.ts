import type { Instant } from '../domain/ids.ts';
import type { EventStore } from '../event-store/port.ts';
import type { CaughtUp } from '../projections/caughtUp.ts';

const PATIENCE_MS = 2_000;

/** Age of the oldest event that the read models do not show; 0 if they show all. Throws if the log is away. */
export async function projectionLagSeconds({
  store,
  caughtUp,
  clock,
}: {
  store: Pick<EventStore, 'head' | 'subscribe'>;
  caughtUp: Pick<CaughtUp, 'position'>;
  clock: () => Instant;
}): Promise<number> {
  const shown = caughtUp.position();
  if ((await store.head()) <= shown) return 0;
  const signal = AbortSignal.timeout(PATIENCE_MS);
  for await (const { events } of store.subscribe({ after: shown, batchSize: 1, signal })) {
    const [oldest] = events;
    if (oldest !== undefined) return Math.max(0, clock() - oldest.recordedAt) / 1000;
  }
  return 0;
}
