import type { Scope } from '../domain/apiKey.ts';
import type { Actor } from '../domain/event.ts';
import type { ProtoHitId } from '../domain/ids.ts';
import { type Answer, problem } from './answers.ts';

/** Who asks, and what they may. */
export type Caller = {
  readonly actor: Actor;
  /** `admin` opens everything. */
  readonly scopes: readonly Scope[];
  /** Null: every ProtoHIT. */
  readonly limitedTo: ProtoHitId | null;
  /** US cents that it may commit a day; null: as much as the installation. */
  readonly dailyBudgetCents: number | null;
};

/** Of an open API, and of operators. */
export const EVERYTHING = { scopes: ['admin'], limitedTo: null, dailyBudgetCents: null } as const;

/**
 * Which ProtoHIT a request concerns. `null`: it names nothing that is there. `everything`: more than one, so that it is
 * not for keys that are limited to one.
 */
export type Concern = ProtoHitId | null | 'everything';

/** The answer to a caller without the scope; null if they have it. */
export const withoutScope = ({ scopes }: Caller, scope: Scope): Answer | null =>
  scopes.includes(scope) || scopes.includes('admin')
    ? null
    : problem(403, `this key has no scope "${scope}"; it has ${scopes.join(', ')}`);

/**
 * The answer to a caller who is limited to another ProtoHIT than the request concerns; null if they are not. What is not
 * for them is as if it were not there, `absent`, so that nobody finds out what there is by trying names. That holds for
 * what the read models do not show yet, too: a command would find it in the log, past the limit.
 */
export const beyondLimit = ({ limitedTo }: Caller, concern: Concern, absent: Answer): Answer | null => {
  if (limitedTo === null || concern === limitedTo) return null;
  return concern === 'everything' ? problem(403, `this key is limited to ProtoHIT ${limitedTo}`) : absent;
};
