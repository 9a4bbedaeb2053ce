import type { Position } from '../../event-store/port.ts';
import type { Task } from '../../projections/tasks.ts';
import { shownForeignId } from '../fields.ts';

/** What a waiting worker's page is told: to go on waiting, the task, or that the wait is over. */
export type Call = { readonly kind: 'wait' | 'task' | 'released'; readonly json: string };

/** What telling a worker takes of their task. */
export type ToldTask = Pick<Task, 'assignmentId' | 'phase' | 'reservationId' | 'foreignId' | 'calledAt'> & {
  /** Given if the read models may not show the task before they have come so far. */
  readonly position?: Position;
};

/** A worker who was called a moment ago, by this node. */
export type Called = ToldTask & { readonly phase: 'called'; readonly position: Position };

export const WAIT: Call = { kind: 'wait', json: '{"start":false}' };
const RELEASED: Call = { kind: 'released', json: '{"start":false,"released":true}' };

/** Once there is a task it is the same for ever; a worker without one is released, or waits. */
export function callOf({ foreignId, phase }: Pick<ToldTask, 'foreignId' | 'phase'>): Call {
  if (foreignId !== null)
    return { kind: 'task', json: JSON.stringify({ start: true, taskID: shownForeignId(foreignId) }) };
  return phase === 'released' || phase === 'submitted' || phase === 'approved' || phase === 'rejected'
    ? RELEASED
    : WAIT;
}
