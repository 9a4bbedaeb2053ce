import { z } from 'zod';
import { type Decision, type EventsOf, emit, nothing, refuse } from './decision.ts';
import { Instant } from './ids.ts';

/** How operators are called, in the log too: `operator:ann`. */
export const OperatorName = z
  .string()
  .regex(/^[a-z0-9][a-z0-9._-]{0,63}$/, 'must be 1 to 64 lower-case letters, digits, or . _ -')
  .brand<'OperatorName'>();
export type OperatorName = z.infer<typeof OperatorName>;

/** Who may sign in to the pages, and who did. Passwords and sessions live in tables of their own, never here. */
export const operatorEvents = {
  OperatorAdded: z.object({ operator: OperatorName, at: Instant }),
  OperatorPasswordChanged: z.object({ at: Instant }),
  OperatorRemoved: z.object({ at: Instant }),
  OperatorSignedIn: z.object({ from: z.string().max(64), at: Instant }),
  OperatorSignInRefused: z.object({ from: z.string().max(64), at: Instant }),
  OperatorSignInThrottled: z.object({ from: z.string().max(64), at: Instant }),
  OperatorSignedOut: z.object({ at: Instant }),
} as const;
export type OperatorEvent = EventsOf<typeof operatorEvents>;

export type Operator = { readonly phase: 'none' | 'active' | 'removed' };

export const noOperator: Operator = { phase: 'none' };

export function evolveOperator(state: Operator, event: OperatorEvent): Operator {
  switch (event.type) {
    case 'OperatorAdded':
      return { phase: 'active' };
    case 'OperatorRemoved':
      return { phase: 'removed' };
    case 'OperatorPasswordChanged':
    case 'OperatorSignedIn':
    case 'OperatorSignInRefused':
    case 'OperatorSignInThrottled':
    case 'OperatorSignedOut':
      return state;
  }
}

/** A name that was removed may be given again. */
export function addOperator(
  state: Operator,
  { operator, at }: { operator: OperatorName; at: Instant },
): Decision<OperatorEvent> {
  if (state.phase === 'active') return refuse('conflict', `there is an operator "${operator}" already`);
  return emit({ type: 'OperatorAdded', data: { operator, at } });
}

export function removeOperator(state: Operator, { at }: { at: Instant }): Decision<OperatorEvent> {
  if (state.phase === 'none') return refuse('notFound', 'no such operator');
  return state.phase === 'removed' ? nothing : emit({ type: 'OperatorRemoved', data: { at } });
}

export const changePassword = (state: Operator, { at }: { at: Instant }): Decision<OperatorEvent> =>
  state.phase === 'active'
    ? emit({ type: 'OperatorPasswordChanged', data: { at } })
    : refuse('notFound', 'no such operator');

/** What somebody did at the door, for the record. Nothing is recorded of names that nobody has. */
export const noteSignIn = (
  state: Operator,
  type: 'OperatorSignedIn' | 'OperatorSignInRefused' | 'OperatorSignInThrottled',
  data: { from: string; at: Instant },
): Decision<OperatorEvent> => (state.phase === 'active' ? emit({ type, data }) : nothing);

export const noteSignOut = (state: Operator, { at }: { at: Instant }): Decision<OperatorEvent> =>
  state.phase === 'active' ? emit({ type: 'OperatorSignedOut', data: { at } }) : nothing;
