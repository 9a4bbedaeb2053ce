import { streamId } from '../../domain/event.ts';
import { AssignmentId } from '../../domain/ids.ts';
import type { EventStore, Position, StreamWrite } from '../../event-store/port.ts';
import type { Called } from './call.ts';

export type CalledHere = {
  /** The same log; whoever is called by an append to it is told of at once. */
  readonly observed: (store: EventStore) => EventStore;
  /** Calls back with each worker whom this node has just called. Answers with the way to stop. */
  readonly onCalled: (callback: (called: Called) => void) => () => void;
};

/**
 * Who is called by this node's own appends. A task is for ever once it is in the log, so its worker need not wait until
 * the read models show it, which takes half as long again; workers connected to other nodes hear of it from those.
 */
export function createCalledHere(): CalledHere {
  const callbacks = new Set<(called: Called) => void>();

  const tell = ({ stream, events }: StreamWrite, position: Position): void => {
    for (const { type, data } of events) {
      if (type !== 'TaskAssigned') continue;
      const assignmentId = AssignmentId.parse(streamId(stream));
      const { reservationId, foreignId, generation = 0, at: calledAt } = data;
      for (const callback of callbacks)
        callback({ assignmentId, reservationId, foreignId, calledAt, generation, phase: 'called', position });
    }
  };

  return {
    observed: (store) => ({
      ...store,
      append: async (writes) => {
        const result = await store.append(writes);
        if (result.type === 'appended') for (const write of writes) tell(write, result.position);
        return result;
      },
    }),
    onCalled: (callback) => {
      callbacks.add(callback);
      return () => callbacks.delete(callback);
    },
  };
}
