import { feeOnBonus, feeOnReward } from '../domain/fees.ts';
import type { Queryable } from './projection.ts';

/** `paid`: approved; `owed`: somebody holds the assignment or has handed it in; `offered`: on the market, untaken. */
export type SpendingState = 'paid' | 'owed' | 'offered';

/** US cents for one of the marketplace's sides, in one state. */
export type Spending = {
  readonly sandbox: boolean;
  readonly state: SpendingState;
  readonly rewardCents: number;
  readonly feeCents: number;
};

const STATES = ['paid', 'owed', 'offered'] as const;

type Bonuses = { sandbox: boolean; state: SpendingState; amountCents: number; many: number };

type Row = Record<SpendingState, number> & { sandbox: boolean; rewardCents: number; maxAssignments: number };

/**
 * What HITs cost, as far as the log knows: assignments by state, times reward and fee, and bonuses with theirs. Who was lost may still hand in
 * and be paid. Reads every assignment: ask once a minute, not once a request.
 */
export async function spending(db: Queryable): Promise<readonly Spending[]> {
  const bonuses = await bonusesByState(db);
  const { rows } = await db.query<Row>(
    `select h.sandbox, (h.fields->>'rewardCents')::int as "rewardCents", h.max_assignments as "maxAssignments",
            coalesce(sum(t.paid), 0)::int as paid,
            coalesce(sum(t.owed), 0)::int as owed,
            coalesce(sum(greatest(0, h.max_assignments - coalesce(t.taken, 0)))
                     filter (where h.phase in ('requested', 'posted') and not h.expire_when_posted), 0)::int as offered
     from hits h
     left join (
       select hit_id,
              count(*) filter (where phase = 'approved') as paid,
              count(*) filter (where phase in ('waiting', 'called', 'working', 'released', 'lost', 'submitted')) as owed,
              count(*) filter (where phase not in ('returned', 'abandoned')) as taken
       from tasks
       group by hit_id
     ) t using (hit_id)
     group by 1, 2, 3`,
  );
  return [true, false].flatMap((sandbox) =>
    STATES.map((state) => {
      const own = rows.filter((row) => row.sandbox === sandbox);
      const extra = bonuses.filter((row) => row.sandbox === sandbox && row.state === state);
      return {
        sandbox,
        state,
        rewardCents:
          own.reduce((sum, row) => sum + row[state] * row.rewardCents, 0) +
          extra.reduce((sum, row) => sum + row.many * row.amountCents, 0),
        feeCents:
          own.reduce((sum, row) => sum + row[state] * feeOnReward(row.rewardCents, row.maxAssignments), 0) +
          extra.reduce((sum, row) => sum + row.many * feeOnBonus(row.amountCents), 0),
      };
    }),
  );
}

async function bonusesByState(db: Queryable): Promise<readonly Bonuses[]> {
  const { rows } = await db.query<Bonuses>(
    `select h.sandbox, case b.phase when 'paid' then 'paid' else 'owed' end as state,
            b.amount_cents as "amountCents", count(*)::int as many
     from bonuses b
     join tasks t using (assignment_id)
     join hits h using (hit_id)
     where b.phase in ('granted', 'paid')
     group by 1, 2, 3`,
  );
  return rows;
}
