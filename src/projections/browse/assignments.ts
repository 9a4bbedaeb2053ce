import type { Answer } from '../../domain/answer.ts';
import type { AssignmentPhase, ReleaseReason } from '../../domain/assignment.ts';
import type {
  AssignmentId,
  HitId,
  Instant,
  MarketplaceHitId,
  ProtoHitId,
  ReservationId,
  WorkerId,
} from '../../domain/ids.ts';
import type { Queryable } from '../projection.ts';
import { IS_ANSWER } from '../reservationProgress.ts';
import { filterOf, type Page, pageOf, UUID } from './page.ts';

/** An assignment with what was handed in, decided and paid. */
export type AssignmentRow = {
  readonly assignmentId: AssignmentId;
  readonly workerId: WorkerId;
  readonly isBlocked: boolean;
  readonly isSigned: boolean;
  readonly hitId: HitId;
  readonly marketplaceHitId: MarketplaceHitId;
  readonly hitTypeId: string | null;
  /** The ProtoHIT's. */
  readonly title: string | null;
  readonly sandbox: boolean;
  readonly rewardCents: number;
  readonly phase: AssignmentPhase;
  readonly released: ReleaseReason | null;
  readonly reservationId: ReservationId | null;
  readonly foreignId: string | null;
  /** How the reservation's payload begins: most often the question that the answer answers. */
  readonly question: string | null;
  readonly arrivedAt: Instant;
  readonly calledAt: Instant | null;
  readonly respondedAt: Instant | null;
  /** Accepted and handed in: by the marketplace's clock, if it says. */
  readonly acceptedAt: Instant | null;
  readonly submittedAt: Instant | null;
  readonly answer: Answer | null;
  /** Fields of it that there was no room for. */
  readonly fieldsLeftOut: number;
  /** What is on its way to the marketplace. */
  readonly asked: 'approval' | 'rejection' | null;
  readonly askedBy: string | null;
  readonly feedback: string | null;
  readonly reviewedAt: Instant | null;
  /** Why the marketplace refused the last decision. */
  readonly fault: string | null;
  /** Paid, on their way, and refused. */
  readonly bonusCents: number;
  readonly bonusOwedCents: number;
  readonly bonusFault: string | null;
};

export type AssignmentFilter = {
  /** The id of an assignment, a worker, a HIT (the marketplace's) or a reservation. */
  readonly search: string | null;
  readonly phase: AssignmentPhase | null;
  readonly workerId: WorkerId | null;
  /** Who did, or was called to, its task. */
  readonly reservationId?: ReservationId | null;
  readonly protoHitId?: ProtoHitId | null;
};

/** Ids are looked up by their own indexes first: a rare one is found at once among millions. */
const FOUND = `t.assignment_id in (
  select assignment_id from tasks where assignment_id = $
  union all select assignment_id from tasks where worker_id = $
  union all select own.assignment_id from tasks own join hits posted using (hit_id) where posted.marketplace_hit_id = $
  union all select assignment_id from tasks where reservation_id = ${UUID})`;

const QUESTION_LENGTH = 200;

const SELECT = `
  select t.assignment_id as "assignmentId", t.worker_id as "workerId", t.is_signed as "isSigned", t.hit_id as "hitId",
         t.marketplace_hit_id as "marketplaceHitId", t.phase, t.released, t.reservation_id as "reservationId",
         coalesce(t.foreign_id, wanted.foreign_id) as "foreignId",
         left(wanted.payload #>> '{}', ${QUESTION_LENGTH}) as question, t.arrived_at as "arrivedAt", t.called_at as "calledAt",
         t.responded_at as "respondedAt",
         h.fields ->> 'hitTypeId' as "hitTypeId", h.fields ->> 'title' as title, coalesce(h.sandbox, false) as sandbox,
         coalesce((h.fields ->> 'rewardCents')::int, 0) as "rewardCents",
         coalesce(w.phase = 'blocked', false) as "isBlocked",
         r.accepted_at as "acceptedAt", r.submitted_at as "submittedAt", r.answer,
         coalesce(r.fields_left_out, 0) as "fieldsLeftOut", r.asked, r.asked_by as "askedBy", r.feedback,
         r.reviewed_at as "reviewedAt", r.fault,
         coalesce(b.paid, 0)::int as "bonusCents", coalesce(b.owed, 0)::int as "bonusOwedCents",
         b.fault as "bonusFault"
  from tasks t
  left join hits h using (hit_id)
  left join reservations wanted on wanted.reservation_id = t.reservation_id
  left join workers w on w.worker_id = t.worker_id
  left join reviews r on r.assignment_id = t.assignment_id
  left join lateral (
    select sum(amount_cents) filter (where phase = 'paid') as paid,
           sum(amount_cents) filter (where phase = 'granted') as owed,
           max(fault) as fault
    from bonuses where assignment_id = t.assignment_id
  ) b on true`;

/** Newest first, by their arrival. */
export const browseAssignments = (
  db: Queryable,
  { search, phase, workerId, reservationId, protoHitId }: AssignmentFilter,
  page: Page,
): Promise<readonly AssignmentRow[]> =>
  pageOf<AssignmentRow>(
    db,
    SELECT,
    { at: 't.arrived_at', id: 't.assignment_id' },
    // The phase as a constant: only then does the index of the review queue fit.
    filterOf([
      [FOUND, search],
      [phase === 'submitted' ? `t.phase = 'submitted' and $::text is not null` : 't.phase = $', phase],
      ['t.worker_id = $', workerId],
      ['t.reservation_id = $::uuid', reservationId],
      ['t.proto_hit_id = $::uuid', protoHitId],
    ]),
    page,
  );

export const findAssignment = async (db: Queryable, id: AssignmentId): Promise<AssignmentRow | undefined> =>
  (
    await pageOf<AssignmentRow>(
      db,
      SELECT,
      { at: 't.arrived_at', id: 't.assignment_id' },
      filterOf([['t.assignment_id = $', id]]),
      { limit: 1, before: null },
    )
  )[0];

/** What was handed in for a reservation, in the order in which it came. */
export async function answersFor(db: Queryable, id: ReservationId): Promise<readonly AssignmentRow[]> {
  const { rows } = await db.query<AssignmentRow>(
    `${SELECT}
     where t.reservation_id = $1 and ${IS_ANSWER}
     order by r.submitted_at nulls last, t.assignment_id`,
    [id],
  );
  return rows;
}
