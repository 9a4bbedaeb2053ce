import type pg from 'pg';
import type { Instant } from '../../domain/ids.ts';

export type Account = {
  readonly deposits: number;
  /** What workers were paid, and what the marketplace kept. */
  readonly paid: number;
  readonly fees: number;
  /** Held back for work that can still be handed in or approved. */
  readonly liability: number;
  /** deposits - paid - fees - liability. */
  readonly balance: number;
};

/** A requester's first deposit, in cents. The sandbox always has this much, as the real one had. */
export const FIRST_DEPOSIT_CENTS = 1_000_000;

/** Makes sure that a requester has an account, and locks it: what costs money is done one at a time. */
export async function lockAccount(tx: pg.PoolClient, requester: string): Promise<void> {
  await tx.query('insert into marketplace.requesters (requester, deposits) values ($1, $2) on conflict do nothing', [
    requester,
    FIRST_DEPOSIT_CENTS,
  ]);
  await tx.query('select from marketplace.requesters where requester = $1 for update', [requester]);
}

/** All amounts in US cents. */
export async function accountOf(tx: Pick<pg.PoolClient, 'query'>, requester: string, now: Instant): Promise<Account> {
  const { rows } = await tx.query<Record<'deposits' | 'paid' | 'fees' | 'liability', string>>(
    `select
       coalesce((select deposits from marketplace.requesters where requester = $1), $3) as deposits,
       (select coalesce(sum(cents), 0) from marketplace.payments where requester = $1) as paid,
       (select coalesce(sum(fee_cents), 0) from marketplace.payments where requester = $1) as fees,
       (select coalesce(sum(
          (h.reward_cents + greatest(1, round(h.reward_cents * 0.2))
            + case when h.max_assignments >= 10 then round(h.reward_cents * 0.2) else 0 end)
          * (h.pending + h.submitted + case when h.status = 'Assignable' then h.available else 0 end)
        ), 0)
        from marketplace.hits_at($2) h
        where h.requester = $1 and h.status <> 'Disposed') as liability`,
    [requester, now, FIRST_DEPOSIT_CENTS],
  );
  const row = rows[0];
  const [deposits, paid, fees, liability] = [row?.deposits, row?.paid, row?.fees, row?.liability].map(Number);
  const sums = { deposits: deposits ?? 0, paid: paid ?? 0, fees: fees ?? 0, liability: liability ?? 0 };
  return { ...sums, balance: sums.deposits - sums.paid - sums.fees - sums.liability };
}
