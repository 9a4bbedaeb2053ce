import type pg from 'pg';
import { z } from 'zod';
import type { Instant } from '../../domain/ids.ts';

/** A HIT as workers see it in the list. */
export type OfferedHit = {
  readonly hitId: string;
  readonly title: string;
  readonly description: string;
  readonly rewardCents: number;
  readonly assignmentDurationSeconds: number;
  readonly available: number;
  readonly createdAt: Instant;
  readonly question: string;
};

/** Why a worker may not do what they asked; words for the worker. */
export type Denied = { readonly denied: string };

/** What a worker may hold at once (Mechanical Turk's own limit on queued HITs). */
const MOST_HELD = 25;

const Requirement = z.object({
  QualificationTypeId: z.string(),
  Comparator: z.string(),
  IntegerValues: z.array(z.number()).optional(),
  LocaleValues: z.array(z.object({ Country: z.string() })).optional(),
});
const LOCALE = '00000000000000000071';
const PERCENT_APPROVED = '000000000000000000L0';

type Worker = { readonly workerId: string; readonly country: string; readonly approval: number };

/** The worker of this id, made known if they were not. */
export async function knownWorker(
  tx: Pick<pg.PoolClient, 'query'>,
  workerId: string,
  { country = 'US', approval = 100 }: { country?: string | undefined; approval?: number | undefined } = {},
): Promise<Worker> {
  const { rows } = await tx.query<{ country: string; approval: number }>(
    `insert into marketplace.workers as w (worker_id, country, approval) values ($1, $2, $3)
     on conflict (worker_id) do update set worker_id = w.worker_id
     returning country, approval`,
    [workerId, country, approval],
  );
  return { workerId, country: rows[0]?.country ?? country, approval: rows[0]?.approval ?? approval };
}

/** What can be accepted now, newest first. */
export async function offeredHits(
  tx: Pick<pg.PoolClient, 'query'>,
  { now, limit, hitId }: { now: Instant; limit: number; hitId?: string },
): Promise<readonly OfferedHit[]> {
  const { rows } = await tx.query<{
    hit_id: string;
    title: string;
    description: string;
    reward_cents: number;
    assignment_duration: number;
    available: number;
    created_at: string;
    question: string;
  }>(
    `select * from marketplace.hits_at($1)
     where status = 'Assignable' and ($3::text is null or hit_id = $3)
     order by created_at desc, hit_id desc limit $2`,
    [now, limit, hitId ?? null],
  );
  return rows.map((row) => ({
    hitId: row.hit_id,
    title: row.title,
    description: row.description,
    rewardCents: row.reward_cents,
    assignmentDurationSeconds: row.assignment_duration,
    available: row.available,
    createdAt: Number(row.created_at),
    question: row.question,
  }));
}

/** A worker takes an assignment of a HIT: one a worker and HIT, while there are any and the worker qualifies. */
export async function accept(
  tx: pg.PoolClient,
  { hitId, worker, now, newId }: { hitId: string; worker: Worker; now: Instant; newId: () => Promise<string> },
): Promise<{ assignmentId: string } | Denied> {
  await tx.query('select from marketplace.hits where hit_id = $1 for update', [hitId]);
  const { rows } = await tx.query<{ status: string; assignment_duration: number; qualifications: unknown }>(
    'select status, assignment_duration, qualifications from marketplace.hits_at($1) where hit_id = $2',
    [now, hitId],
  );
  const hit = rows[0];
  if (hit === undefined || hit.status !== 'Assignable') return { denied: 'There are no more assignments of this HIT.' };
  if (!qualifies(worker, z.array(Requirement).parse(hit.qualifications)))
    return { denied: 'You do not meet the requirements of this HIT.' };
  const { rows: held } = await tx.query<{ open: string; again: string }>(
    `select count(*) filter (where status = 'accepted') as open,
            count(*) filter (where hit_id = $2 and status not in ('returned', 'abandoned')) as again
     from marketplace.assignments where worker_id = $1`,
    [worker.workerId, hitId],
  );
  if (Number(held[0]?.again ?? 0) > 0) return { denied: 'You have an assignment of this HIT.' };
  if (Number(held[0]?.open ?? 0) >= MOST_HELD) return { denied: `You hold ${MOST_HELD} HITs, which is the most.` };
  const assignmentId = await newId();
  await tx.query(
    `insert into marketplace.assignments (assignment_id, hit_id, worker_id, status, accepted_at, deadline)
     values ($1, $2, $3, 'accepted', $4, $5)`,
    [assignmentId, hitId, worker.workerId, now, now + hit.assignment_duration * 1000],
  );
  return { assignmentId };
}

