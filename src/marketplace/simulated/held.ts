import type pg from 'pg';
import type { Instant } from '../../domain/ids.ts';

type Queries = Pick<pg.PoolClient, 'query'>;

/** An assignment as its worker sees it. Money in US cents. */
export type HeldAssignment = {
  readonly assignmentId: string;
  readonly hitId: string;
  readonly hitTypeId: string;
  readonly workerId: string;
  readonly requester: string;
  readonly status: 'accepted' | 'returned' | 'abandoned' | 'submitted' | 'approved' | 'rejected';
  readonly title: string;
  readonly rewardCents: number;
  readonly assignmentDurationSeconds: number;
  readonly acceptedAt: Instant;
  readonly deadline: Instant;
  /** When work that nobody reviews is paid by itself; null until it is submitted. */
  readonly autoApprovalAt: Instant | null;
  /** All that was paid for it, and how much of that on top of the reward. */
  readonly paidCents: number;
  readonly bonusCents: number;
  readonly bonusReasons: readonly string[];
  /** What the requester wrote to an approval or a rejection. */
  readonly feedback: string | null;
  readonly question: string;
};

/** A worker's assignments, newest first, with what each brought; or one of them. */
export async function assignmentsOf(
  db: Queries,
  { workerId, assignmentId, limit = 100 }: { workerId: string; assignmentId?: string; limit?: number },
): Promise<readonly HeldAssignment[]> {
  const { rows } = await db.query<Omit<HeldAssignment, Moment> & Record<Moment, string | null>>(
    `select a.assignment_id as "assignmentId", a.hit_id as "hitId", h.hit_type_id as "hitTypeId",
            a.worker_id as "workerId", h.requester, a.status, t.title, t.reward_cents as "rewardCents",
            t.assignment_duration as "assignmentDurationSeconds", a.accepted_at as "acceptedAt", a.deadline,
            a.auto_approval_at as "autoApprovalAt", a.feedback, h.question,
            paid.cents as "paidCents", paid.bonus as "bonusCents", paid.reasons as "bonusReasons"
     from marketplace.assignments a
     join marketplace.hits h using (hit_id)
     join marketplace.hit_types t using (hit_type_id)
     cross join lateral (
       select coalesce(sum(p.cents), 0)::int as cents,
              coalesce(sum(p.cents) filter (where p.kind = 'bonus'), 0)::int as bonus,
              coalesce(array_agg(p.reason order by p.payment_id) filter (where p.reason is not null), '{}') as reasons
       from marketplace.payments p
       where p.assignment_id = a.assignment_id and p.worker_id = a.worker_id
     ) paid
     where a.worker_id = $1 and ($2::text is null or a.assignment_id = $2)
     order by a.accepted_at desc, a.assignment_id
     limit $3`,
    [workerId, assignmentId ?? null, limit],
  );
  return rows.map((row) => ({
    ...row,
    acceptedAt: Number(row.acceptedAt),
    deadline: Number(row.deadline),
    autoApprovalAt: row.autoApprovalAt === null ? null : Number(row.autoApprovalAt),
  }));
}

type Moment = 'acceptedAt' | 'deadline' | 'autoApprovalAt';

/** What a worker has earned and may still earn, in US cents, whatever the list shows. */
export type Earned = {
  readonly rewards: number;
  readonly bonuses: number;
  /** Of work that is handed in and not reviewed yet. */
  readonly pending: number;
  /** Of work that was turned down. */
  readonly rejected: number;
};

export async function earnedBy(db: Queries, workerId: string): Promise<Earned> {
  const { rows } = await db.query<Earned>(
    `with paid as (
       select coalesce(sum(cents) filter (where kind = 'reward'), 0)::int as rewards,
              coalesce(sum(cents) filter (where kind = 'bonus'), 0)::int as bonuses
       from marketplace.payments
       where worker_id = $1
     ), unpaid as (
       select coalesce(sum(t.reward_cents) filter (where a.status = 'submitted'), 0)::int as pending,
              coalesce(sum(t.reward_cents) filter (where a.status = 'rejected'), 0)::int as rejected
       from marketplace.assignments a
       join marketplace.hits h using (hit_id)
       join marketplace.hit_types t using (hit_type_id)
       where a.worker_id = $1 and a.status in ('submitted', 'rejected')
     )
     select rewards, bonuses, pending, rejected from paid, unpaid`,
    [workerId],
  );
  return rows[0] ?? { rewards: 0, bonuses: 0, pending: 0, rejected: 0 };
}

/** Gives an assignment back; false if it is not held any more. */
export async function giveBack(
  db: Queries,
  { assignmentId, workerId }: { assignmentId: string; workerId: string },
): Promise<boolean> {
  const { rowCount } = await db.query(
    `update marketplace.assignments
     set status = 'returned'
     where assignment_id = $1 and worker_id = $2 and status = 'accepted'`,
    [assignmentId, workerId],
  );
  return rowCount === 1;
}

/** What became of a submission; `already`: what came first stands. */
export type Submitted = 'submitted' | 'already' | 'timeUp' | 'givenBack' | 'unknown';

/** Takes the result of an assignment, if it is held; says why not, if not. */
export async function submit(
  db: Queries,
  { assignmentId, answer, now }: { assignmentId: string; answer: Readonly<Record<string, string>>; now: Instant },
): Promise<Submitted> {
  const { rowCount } = await db.query(
    `update marketplace.assignments a
     set status = 'submitted', submitted_at = $3, answer = $2,
         auto_approval_at = $3 + t.auto_approval_delay::bigint * 1000
     from marketplace.hits h
     join marketplace.hit_types t using (hit_type_id)
     where a.assignment_id = $1 and a.status = 'accepted' and a.deadline > $3 and h.hit_id = a.hit_id`,
    [assignmentId, JSON.stringify(answer), now],
  );
  if (rowCount === 1) return 'submitted';
  const { rows } = await db.query<{ status: HeldAssignment['status'] }>(
    'select status from marketplace.assignments where assignment_id = $1',
    [assignmentId],
  );
  const status = rows[0]?.status;
  if (status === undefined) return 'unknown';
  if (status === 'returned') return 'givenBack';
  return status === 'accepted' || status === 'abandoned' ? 'timeUp' : 'already';
}
