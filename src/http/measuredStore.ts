import { streamId } from '../domain/event.ts';
import type { EventStore, StreamWrite } from '../event-store/port.ts';
import type { Metrics } from './metrics.ts';

/** Most invokes and arrivals that are remembered for a dispatch to come. */
const MOST_REMEMBERED = 10_000;

/**
 * The same log, measured: how long appends take, and how soon after an invoke its workers are dispatched. Knows the
 * invokes and arrivals of this node; a dispatch to any other is not counted.
 */
export function measuredStore(store: EventStore, metrics: Pick<Metrics, 'appended' | 'dispatched'>): EventStore {
  const invoked = new Map<string, number>();
  const arrived = new Map<string, number>();

  const note = ({ stream, events }: StreamWrite, started: number, ended: number): void => {
    for (const { type, data } of events) {
      if (type === 'ReservationInvoked') remember(invoked, streamId(stream), started);
      else if (type === 'WorkerArrived') remember(arrived, data.assignmentId, started);
      else if (type === 'WorkerDispatched') {
        const since = invoked.get(streamId(stream));
        if (since === undefined) continue;
        metrics.dispatched((ended - Math.max(since, arrived.get(data.assignmentId) ?? 0)) / 1000);
      }
    }
  };

  return {
    ...store,
    append: async (writes) => {
      const started = performance.now();
      const result = await store.append(writes);
      const ended = performance.now();
      const events = writes.reduce((sum, write) => sum + write.events.length, 0);
      metrics.appended({ events, seconds: (ended - started) / 1000 });
      if (result.type === 'appended') for (const write of writes) note(write, started, ended);
      return result;
    },
  };
}

/** The oldest is forgotten for the newest. */
function remember(moments: Map<string, number>, id: string, moment: number): void {
  moments.delete(id);
  moments.set(id, moment);
  const [oldest] = moments.keys();
  if (moments.size > MOST_REMEMBERED && oldest !== undefined) moments.delete(oldest);
}