function qualifies(worker: Worker, requirements: readonly z.infer<typeof Requirement>[]): boolean {
  return requirements.every(({ QualificationTypeId, Comparator, IntegerValues = [], LocaleValues = [] }) => {
    if (QualificationTypeId === LOCALE) {
      const listed = LocaleValues.some(({ Country }) => Country === worker.country);
      return Comparator === 'EqualTo' || Comparator === 'In' ? listed : !listed;
    }
    if (QualificationTypeId !== PERCENT_APPROVED) return Comparator === 'DoesNotExist' || Comparator === 'NotIn';
    const wanted = IntegerValues[0] ?? 0;
    switch (Comparator) {
      case 'LessThan':
        return worker.approval < wanted;
      case 'LessThanOrEqualTo':
        return worker.approval <= wanted;
      case 'GreaterThan':
        return worker.approval > wanted;
      case 'GreaterThanOrEqualTo':
        return worker.approval >= wanted;
      case 'EqualTo':
        return worker.approval === wanted;
      case 'NotEqualTo':
        return worker.approval !== wanted;
      case 'In':
        return IntegerValues.includes(worker.approval);
      case 'NotIn':
        return !IntegerValues.includes(worker.approval);
      default:
        return Comparator === 'Exists';
    }
  });
}

/** Gives an assignment back before its time is up. */
export async function giveBack(
  tx: Pick<pg.PoolClient, 'query'>,
  { assignmentId, workerId }: { assignmentId: string; workerId: string },
): Promise<boolean> {
  const { rowCount } = await tx.query(
    `update marketplace.assignments set status = 'returned'
     where assignment_id = $1 and worker_id = $2 and status = 'accepted'`,
    [assignmentId, workerId],
  );
  return rowCount === 1;
}

/** Takes the result of an assignment; false if it is not held any more. */
export async function submit(
  tx: Pick<pg.PoolClient, 'query'>,
  { assignmentId, answer, now }: { assignmentId: string; answer: Readonly<Record<string, string>>; now: Instant },
): Promise<boolean> {
  const { rowCount } = await tx.query(
    `update marketplace.assignments a
     set status = 'submitted', submitted_at = $3, answer = $2,
         auto_approval_at = $3 + t.auto_approval_delay::bigint * 1000
     from marketplace.hits h join marketplace.hit_types t using (hit_type_id)
     where a.assignment_id = $1 and a.status = 'accepted' and a.deadline > $3 and h.hit_id = a.hit_id`,
    [assignmentId, JSON.stringify(answer), now],
  );
  return rowCount === 1;
}

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
  tx: Pick<pg.PoolClient, 'query'>,
  { workerId, assignmentId, limit = 100 }: { workerId?: string; assignmentId?: string; limit?: number },
): Promise<readonly HeldAssignment[]> {
  const { rows } = await tx.query<HeldAssignment>(
    `select a.assignment_id as "assignmentId", a.hit_id as "hitId", a.worker_id as "workerId", a.status,
            t.title, t.reward_cents as "rewardCents", h.question,
            (select coalesce(sum(p.cents), 0)::int from marketplace.payments p
             where p.assignment_id = a.assignment_id) as "paidCents"
     from marketplace.assignments a
     join marketplace.hits h using (hit_id)
     join marketplace.hit_types t using (hit_type_id)
     where ($1::text is null or a.worker_id = $1) and ($2::text is null or a.assignment_id = $2)
     order by a.accepted_at desc limit $3`,
    [workerId ?? null, assignmentId ?? null, limit],
  );
  return rows;
}
