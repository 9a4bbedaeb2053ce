import { setTimeout as sleep } from 'node:timers/promises';
import { trace } from '@opentelemetry/api';
import { NodeSDK } from '@opentelemetry/sdk-node';
import type { MiddlewareHandler } from 'hono';
import type { Logger } from 'pino';
import type { Commands } from '../commands/commands.ts';
import type { Instant } from '../domain/ids.ts';
import type { EventStore } from '../event-store/port.ts';
import type { Env } from '../http/endpoint.ts';
import type { ToldTask } from '../http/worker/call.ts';
import type { Projection } from '../projections/projection.ts';
import { tracedCommands } from './commands.ts';
import { tracedProjections } from './projections.ts';
import { type IsCaller, tracedRequests } from './requests.ts';
import { tracedStore } from './store.ts';
import { tracedTelling } from './told.ts';

/** A collector that is away must not hold up the end: OTLP itself tries for ten seconds. */
const FLUSH_MS = 2_000;

/** What wraps a node's parts at their edges, so that none of them knows of traces. */
export type Tracing = {
  readonly requests: (isCaller: IsCaller) => MiddlewareHandler<Env>;
  readonly commands: (commands: Commands) => Commands;
  readonly store: (store: EventStore) => EventStore;
  readonly projections: (projections: readonly Projection[]) => readonly Projection[];
  readonly telling: (store: Pick<EventStore, 'read'>) => (task: ToldTask, toldAt: Instant) => Promise<void>;
  /** Sends what is left to send. */
  readonly stop: () => Promise<void>;
};

/**
 * Starts OpenTelemetry as its standard variables say (`OTEL_*`: exporter, endpoint, headers, sampler, resource).
 * Traces only: metrics are Prometheus's, logs go to standard error. Import this module only when `tracingWanted`: the
 * SDK takes a quarter of a second to load.
 */
export function startTracing({ version, log }: { version: string; log: Logger }): Tracing {
  process.env['OTEL_SERVICE_NAME'] ??= 'retainer';
  const sdk = new NodeSDK({ metricReaders: [], logRecordProcessors: [] });
  sdk.start();
  const tracer = trace.getTracer('retainer', version);
  return {
    requests: (isCaller) => tracedRequests(tracer, isCaller),
    commands: (commands) => tracedCommands(commands, tracer),
    store: (store) => tracedStore(store, tracer),
    projections: (projections) => tracedProjections(projections, tracer),
    telling: (store) => tracedTelling(store, tracer),
    stop: async () => {
      const sent = sdk.shutdown().catch((error: unknown) => log.warn({ err: error }, 'the last spans were not sent'));
      const late = sleep(FLUSH_MS, 'late', { ref: false });
      if ((await Promise.race([sent, late])) === 'late') log.warn('the last spans were not sent in time');
    },
  };
}
