import { Counter, collectDefaultMetrics, Histogram, Registry } from 'prom-client';
import type { Instant } from '../domain/ids.ts';
import type { EventStore } from '../event-store/port.ts';
import { lastingFaults } from '../postgres/marketplaceFaults.ts';
import type { Database } from '../postgres/pool.ts';
import { SIGN_IN_OUTCOMES, type SignInOutcome } from './access/signInTrace.ts';
import { gaugesOf } from './metrics/gauges.ts';
import { lagGauges } from './metrics/lag.ts';
import { type NodeFigures, nodeGauges } from './metrics/node.ts';
import { peopleGauges } from './metrics/people.ts';

export type Metrics = {
  readonly answered: (request: { method: string; route: string; status: number; seconds: number }) => void;
  /** A worker's request; cheap, because there are thousands a second. */
  readonly workerAnswered: (what: 'poll' | 'ping' | 'wait') => void;
  readonly workerRefused: (status: number) => void;
  /** One append, from the call to the answer. */
  readonly appended: (append: { events: number; seconds: number }) => void;
  /** One statement of the log, which many appends share. */
  readonly stored: (batch: { appends: number; events: number; seconds: number }) => void;
  /** From the moment a worker could be told of a reservation to the moment the decision was stored. */
  readonly dispatched: (seconds: number) => void;
  /** From the same moment to the one the worker was told. */
  readonly told: (seconds: number) => void;
  /** One call to a marketplace; `fault` is its error code. */
  readonly called: (call: {
    call: string;
    outcome: 'done' | 'passing' | 'final';
    seconds: number;
    fault?: string;
  }) => void;
  readonly signedIn: (outcome: SignInOutcome) => void;
  /** The text that Prometheus scrapes. What cannot be measured now is left out of it. */
  readonly text: () => Promise<string>;
  readonly contentType: string;
};

const SECONDS = [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10];
/** From milliseconds to a worker who comes back to a page that slept. */
const TOLD_SECONDS = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60];
const SIZES = [1, 2, 5, 10, 25, 50, 100, 250, 1000];

/** What the service measures of itself; docs/operations.md says what each figure means. */
export function createMetrics(deps: {
  db: Database;
  store: Pick<EventStore, 'head' | 'count' | 'subscribe'>;
  node: NodeFigures;
  clock: () => Instant;
  settings: { readonly pingTimeoutSeconds: number };
}): Metrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  const histogram = <Label extends string = never>(
    name: string,
    help: string,
    buckets: number[] = SECONDS,
    labelNames: Label[] = [],
  ) => new Histogram<Label>({ name, help, buckets, labelNames, registers });
  const counter = <Label extends string>(name: string, help: string, labelNames: Label[]) =>
    new Counter<Label>({ name, help, labelNames, registers });

  const duration = histogram('retainer_http_seconds', 'Time to answer an application request', SECONDS, [
    'method',
    'route',
    'status',
  ]);
  const workers = counter('retainer_worker_requests_total', 'Requests of workers, by kind', ['kind']);
  const refusals = counter('retainer_worker_refusals_total', 'Requests of workers that were refused, by status', [
    'status',
  ]);
  const appendSeconds = histogram('retainer_append_seconds', 'Time of an append, its wait for a batch included');
  const appendEvents = histogram('retainer_append_events', 'Events in an append', SIZES);
  const batchSeconds = histogram('retainer_append_batch_seconds', 'Time of a statement that stores a batch of appends');
  const batchAppends = histogram('retainer_append_batch_appends', 'Appends in a batch', SIZES);
  const batchEvents = histogram('retainer_append_batch_events', 'Events in a batch', SIZES);
  const dispatchSeconds = histogram(
    'retainer_dispatch_seconds',
    'From invoke (or the arrival of the worker, if that was later) to the stored dispatch',
  );
  const toldSeconds = histogram(
    'retainer_told_seconds',
    'From invoke (or the arrival of the worker, if that was later) to the moment this node told the worker',
    TOLD_SECONDS,
  );
  const marketplaceSeconds = histogram(
    'retainer_marketplace_seconds',
    'Time of a call to the marketplace, its retries included',
    SECONDS,
    ['call', 'outcome'],
  );
  const faults = counter('retainer_marketplace_faults_total', 'Calls that the marketplace did not carry out, by code', [
    'call',
    'code',
  ]);
  const signIns = counter('retainer_sign_ins_total', 'Sign-ins of operators, by what came of them', ['outcome']);
  // A rate that begins with the first guess would miss it.
  for (const outcome of SIGN_IN_OUTCOMES) signIns.inc({ outcome }, 0);

  const gauges = gaugesOf(registry);
  nodeGauges(gauges, deps.node);
  peopleGauges(gauges, deps);
  gauges.one('retainer_log_events', 'Events in the log, roughly', () => deps.store.count());
  lagGauges(gauges, deps);
  gauges.many(
    'retainer_marketplace_fault_since_seconds',
    'Since when (seconds since 1970) a marketplace does not carry out a kind of call, and with which code, on all nodes',
    ['side', 'call', 'code'],
    async () =>
      (await lastingFaults(deps.db, { now: deps.clock() })).map(
        ({ side, call, code, since }) => [{ side, call, code }, since / 1000] as const,
      ),
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
    stored: ({ appends, events, seconds }) => {
      batchSeconds.observe(seconds);
      batchAppends.observe(appends);
      batchEvents.observe(events);
    },
    dispatched: (seconds) => dispatchSeconds.observe(seconds),
    told: (seconds) => toldSeconds.observe(seconds),
    called: ({ call, outcome, seconds, fault }) => {
      marketplaceSeconds.observe({ call, outcome }, seconds);
      if (fault !== undefined) faults.inc({ call, code: fault });
    },
    signedIn: (outcome) => signIns.inc({ outcome }),
    text: () => registry.metrics(),
    contentType: registry.contentType,
  };
}
