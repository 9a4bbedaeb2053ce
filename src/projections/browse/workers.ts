import type { WorkerId } from '../../domain/ids.ts';
import type { Queryable } from '../projection.ts';
import type { WorkerRow } from '../workers.ts';
import { filterOf, type Page, pageOf } from './page.ts';

/** A person and their record with us. */
export type WorkerShown = Pick<
  WorkerRow,
  | 'workerId'
  | 'firstSeenAt'
  | 'lastSeenAt'
  | 'movedAt'
  | 'assignments'
  | 'phase'
  | 'marketplace'
  | 'blockedAt'
  | 'blockedBy'
  | 'reason'
  | 'fault'
> & {
  /** Of the assignments they came with, how many without a token. */
  readonly unsigned: number;
  readonly called: number;
  readonly responded: number;
  readonly submitted: number;
  readonly approved: number;
  readonly rejected: number;
  /** Rewards of approved work and bonuses paid, without the marketplace's fees. */
  readonly earnedCents: number;
};

export type WorkerFilter = {
  /** What their id begins with. */
  readonly search: string | null;
  readonly isBlocked: true | null;
};

/** The record is added up for those on the page alone. */
const SELECT = `
  select w.worker_id as "workerId", w.first_seen_at as "firstSeenAt", w.last_seen_at as "lastSeenAt",
         w.moved_at as "movedAt", w.assignments, w.phase, w.marketplace, w.blocked_at as "blockedAt",
         w.blocked_by as "blockedBy", w.reason, w.fault,
         work.unsigned, work.called, work.responded, work.submitted, work.approved, work.rejected,
         (work.rewards + coalesce(bonus.paid, 0))::int as "earnedCents"
  from workers w
  cross join lateral (
    select count(*) filter (where not t.is_signed)::int as unsigned,
           count(*) filter (where t.called_at is not null)::int as called,
           count(*) filter (where t.responded_at is not null)::int as responded,
           count(*) filter (where t.phase = 'submitted')::int as submitted,
           count(*) filter (where t.phase = 'approved')::int as approved,
           count(*) filter (where t.phase = 'rejected')::int as rejected,
           coalesce(sum((h.fields ->> 'rewardCents')::int) filter (where t.phase = 'approved'), 0) as rewards
    from tasks t
    left join hits h using (hit_id)
    where t.worker_id = w.worker_id
  ) work
  cross join lateral (
    select sum(b.amount_cents) as paid
    from bonuses b
    join tasks t using (assignment_id)
    where t.worker_id = w.worker_id and b.phase = 'paid'
  ) bonus`;

/** Who was here last first. */
export const browseWorkers = (
  db: Queryable,
  { search, isBlocked }: WorkerFilter,
  page: Page,
): Promise<readonly WorkerShown[]> =>
  pageOf<WorkerShown>(
    db,
    SELECT,
    { at: 'w.moved_at', id: 'w.worker_id' },
    filterOf([
      ['starts_with(w.worker_id, $)', search],
      [`w.phase = 'blocked' and $::boolean`, isBlocked],
    ]),
    page,
  );

export const findWorker = async (db: Queryable, id: WorkerId): Promise<WorkerShown | undefined> =>
  (
    await pageOf<WorkerShown>(
      db,
      SELECT,
      { at: 'w.moved_at', id: 'w.worker_id' },
      filterOf([['w.worker_id = $', id]]),
      { limit: 1, before: null },
    )
  )[0];
