import type { ReleaseReason } from '../../domain/assignment.ts';
import type { Instant } from '../../domain/ids.ts';
import type { Position } from '../../event-store/port.ts';
import type { Task } from '../../projections/tasks.ts';
import { shownForeignId } from '../fields.ts';

/** What a waiting worker's page is told: to go on waiting, the task, or that the wait is over. */
export type Call = { readonly kind: 'wait' | 'task' | 'released'; readonly json: string };

/** What telling a worker takes of their task. */
export type ToldTask = Pick<
  Task,
  'assignmentId' | 'phase' | 'generation' | 'reservationId' | 'foreignId' | 'calledAt'
> & {
  /** Given if the read models may not show the task before they have come so far. */
  readonly position?: Position;
};

/** A worker who was called a moment ago, by this node. */
export type Called = ToldTask & { readonly phase: 'called'; readonly position: Position };

/** How things stand for an assignment, as far as its page has to know. */
export type Standing = Pick<
  Task,
  'phase' | 'isSigned' | 'foreignId' | 'calledAt' | 'holdsSlot' | 'slotIsOpen' | 'released'
> & { readonly hasBegun: boolean };

export const WAIT: Call = { kind: 'wait', json: '{"start":false}' };

const released = (reason: ReleaseReason): Call => ({
  kind: 'released',
  json: JSON.stringify({ start: false, released: true, reason }),
});

const taskOf = (foreignId: string, keptForMs?: number): Call => ({
  kind: 'task',
  json: JSON.stringify({ start: true, taskID: shownForeignId(foreignId), keptForMs }),
});

/**
 * Once somebody came to their task it is the same for ever. Who was called and has not come hears how long their place is
 * surely kept, 0 while nobody else has taken it. 'take': a page without a token cannot say that it comes; being told is
 * coming, and has to be recorded first.
 */
export function callOf(
  { phase, isSigned, foreignId, calledAt, holdsSlot, slotIsOpen, released: reason, hasBegun }: Standing,
  { now, keptMs }: { now: Instant; keptMs: number },
): Call | 'take' {
  if (foreignId !== null && hasBegun) return taskOf(foreignId);
  if (reason !== null) return released(reason);
  if (phase === 'submitted' || phase === 'approved' || phase === 'rejected') return released('over');
  if (foreignId === null || calledAt === null || phase !== 'called') return WAIT;
  if (!isSigned) return 'take';
  if (holdsSlot) return taskOf(foreignId, Math.max(0, calledAt + keptMs - now));
  // Who lost their place hears in a moment that it has gone, unless it is opened once more.
  return slotIsOpen ? taskOf(foreignId, 0) : WAIT;
}
