import type pg from 'pg';
import { z } from 'zod';
import type { Instant } from '../../domain/ids.ts';
import { Qualification, qualifies } from './qualification.ts';

/** A HIT as workers see it. */
export type OfferedHit = {
  readonly hitId: string;
  /** Equal HITs of one requester share it: they are one entry of the list. */
  readonly hitTypeId: string;
  /** The side of the market and the requester's name, like "sandbox/RETAINER". */
  readonly requester: string;
  readonly title: string;
  readonly description: string;
  readonly rewardCents: number;
  readonly assignmentDurationSeconds: number;
  /** Assignments that can still be accepted. */
  readonly available: number;
  readonly createdAt: Instant;
  readonly expiresAt: Instant;
  readonly question: string;
};

type Offered = {
  readonly now: Instant;
  readonly limit: number;
  /** Without the HITs that this worker has had. */
  readonly workerId?: string | undefined;
  readonly hitId?: string | undefined;
};

/** What can be accepted now, newest first; or one HIT, if it can be. */
export async function offeredHits(
  db: Pick<pg.PoolClient, 'query'>,
  { now, limit, workerId, hitId }: Offered,
): Promise<readonly OfferedHit[]> {
  const { rows } = await db.query<Omit<OfferedHit, 'createdAt' | 'expiresAt'> & Times>(
    `select hit_id as "hitId", hit_type_id as "hitTypeId", requester, title, description,
            reward_cents as "rewardCents", assignment_duration as "assignmentDurationSeconds", available,
            created_at as "createdAt", expires_at as "expiresAt", question
     from marketplace.hits_at($1) h
     where ${OPEN} and ($4::text is null or hit_id = $4)
     order by created_at desc, hit_id desc
     limit $2`,
    [now, limit, workerId ?? null, hitId ?? null],
  );
  return rows.map((row) => ({ ...row, createdAt: Number(row.createdAt), expiresAt: Number(row.expiresAt) }));
}

/** Equal HITs, of which the newest is shown. */
export type OfferedGroup = Omit<OfferedHit, 'question'> & {
  /** How many HITs there are; `available` is of all of them. */
  readonly hits: number;
};

/** The list as workers read it: a line for each kind of HIT, the one with the newest HIT first. */
export async function offeredGroups(
  db: Pick<pg.PoolClient, 'query'>,
  { now, limit, workerId }: Omit<Offered, 'hitId'>,
): Promise<readonly OfferedGroup[]> {
  const { rows } = await db.query<Omit<OfferedGroup, 'createdAt' | 'expiresAt'> & Times>(
    `select (array_agg(hit_id order by created_at desc, hit_id desc))[1] as "hitId", hit_type_id as "hitTypeId",
            requester, title, description, reward_cents as "rewardCents",
            assignment_duration as "assignmentDurationSeconds", sum(available)::int as available,
            count(*)::int as hits, max(created_at) as "createdAt", max(expires_at) as "expiresAt"
     from marketplace.hits_at($1) h
     where ${OPEN}
     group by hit_type_id, requester, title, description, reward_cents, assignment_duration
     order by max(created_at) desc, hit_type_id
     limit $2`,
    [now, limit, workerId ?? null],
  );
  return rows.map((row) => ({ ...row, createdAt: Number(row.createdAt), expiresAt: Number(row.expiresAt) }));
}

type Times = { readonly createdAt: string; readonly expiresAt: string };

/** At the moment $1, for the worker $3 (null: for anybody). */
const OPEN = `expires_at > $1 and status = 'Assignable'
       and ($3::text is null or not exists (
         select from marketplace.assignments had
         where had.hit_id = h.hit_id and had.worker_id = $3 and had.status not in ('returned', 'abandoned')))`;

/** Why a worker may not do what they asked; words for the worker. */
export type Denied = { readonly denied: string };

/** What a worker may hold at once (Mechanical Turk's own limit on queued HITs). */
const MOST_HELD = 25;

type Visitor = {
  readonly workerId: string;
  readonly country?: string | undefined;
  readonly approval?: number | undefined;
};

/**
 * A worker takes an assignment of a HIT: one a worker and HIT, while there are any and the worker qualifies. What a
 * worker says of themselves is taken down at their first visit.
 */
export async function accept(
  tx: pg.PoolClient,
  { hitId, worker, now, newId }: { hitId: string; worker: Visitor; now: Instant; newId: () => Promise<string> },
): Promise<{ assignmentId: string } | Denied> {
  const { country, approval } = await lockWorker(tx, worker);
  await tx.query('select from marketplace.hits where hit_id = $1 for update', [hitId]);
  const { rows } = await tx.query<{ status: string; assignment_duration: number; qualifications: unknown }>(
    'select status, assignment_duration, qualifications from marketplace.hits_at($1) where hit_id = $2',
    [now, hitId],
  );
  const hit = rows[0];
  if (hit?.status !== 'Assignable') return { denied: 'Somebody else was quicker: there is no place left in this HIT.' };
  const { held, again, approvedHits, isBlocked } = await recordOf(tx, worker.workerId, hitId);
  if (isBlocked) return { denied: 'This requester does not let you accept their HITs.' };
  const standing = { country, approval, approvedHits };
  if (!qualifies(standing, z.array(Qualification).parse(hit.qualifications)))
    return { denied: 'You do not meet the requirements of this HIT.' };
  if (again > 0) return { denied: 'You have had this HIT already.' };
  if (held >= MOST_HELD)
    return { denied: `You hold ${MOST_HELD} HITs, which is the most. Finish or return one first.` };
  const assignmentId = await newId();
  await tx.query(
    `insert into marketplace.assignments (assignment_id, hit_id, worker_id, status, accepted_at, deadline)
     values ($1, $2, $3, 'accepted', $4, $5)`,
    [assignmentId, hitId, worker.workerId, now, now + hit.assignment_duration * 1000],
  );
  return { assignmentId };
}

/** Makes the worker known if they were not, and locks them: they accept one HIT at a time. */
async function lockWorker(
  tx: pg.PoolClient,
  { workerId, country = 'US', approval = 100 }: Visitor,
): Promise<{ country: string; approval: number }> {
  const { rows } = await tx.query<{ country: string; approval: number }>(
    `insert into marketplace.workers as w (worker_id, country, approval) values ($1, $2, $3)
     on conflict (worker_id) do update set worker_id = w.worker_id
     returning country, approval`,
    [workerId, country, approval],
  );
  return rows[0] ?? { country, approval };
}

/** How many HITs a worker holds, how many assignments of this one they have had and not given up, their past, and their standing with its requester. */
async function recordOf(tx: pg.PoolClient, workerId: string, hitId: string) {
  const { rows } = await tx.query<{ held: number; again: number; approvedHits: number; isBlocked: boolean }>(
    `select (count(*) filter (where status = 'accepted'))::int as held,
            (count(*) filter (where hit_id = $2 and status not in ('returned', 'abandoned')))::int as again,
            (count(*) filter (where status = 'approved'))::int as "approvedHits",
            exists (select from marketplace.worker_blocks b join marketplace.hits h using (requester)
                    where b.worker_id = $1 and h.hit_id = $2) as "isBlocked"
     from marketplace.assignments
     where worker_id = $1`,
    [workerId, hitId],
  );
  return rows[0] ?? { held: 0, again: 0, approvedHits: 0, isBlocked: false };
}
