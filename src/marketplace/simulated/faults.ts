import { z } from 'zod';
import { coalesce } from '../../postgres/coalesce.ts';
import type { Database } from '../../postgres/pool.ts';
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
  'lapsed',
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
  operation: z.string().max(100),
  kind: FaultKind,
  /** How likely each call is to fail. */
  probability: z.number().min(0).max(1).default(1),
  /** Calls let through before the rule begins. */
  after: z.int().min(0).default(0),
  /** How often it strikes; for ever if left out. */
  times: z.int().min(1).optional(),
});
export type FaultRule = z.infer<typeof FaultRule>;

export type FaultRules = { readonly version: string; readonly rules: readonly FaultRule[] };

/** The rules in force, on every node. */
export async function faultRules(db: Pick<Database, 'query'>): Promise<FaultRules> {
  const { rows } = await db.query<{ version: string; rules: unknown }>('select version, rules from marketplace.faults');
  return { version: rows[0]?.version ?? '0', rules: z.array(FaultRule).parse(rows[0]?.rules ?? []) };
}

/** Puts other rules in force. */
export async function setFaultRules(db: Pick<Database, 'query'>, rules: readonly FaultRule[]): Promise<void> {
  await db.query('update marketplace.faults set version = version + 1, rules = $1', [JSON.stringify(rules)]);
}

/** Adds a rule to those in force. */
export async function addFaultRule(db: Pick<Database, 'query'>, rule: FaultRule): Promise<void> {
  await db.query('update marketplace.faults set version = version + 1, rules = rules || $1::jsonb', [
    JSON.stringify([rule]),
  ]);
}

/** Removes a rule by its place, if nobody has changed the rules since they were seen. */
export async function removeFaultRule(
  db: Pick<Database, 'query'>,
  { version, place }: { version: string; place: number },
): Promise<boolean> {
  const { rowCount } = await db.query(
    'update marketplace.faults set version = version + 1, rules = rules - $2::int where version = $1',
    [version, place],
  );
  return rowCount === 1;
}

/** What befalls a call of this operation; null: nothing. */
export type Strike = (operation: string) => Promise<FaultKind | null>;

/** Strikes as the rules in force say. `after` and `times` are counted on each node by itself. */
export function createStrike(db: Pick<Database, 'query'>, random: Random): Strike {
  // One question for all calls of a turn of the event loop: a requester posts hundreds at once.
  const inForceNow = coalesce<'now', FaultRules>(async () => new Map([['now', await faultRules(db)]]), { maxKeys: 1 });
  let version = '';
  let armed: (FaultRule & { seen: number; struck: number })[] = [];
  return async (operation) => {
    const inForce = await inForceNow('now');
    if (inForce !== undefined && inForce.version !== version) {
      version = inForce.version;
      armed = inForce.rules.map((rule) => ({ ...rule, seen: 0, struck: 0 }));
    }
    for (const rule of armed) {
      if (rule.operation !== '*' && rule.operation !== operation) continue;
      if (rule.seen++ < rule.after) continue;
      if (rule.times !== undefined && rule.struck >= rule.times) continue;
      if (random() >= rule.probability) continue;
      rule.struck++;
      return rule.kind;
    }
    return null;
  };
}
