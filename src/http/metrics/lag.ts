import type { Instant } from '../../domain/ids.ts';
import type { EventStore, Position } from '../../event-store/port.ts';
import type { Database } from '../../postgres/pool.ts';
import { projections } from '../../projections/all.ts';
import { type Standing, standings } from '../../projections/lag.ts';
import { type Lag, lagAt } from '../projectionLag.ts';
import { atMostEvery, type gaugesOf } from './gauges.ts';

/** How far each read model is behind the log, and whether it stands still. */
export function lagGauges(
  gauges: ReturnType<typeof gaugesOf>,
  deps: { db: Database; store: Pick<EventStore, 'head' | 'subscribe' | 'count'>; clock: () => Instant },
): void {
  // One look serves all gauges of a scrape; and projections nearly always stand at the same place.
  const standing = atMostEvery(0, () => standings(deps.db, projections));
  const lags = atMostEvery(0, async (): Promise<readonly (readonly [{ projection: string }, Lag])[]> => {
    const known = new Map<Position, Promise<Lag>>();
    const lagOf = ({ position }: Standing): Promise<Lag> => {
      const lag = known.get(position) ?? lagAt(deps, position);
      known.set(position, lag);
      return lag;
    };
    const all = [...(await standing())];
    return Promise.all(all.map(async ([projection, one]) => [{ projection }, await lagOf(one)] as const));
  });
  gauges.many(
    'retainer_projection_lag_seconds',
    'Age of the oldest event that a read model does not show',
    ['projection'],
    async () => (await lags()).map(([labels, { seconds }]) => [labels, seconds] as const),
  );
  gauges.many(
    'retainer_projection_lag_events',
    'Events that a read model does not show, if the log can count them',
    ['projection'],
    async () =>
      (await lags()).flatMap(([labels, { events }]) => (events === undefined ? [] : [[labels, events] as const])),
  );
  gauges.many(
    'retainer_projection_stopped',
    '1 if a read model stands still before an event that it could not apply',
    ['projection'],
    async () =>
      [...(await standing())].map(([projection, { isStopped }]) => [{ projection }, isStopped ? 1 : 0] as const),
  );
}
