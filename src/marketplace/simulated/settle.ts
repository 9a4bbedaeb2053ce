import type { Instant } from '../../domain/ids.ts';
import type { Database } from '../../postgres/pool.ts';

/**
 * What time alone brings about: assignments run out, and work nobody reviewed is approved and paid. A transaction of
 * its own that waits for no lock, before whatever looks at the market.
 */
export async function settle(db: Pick<Database, 'query'>, now: Instant): Promise<void> {
  await db.query(
    `with run_out as (
       update marketplace.assignments
       set status = 'abandoned'
       where assignment_id in (
         select assignment_id from marketplace.assignments
         where status = 'accepted' and deadline <= $1
         for update skip locked
       )
     ), unreviewed as (
       select assignment_id from marketplace.assignments
       where status = 'submitted' and auto_approval_at <= $1
       for update skip locked
     ), approved as (
       update marketplace.assignments a
       set status = 'approved', reviewed_at = a.auto_approval_at
       from unreviewed, marketplace.hits h join marketplace.hit_types t using (hit_type_id)
       where a.assignment_id = unreviewed.assignment_id and h.hit_id = a.hit_id
       returning h.requester, a.assignment_id, a.worker_id, t.reward_cents, h.max_assignments, a.auto_approval_at
     )
     insert into marketplace.payments (requester, kind, assignment_id, worker_id, cents, fee_cents, paid_at)
     select requester, 'reward', assignment_id, worker_id, reward_cents,
            marketplace.fee_on_reward(reward_cents, max_assignments), auto_approval_at
     from approved`,
    [now],
  );
}
