import { z } from 'zod';
import type { Random } from './random.ts';

/** Faults that do nothing of what was asked (but for `slow`, which does it late). */
const BEFORE = [
  'throttled',
  'tooManyRequests',
  'serviceFault',
  'badGateway',
  'unavailable',
  'versionNotSupported',
  'reset',
  'hang',
  'slow',
  'closed',
  'insufficientFunds',
  /** A listing or a review that has not caught up with what happened. */
  'doesNotExistYet',
  'stateNotKnownYet',
] as const;

/** Faults that do what was asked, and then spoil the answer. */
const AFTER = ['commitThenDrop', 'commitThenFail', 'commitThenHang', 'malformed', 'isoTimestamps', 'cutShort'] as const;

/** What goes wrong with a marketplace; all of it was seen in the wild. */
export const FaultKind = z.enum([...BEFORE, ...AFTER]);
export type FaultKind = z.infer<typeof FaultKind>;

export const FaultRule = z.object({
  /** An operation's name, or '*' for each. */
  operation: z.string(),
  kind: FaultKind,
  /** How likely each call is to fail. */
  probability: z.number().min(0).max(1).default(1),
  /** Calls let through before the rule begins. */
  after: z.int().min(0).default(0),
  /** How often it strikes; for ever if left out. */
  times: z.int().min(1).optional(),
});
export type FaultRule = z.infer<typeof FaultRule>;

export type Faults = {
  readonly set: (rules: readonly FaultRule[]) => void;
  readonly rules: () => readonly FaultRule[];
  /** What befalls this call; null: nothing. */
  readonly strike: (operation: string) => FaultKind | null;
};

export function createFaults(random: Random, initial: readonly FaultRule[] = []): Faults {
  type Armed = FaultRule & { seen: number; struck: number };
  const arm = (rules: readonly FaultRule[]): Armed[] => rules.map((rule) => ({ ...rule, seen: 0, struck: 0 }));
  let armed = arm(initial);
  return {
    set: (rules) => {
      armed = arm(rules);
    },
    rules: () => armed.map(({ seen, struck, ...rule }) => rule),
    strike: (operation) => {
      for (const rule of armed) {
        if (rule.operation !== '*' && rule.operation !== operation) continue;
        if (rule.seen++ < rule.after) continue;
        if (rule.times !== undefined && rule.struck >= rule.times) continue;
        if (random() >= rule.probability) continue;
        rule.struck++;
        return rule.kind;
      }
      return null;
    },
  };
}
