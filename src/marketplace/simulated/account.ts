import type pg from 'pg';
import type { Instant } from '../../domain/ids.ts';
import type { Call } from './protocol.ts';

/** A requester's books, in US cents. */
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

/** A requester's first deposit. */
export const FIRST_DEPOSIT_CENTS = 1_000_000;

/** Makes sure that a requester has an account, and locks it: what a requester changes is changed one call at a time. */
export async function lockAccount({ tx, requester }: Pick<Call, 'tx' | 'requester'>): Promise<void> {
  await tx.query('insert into marketplace.requesters (requester, deposits) values ($1, $2) on conflict do nothing', [
    requester,
    FIRST_DEPOSIT_CENTS,
  ]);
  await tx.query('select from marketplace.requesters where requester = $1 for update', [requester]);
}

/** Whether a requester can take on a cost. */
export const canAfford = async ({ tx, requester, isSandbox, now }: Call, cents: number): Promise<boolean> =>
  isSandbox || cents <= (await accountOf(tx, requester, now)).balance;

/**
 * Liable for two things: assignments that are held or await review, and those that can still be accepted. Only
 * they are read, so that a market with a long past answers as fast as a new one.
 */
export async function accountOf(tx: Pick<pg.PoolClient, 'query'>, requester: string, now: Instant): Promise<Account> {
  const { rows } = await tx.query<Record<'deposits' | 'paid' | 'fees' | 'liability', string>>(
    `with under_way as (
       select sum(t.reward_cents + marketplace.fee_on_reward(t.reward_cents, h.max_assignments)) as cents
       from marketplace.assignments a
       join marketplace.hits h using (hit_id)
       join marketplace.hit_types t using (hit_type_id)
       where a.status in ('accepted', 'submitted') and h.requester = $1
     ), on_offer as (
       select sum(greatest(0, available)::bigint * (reward_cents + marketplace.fee_on_reward(reward_cents, max_assignments))) as cents
       from marketplace.hits_at($2)
       where requester = $1 and expires_at > $2 and status <> 'Disposed'
     ), spent as (
       select sum(cents) as paid, sum(fee_cents) as fees
       from marketplace.payments
       where requester = $1
     )
     select
       coalesce((select deposits from marketplace.requesters where requester = $1), $3) as deposits,
       coalesce(spent.paid, 0) as paid,
       coalesce(spent.fees, 0) as fees,
       coalesce(under_way.cents, 0) + coalesce(on_offer.cents, 0) as liability
     from spent, under_way, on_offer`,
    [requester, now, FIRST_DEPOSIT_CENTS],
  );
  const row = rows[0];
  const [deposits = 0, paid = 0, fees = 0, liability = 0] = [row?.deposits, row?.paid, row?.fees, row?.liability].map(
    Number,
  );
  return { deposits, paid, fees, liability, balance: deposits - paid - fees - liability };
}

/** Every requester's books, by name. There are a handful: one for each access key and side. */
export async function accountsOf(
  tx: Pick<pg.PoolClient, 'query'>,
  now: Instant,
): Promise<readonly (readonly [requester: string, account: Account])[]> {
  const { rows } = await tx.query<{ requester: string }>('select requester from marketplace.requesters order by 1');
  return Promise.all(rows.map(async ({ requester }) => [requester, await accountOf(tx, requester, now)] as const));
}
