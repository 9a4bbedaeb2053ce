import type { gaugesOf } from './gauges.ts';

/** What a node says of itself when asked. */
export type NodeFigures = {
  /** Workers connected to it who wait to be called, and those of them who wait on a stream. */
  readonly listeners: () => number;
  readonly streams: () => number;
  /** How much waits for its turn, by queue. */
  readonly queues: () => Readonly<Record<string, number>>;
  /** Connections to Postgres, by pool. */
  readonly connections: () => Readonly<Record<string, { readonly totalCount: number; readonly idleCount: number }>>;
  /** Each lease that nodes compete for, and whether this one holds it. */
  readonly leases: () => Readonly<Record<string, boolean>>;
};

export function nodeGauges(gauges: ReturnType<typeof gaugesOf>, node: NodeFigures): void {
  gauges.one('retainer_listeners', 'Workers connected to this node who wait to be called', node.listeners);
  gauges.one('retainer_streams', 'Of these, workers on a stream of server-sent events', node.streams);
  gauges.many('retainer_queue_depth', 'What waits for its turn on this node', ['queue'], () =>
    Object.entries(node.queues()).map(([queue, depth]) => [{ queue }, depth] as const),
  );
  gauges.many('retainer_postgres_connections', 'Connections of this node to Postgres', ['pool', 'state'], () =>
    Object.entries(node.connections()).flatMap(([pool, { totalCount, idleCount }]) => [
      [{ pool, state: 'busy' }, totalCount - idleCount] as const,
      [{ pool, state: 'idle' }, idleCount] as const,
    ]),
  );
  gauges.many('retainer_lease_held', '1 on the node that holds the lease, 0 on the others', ['lease'], () =>
    Object.entries(node.leases()).map(([lease, isHeld]) => [{ lease }, isHeld ? 1 : 0] as const),
  );
}
