import type pg from 'pg';
import type { Instant } from '../../domain/ids.ts';

type Queries = Pick<pg.PoolClient, 'query'>;

/** An assignment as its worker sees it. */
export type HeldAssignment = {
  readonly assignmentId: string;
  readonly hitId: string;
  readonly workerId: string;
  readonly status: string;
  readonly title: string;
  readonly rewardCents: number;
  readonly paidCents: number;
  readonly question: string;
};

/** A worker's assignments, newest first, with what each brought; or one of them. */
export async function assignmentsOf(
  db: Queries,
  { workerId, assignmentId, limit = 100 }: { workerId: string; assignmentId?: string; limit?: number },
): Promise<readonly HeldAssignment[]> {
  const { rows } = await db.query<HeldAssignment>(
    `select a.assignment_id as "assignmentId", a.hit_id as "hitId", a.worker_id as "workerId", a.status,
            t.title, t.reward_cents as "rewardCents", h.question,
            (select coalesce(sum(p.cents), 0)::int
             from marketplace.payments p
             where p.assignment_id = a.assignment_id) as "paidCents"
     from marketplace.assignments a
     join marketplace.hits h using (hit_id)
     join marketplace.hit_types t using (hit_type_id)
     where a.worker_id = $1 and ($2::text is null or a.assignment_id = $2)
     order by a.accepted_at desc, a.assignment_id
     limit $3`,
    [workerId, assignmentId ?? null, limit],
  );
  return rows;
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

/** Takes the result of an assignment; false if it is not held any more. */
export async function submit(
  db: Queries,
  { assignmentId, answer, now }: { assignmentId: string; answer: Readonly<Record<string, string>>; now: Instant },
): Promise<boolean> {
  const { rowCount } = await db.query(
    `update marketplace.assignments a
     set status = 'submitted', submitted_at = $3, answer = $2,
         auto_approval_at = $3 + t.auto_approval_delay::bigint * 1000
     from marketplace.hits h
     join marketplace.hit_types t using (hit_type_id)
     where a.assignment_id = $1 and a.status = 'accepted' and a.deadline > $3 and h.hit_id = a.hit_id`,
    [assignmentId, JSON.stringify(answer), now],
  );
  return rowCount === 1;
}
