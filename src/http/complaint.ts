import type { z } from '@hono/zod-openapi';
import { type Answer, problem } from './answers.ts';
import { KEY_PARAMETERS } from './authentication.ts';
import { expectationOf } from './fields.ts';
import type { Parameters } from './parameters.ts';
import { shown } from './soundness.ts';

/** Names that mean something everywhere; jQuery adds `_` to have no answer from a cache. */
const COMMON: ReadonlySet<string> = new Set([...KEY_PARAMETERS, '_']);

type Fault = { readonly parameter: string; readonly detail: string };

/**
 * All that is wrong with a request's parameters, a line each: the name, what would be right, what came. When one is
 * missing, names that mean nothing here are mentioned too, for it may be a misspelling; where they are `refused` they
 * are errors of their own.
 */
export function complaint(
  takes: z.ZodRawShape,
  given: Parameters,
  { issues }: z.ZodError,
  unknownNames: 'refused' | 'taken',
): Answer {
  const names = [...new Set(issues.map(({ path }) => String(path[0] ?? '')))];
  const errors = names.map((name) => ({
    parameter: name,
    detail: isGiven(given, name)
      ? `${name} must be ${expectationOf(takes[name])}, got ${shown(given[name])}`
      : `${name} is missing: it must be ${expectationOf(takes[name])}`,
  }));
  if (unknownNames === 'refused') return refusing([...errors, ...misspeltNames(takes, given)]);
  const unknown = namesUnknownTo(takes, given);
  const isMissing = names.some((name) => !isGiven(given, name));
  return refusing(
    errors,
    isMissing && unknown.length > 0 ? [`there is no parameter ${unknown.map(shown).join(', ')}`] : [],
  );
}

/** Refuses names that mean nothing to a request. Null: there is none such. */
export function misspelt(takes: z.ZodRawShape, given: Parameters): Answer | null {
  const errors = misspeltNames(takes, given);
  return errors.length === 0 ? null : refusing(errors);
}

const refusing = (errors: readonly Fault[], hints: readonly string[] = []): Answer =>
  problem(400, [...errors.map(({ detail }) => detail), ...hints].join('\n'), { errors });

function misspeltNames(takes: z.ZodRawShape, given: Parameters): readonly Fault[] {
  const known = Object.keys(takes);
  const there = known.length > 0 ? `there ${known.length === 1 ? 'is' : 'are'} ${known.join(', ')}` : 'it takes none';
  return namesUnknownTo(takes, given).map((name) => ({
    parameter: name,
    detail: `there is no parameter ${shown(name)}; ${there}`,
  }));
}

/** Names that mean nothing to a request, a few of them. */
export const namesUnknownTo = (takes: z.ZodRawShape, given: Parameters): readonly string[] =>
  Object.keys(given)
    .filter((name) => !Object.hasOwn(takes, name) && !COMMON.has(name))
    .slice(0, 5);

const isGiven = (given: Parameters, name: string): boolean => Object.hasOwn(given, name);
