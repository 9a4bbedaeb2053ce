import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { Instant } from '../domain/ids.ts';
import type { EventStore } from '../event-store/port.ts';
import type { Database } from '../postgres/pool.ts';
import { openHits } from '../projections/hits.ts';
import { countWaiting } from '../projections/waitingPool.ts';

export type Metrics = {
  readonly answered: (request: { method: string; path: string; status: number; seconds: number }) => void;
  /** A worker's request; cheap, because there are thousands a second. */
  readonly workerAnswered: (what: 'poll' | 'ping' | 'wait' | 'refused') => void;
  /** The text that Prometheus scrapes. */
  readonly text: () => Promise<string>;
  readonly contentType: string;
};

/** Ids in a path are not a dimension. */
const routeOf = (path: string): string =>
  path
    .replace(/^\/retainer(?=\/)/, '')
    .replace(/[0-9a-f]{8}-[0-9a-f-]{27}/gi, ':id')
    .slice(0, 60);

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
  store: Pick<EventStore, 'head' | 'count'>;
  caughtUp: { readonly position: () => string };
  listeners: () => number;
  clock: () => Instant;
  settings: { readonly pingTimeoutSeconds: number };
}): Metrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  const duration = new Histogram({
    name: 'retainer_http_seconds',
    help: 'Time to answer an application request',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 2.5],
    registers,
  });
  const workers = new Counter({
    name: 'retainer_worker_requests_total',
    help: 'Requests of workers, by kind',
    labelNames: ['kind'],
    registers,
  });
  new Gauge({
    name: 'retainer_listeners',
    help: 'Workers connected to this node who wait to be called',
    registers,
    collect() {
      this.set(listeners());
    },
  });
  new Gauge({
    name: 'retainer_waiting_workers',
    help: 'Workers who wait now, on all nodes',
    registers,
    async collect() {
      const pingTimeoutMs = settings.pingTimeoutSeconds * 1000;
      const pools = await countWaiting(db, { now: clock(), pingTimeoutMs });
      this.set(pools.reduce((sum, { waiting }) => sum + waiting, 0));
    },
  });
  new Gauge({
    name: 'retainer_open_hits',
    help: 'HITs on the market, or on their way there',
    registers,
    async collect() {
      this.set((await openHits(db, { now: clock() })).length);
    },
  });
  new Gauge({
    name: 'retainer_log_events',
    help: 'Events in the log, roughly',
    registers,
    async collect() {
      this.set(await store.count());
    },
  });
  new Gauge({
    name: 'retainer_read_models_behind',
    help: '1 while the read models lag behind the log, else 0',
    registers,
    async collect() {
      this.set((await store.head()) > caughtUp.position() ? 1 : 0);
    },
  });
  return {
    answered: ({ method, path, status, seconds }) =>
      duration.observe({ method, route: status === 404 ? 'unknown' : routeOf(path), status }, seconds),
    workerAnswered: (kind) => workers.inc({ kind }),
    text: () => registry.metrics(),
    contentType: registry.contentType,
  };
}
