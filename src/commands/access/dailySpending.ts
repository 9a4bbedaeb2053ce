import { type Refused, refuse } from '../../domain/decision.ts';
import type { Instant } from '../../domain/ids.ts';
import { dollars } from '../../domain/money.ts';
import { type Database, inTransaction } from '../../postgres/pool.ts';

/** What may be committed a day, and for whom. */
export type Ceiling = {
  /** Whose spending it is: `key …`, or all of the installation's. */
  readonly subject: string;
  readonly mostCents: number;
  /** Names the ceiling to whoever meets it; completes "… may commit". */
  readonly who: string;
};

/** Spending of everybody: what commands commit, beside the HITs that the scheduler posts. */
export const EVERYBODY = 'everybody';

/** The day of a moment, in UTC: budgets begin again at midnight there. */
export const dayOf = (at: Instant): string => new Date(at).toISOString().slice(0, 10);
export const startOfDay = (at: Instant): Instant => Date.parse(`${dayOf(at)}T00:00:00Z`);

/**
 * Commits money against ceilings, all or none; refuses what would exceed one. Safe against commands at the same time:
 * whoever commits for the same subject waits. The same `entry` of a day counts once.
 */
export async function commitSpending(
  db: Database,
  { at, entry, cents, ceilings }: { at: Instant; entry: string; cents: number; ceilings: readonly Ceiling[] },
): Promise<Refused | null> {
  if (ceilings.length === 0) return null;
  const day = dayOf(at);
  const subjects = ceilings.map(({ subject }) => subject).toSorted();
  return inTransaction(db, async (tx) => {
    await tx.query(
      `select pg_advisory_xact_lock(hashtextextended('retainer spending ' || subject, 0))
       from unnest($1::text[]) as asked (subject)`,
      [subjects],
    );
    const { rows } = await tx.query<{ subject: string; cents: number }>(
      `select subject, sum(cents)::double precision as cents from retainer.daily_spending
       where day = $1 and subject = any ($2) and entry <> $3
       group by subject`,
      [day, subjects, entry],
    );
    const committed = new Map(rows.map((row) => [row.subject, row.cents]));
    const over = ceilings.find(({ subject, mostCents }) => (committed.get(subject) ?? 0) + cents > mostCents);
    if (over !== undefined) return overBudget(over, committed.get(over.subject) ?? 0, cents);
    await tx.query(
      `insert into retainer.daily_spending (day, subject, entry, cents) select $1, subject, $3, $4
       from unnest($2::text[]) as asked (subject)
       on conflict (day, subject, entry) do update set cents = excluded.cents`,
      [day, subjects, entry, cents],
    );
    return null;
  });
}

/** What commands have committed today for everybody, in US cents. */
export async function committedByCommands(db: Pick<Database, 'query'>, at: Instant): Promise<number> {
  const { rows } = await db.query<{ cents: number }>(
    `select coalesce(sum(cents), 0)::double precision as cents from retainer.daily_spending
     where day = $1 and subject = '${EVERYBODY}'`,
    [dayOf(at)],
  );
  return rows[0]?.cents ?? 0;
}

const overBudget = ({ who, mostCents }: Ceiling, committedCents: number, cents: number): Refused =>
  refuse(
    'forbidden',
    `${who} may commit ${dollars(Math.max(0, mostCents))} a day, of which ${dollars(Math.max(0, mostCents - committedCents))} ` +
      `are left until 00:00 UTC: ${dollars(cents)} are too much`,
  );
