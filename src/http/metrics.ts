import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { Instant } from '../domain/ids.ts';
import type { EventStore } from '../event-store/port.ts';
import type { Database } from '../postgres/pool.ts';
import type { CaughtUp } from '../projections/caughtUp.ts';
import { openHits } from '../projections/hits.ts';
import { countWaiting } from '../projections/waitingPool.ts';
import { projectionLagSeconds } from './projectionLag.ts';

export type Metrics = {
  readonly answered: (request: { method: string; route: string; status: number; seconds: number }) => void;
  /** A worker's request; cheap, because there are thousands a second. */
  readonly workerAnswered: (what: 'poll' | 'ping' | 'wait') => void;
  readonly workerRefused: (status: number) => void;
  /** One statement of the log's group commit, or one append if the store has none. */
  readonly appended: (batch: { events: number; seconds: number }) => void;
  /** From the moment a worker could be told of a reservation to the moment the decision was stored. */
  readonly dispatched: (seconds: number) => void;
  /** The text that Prometheus scrapes. What cannot be measured now is left out of it. */
  readonly text: () => Promise<string>;
  readonly contentType: string;
};

const SECONDS = [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10];

/** What the service measures of itself; docs/operations.md says what each figure means. */
export function createMetrics({
  db,
  store,
  caughtUp,
  listeners,
  clock,
  settings,
}: {
  db: Database;
  store: Pick<EventStore, 'head' | 'count' | 'subscribe'>;
  caughtUp: Pick<CaughtUp, 'position'>;
  /** Workers connected to this node who wait to be called. */
  listeners: () => number;
  clock: () => Instant;
  settings: { readonly pingTimeoutSeconds: number };
}): Metrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  const histogram = (name: string, help: string, buckets: number[] = SECONDS) =>
    new Histogram({ name, help, buckets, registers });
  /** Asked for when Prometheus scrapes; without an answer there is no figure, rather than an old or a wrong one. */
  const gauge = (name: string, help: string, measure: () => number | Promise<number>) =>
    new Gauge({
      name,
      help,
      registers,
      async collect() {
        this.reset();
        try {
          this.set(await measure());
        } catch {
          this.set(Number.NaN);
        }
      },
    });

  const duration = new Histogram({
    name: 'retainer_http_seconds',
    help: 'Time to answer an application request',
    labelNames: ['method', 'route', 'status'],
    buckets: SECONDS,
    registers,
  });
  const workers = new Counter({
    name: 'retainer_worker_requests_total',
    help: 'Requests of workers, by kind',
    labelNames: ['kind'],
    registers,
  });
  const refusals = new Counter({
    name: 'retainer_worker_refusals_total',
    help: 'Requests of workers that were refused, by status',
    labelNames: ['status'],
    registers,
  });
  const appendSeconds = histogram('retainer_append_seconds', 'Time to store a batch of events in the log');
  const appendEvents = histogram('retainer_append_events', 'Events in a batch', [1, 2, 5, 10, 25, 50, 100, 250, 1000]);
  const dispatchSeconds = histogram(
    'retainer_dispatch_seconds',
    'From invoke (or the arrival of the worker, if that was later) to the stored dispatch',
  );

  gauge('retainer_listeners', 'Workers connected to this node who wait to be called', listeners);
  gauge('retainer_waiting_workers', 'Workers who wait now, on all nodes', async () => {
    const pools = await countWaiting(db, { now: clock(), pingTimeoutMs: settings.pingTimeoutSeconds * 1000 });
    return pools.reduce((sum, { waiting }) => sum + waiting, 0);
  });
  gauge('retainer_open_hits', 'HITs on the market, or on their way there', async () => {
    const hits = await openHits(db, { now: clock() });
    return hits.length;
  });
  gauge('retainer_log_events', 'Events in the log, roughly', store.count);
  gauge('retainer_projection_lag_seconds', 'Age of the oldest event that the read models do not show', () =>
    projectionLagSeconds({ store, caughtUp, clock }),
  );

  return {
    answered: ({ method, route, status, seconds }) => duration.observe({ method, route, status }, seconds),
    workerAnswered: (kind) => workers.inc({ kind }),
    workerRefused: (status) => {
      workers.inc({ kind: 'refused' });
      refusals.inc({ status });
    },
    appended: ({ events, seconds }) => {
      appendSeconds.observe(seconds);
      appendEvents.observe(events);
    },
    dispatched: (seconds) => dispatchSeconds.observe(seconds),
    text: () => registry.metrics(),
    contentType: registry.contentType,
  };
}
