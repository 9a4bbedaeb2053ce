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
};

/** Of an open API, and of operators. */
export const EVERYTHING = { scopes: ['admin'], limitedTo: null } as const;

/**
 * Which ProtoHIT a request concerns. `null`: it names nothing that is there, which the answer says. `everything`: more
 * than one, so that it is not for keys that are limited to one.
 */
export type Concern = ProtoHitId | null | 'everything';

/** The answer to a caller without the scope; null if they have it. */
export const withoutScope = ({ scopes }: Caller, scope: Scope): Answer | null =>
  scopes.includes(scope) || scopes.includes('admin')
    ? null
    : problem(403, `this key has no scope "${scope}"; it has ${scopes.join(', ')}`);

/** The answer to a caller who is limited to another ProtoHIT than the request concerns; null if they are not. */
export const beyondLimit = ({ limitedTo }: Caller, concern: Concern): Answer | null =>
  limitedTo === null || concern === null || concern === limitedTo
    ? null
    : problem(403, `this key is limited to ProtoHIT ${limitedTo}`);
