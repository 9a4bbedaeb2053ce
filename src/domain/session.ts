import type { Assignment, AssignmentEvent } from './assignment.ts';
import { type Decision, emit, nothing, refuse } from './decision.ts';
import type { Instant } from './ids.ts';

/**
 * What a request of a worker's page shows for itself: a token that was given out for its assignment, and which of those that
 * were given one after the other; the wish to be given one (`asks`); or nothing (`unsigned`), as pages of the original's do.
 */
export type Session = { readonly generation: number } | 'asks' | 'unsigned';

type Proof = { readonly isSigned: boolean; readonly generation: number };

/**
 * Whether a request may be somebody else's, who guessed the ids, or who had the assignment or its token before. An assignment
 * begun unsigned stays so, but takes no token of a stay before it.
 */
export const isUnproven = ({ isSigned, generation }: Proof, session: Session): boolean =>
  typeof session === 'object' ? session.generation !== generation : isSigned;

/** The token is of a later generation than a row says: the row is from before, and may be about somebody else. */
export const isAhead = ({ generation }: { readonly generation: number }, session: Session): boolean =>
  typeof session === 'object' && session.generation > generation;

/** A page that lost its token gets another, and the one before opens nothing any more. `replaces`: the generation of that. */
export function renewToken(
  state: Assignment,
  { replaces, at }: { replaces: number; at: Instant },
): Decision<AssignmentEvent> {
  if (state.phase === 'none') return refuse('notFound', 'Bad assignment');
  if (!state.isSigned || state.generation !== replaces) return nothing;
  return emit({ type: 'TokenRenewed', data: { generation: replaces + 1, at } });
}
