import type { Answer } from '../domain/answer.ts';
import { streamId } from '../domain/event.ts';
import type { AssignmentId, EventId, Instant } from '../domain/ids.ts';
import { columnsOf, foldInto, type Table } from './fold.ts';
import type { Queryable, Recorded } from './projection.ts';

/** Work that was handed in, and what was decided about it. */
export type ReviewRow = {
  readonly assignmentId: AssignmentId;
  /** By the marketplace's clock, if it says; null if it does not. */
  readonly acceptedAt: Instant | null;
  readonly submittedAt: Instant | null;
  /** Null: the marketplace did not tell. */
  readonly answer: Answer | null;
  /** Fields that there was no room for in the log. */
  readonly fieldsLeftOut: number;
  /** What is on its way to the marketplace; null if nothing is. */
  readonly asked: 'approval' | 'rejection' | null;
  /** Of the decision's event. */
  readonly token: EventId | null;
  readonly overridesRejection: boolean;
  readonly askedAt: Instant | null;
  /** Who decided last, as the log names them. */
  readonly askedBy: string | null;
  /** What the worker is told of a rejection. */
  readonly feedback: string | null;
  readonly reviewedAt: Instant | null;
  /** Why the marketplace refused the last decision; null if it did not. */
  readonly fault: string | null;
};

const table: Table<ReviewRow> = {
  name: 'reviews',
  ddl: `
    create table reviews (
      assignment_id text primary key,
      accepted_at double precision,
      submitted_at double precision,
      answer jsonb,
      fields_left_out int not null,
      asked text,
      token uuid,
      overrides_rejection boolean not null,
      asked_at double precision,
      asked_by text,
      feedback text,
      reviewed_at double precision,
      fault text
    );
    create index reviews_under_way on reviews (asked_at, assignment_id) where asked is not null;`,
  key: 'assignmentId',
  columns: [
    'assignmentId',
    'acceptedAt',
    'submittedAt',
    'answer',
    'fieldsLeftOut',
    'asked',
    'token',
    'overridesRejection',
    'askedAt',
    'askedBy',
    'feedback',
    'reviewedAt',
    'fault',
  ],
};

const reviewEvents = [
  'AssignmentSubmitted',
  'ApprovalRequested',
  'RejectionRequested',
  'ReviewFailed',
  'AssignmentApproved',
  'AssignmentRejected',
] as const;

export const reviews = foldInto({
  table,
  version: 2,
  events: reviewEvents,
  keyOf: (event) => streamId(event.stream),
  evolve: (before, event): ReviewRow => {
    const row = before ?? unreviewed(event);
    const { at } = event.data;
    switch (event.type) {
      case 'AssignmentSubmitted': {
        const { answer = null, fieldsLeftOut = 0, acceptedAt = null } = event.data;
        return { ...row, acceptedAt, submittedAt: at, answer, fieldsLeftOut };
      }
      case 'ApprovalRequested':
        return { ...row, ...asked(event), asked: 'approval', overridesRejection: event.data.overridesRejection };
      case 'RejectionRequested':
        return { ...row, ...asked(event), asked: 'rejection', feedback: event.data.feedback };
      case 'ReviewFailed':
        return { ...row, asked: null, fault: `${event.data.code}: ${event.data.message}` };
      case 'AssignmentApproved':
      case 'AssignmentRejected':
        return { ...row, asked: null, fault: null, reviewedAt: at };
    }
  },
});

const unreviewed = ({ stream }: Recorded<(typeof reviewEvents)[number]>): ReviewRow => ({
  assignmentId: streamId(stream) as AssignmentId,
  acceptedAt: null,
  submittedAt: null,
  answer: null,
  fieldsLeftOut: 0,
  asked: null,
  token: null,
  overridesRejection: false,
  askedAt: null,
  askedBy: null,
  feedback: null,
  reviewedAt: null,
  fault: null,
});

const asked = ({ id, data, metadata }: Recorded<'ApprovalRequested' | 'RejectionRequested'>) => ({
  token: id,
  askedAt: data.at,
  askedBy: metadata.actor,
  feedback: null,
  fault: null,
});

/** A decision that the marketplace has not answered to. */
export type ReviewAsked = Pick<ReviewRow, 'assignmentId' | 'overridesRejection'> & {
  readonly asked: 'approval' | 'rejection';
  readonly token: EventId;
  readonly feedback: string | null;
  readonly sandbox: boolean;
};

/** Decisions to carry out, oldest first. */
export async function awaitingReview(db: Queryable, { limit }: { limit: number }): Promise<readonly ReviewAsked[]> {
  const { rows } = await db.query<ReviewAsked>(
    `select ${columnsOf(table, 'r')}, h.sandbox
     from reviews r
     join tasks t using (assignment_id)
     join hits h using (hit_id)
     where r.asked is not null
     order by r.asked_at, r.assignment_id
     limit $1`,
    [limit],
  );
  return rows;
}
