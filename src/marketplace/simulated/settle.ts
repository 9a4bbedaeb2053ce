import type pg from 'pg';
import type { Instant } from '../../domain/ids.ts';
import { feeOnReward } from './money.ts';

/** What time alone brings about: assignments run out, and work nobody reviewed is approved and paid. */
export async function settle(tx: Pick<pg.PoolClient, 'query'>, now: Instant): Promise<void> {
  await tx.query(
    `update marketplace.assignments set status = 'abandoned' where status = 'accepted' and deadline <= $1`,
    [now],
  );
  const { rows } = await tx.query<{ assignment_id: string }>(
    `select assignment_id from marketplace.assignments
     where status = 'submitted' and auto_approval_at <= $1
     order by assignment_id for update skip locked`,
    [now],
  );
  await approveAndPay(
    tx,
    rows.map(({ assignment_id }) => assignment_id),
    now,
  );
}

/** Marks assignments as approved and pays their rewards, each once. */
export async function approveAndPay(
  tx: Pick<pg.PoolClient, 'query'>,
  assignmentIds: readonly string[],
  now: Instant,
): Promise<void> {
  if (assignmentIds.length === 0) return;
  const { rows } = await tx.query<{
    assignment_id: string;
    worker_id: string;
    requester: string;
    reward_cents: number;
    max_assignments: number;
  }>(
    `update marketplace.assignments a set status = 'approved', reviewed_at = $2
     from marketplace.hits h join marketplace.hit_types t using (hit_type_id)
     where a.assignment_id = any($1) and h.hit_id = a.hit_id and a.status in ('submitted', 'rejected')
     returning a.assignment_id, a.worker_id, h.requester, t.reward_cents, h.max_assignments`,
    [assignmentIds, now],
  );
  await tx.query(
    `insert into marketplace.payments (requester, kind, assignment_id, worker_id, cents, fee_cents, paid_at)
     select requester, 'reward', assignment, worker, cents, fee, $6
     from unnest($1::text[], $2::text[], $3::text[], $4::int[], $5::int[]) as paid (requester, assignment, worker, cents, fee)
     on conflict do nothing`,
    [
      rows.map((row) => row.requester),
      rows.map((row) => row.assignment_id),
      rows.map((row) => row.worker_id),
      rows.map((row) => row.reward_cents),
      rows.map((row) => feeOnReward(row.reward_cents, row.max_assignments)),
      now,
    ],
  );
}
