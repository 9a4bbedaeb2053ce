import type pg from 'pg';
import { toSeconds } from '../protocol.ts';

export type AssignmentRow = {
  assignment_id: string;
  hit_id: string;
  worker_id: string;
  status: 'accepted' | 'returned' | 'abandoned' | 'submitted' | 'approved' | 'rejected';
  accepted_at: string;
  deadline: string;
  submitted_at: string | null;
  auto_approval_at: string | null;
  reviewed_at: string | null;
  answer: Record<string, string> | null;
  feedback: string | null;
  disposed: boolean;
};

/** Assignments by a condition on `a` (the assignment) and `h` (its HIT). */
export async function assignmentsWhere(
  tx: Pick<pg.PoolClient, 'query'>,
  condition: string,
  values: readonly unknown[],
): Promise<readonly AssignmentRow[]> {
  const { rows } = await tx.query<AssignmentRow>(
    `select a.*, h.disposed
     from marketplace.assignments a
     join marketplace.hits h using (hit_id)
     where ${condition}`,
    [...values],
  );
  return rows;
}

const SHOWN_STATUS: Readonly<Partial<Record<AssignmentRow['status'], string>>> = {
  submitted: 'Submitted',
  approved: 'Approved',
  rejected: 'Rejected',
};

/** The API knows an assignment only from when it was handed in. */
export const isHandedIn = ({ status }: AssignmentRow): boolean => SHOWN_STATUS[status] !== undefined;

export const shownAssignment = (row: AssignmentRow) => ({
  AssignmentId: row.assignment_id,
  WorkerId: row.worker_id,
  HITId: row.hit_id,
  AssignmentStatus: SHOWN_STATUS[row.status],
  AcceptTime: toSeconds(row.accepted_at),
  Deadline: toSeconds(row.deadline),
  ...(row.submitted_at === null ? {} : { SubmitTime: toSeconds(row.submitted_at) }),
  ...(row.auto_approval_at === null ? {} : { AutoApprovalTime: toSeconds(row.auto_approval_at) }),
  ...(row.reviewed_at === null
    ? {}
    : { [row.status === 'approved' ? 'ApprovalTime' : 'RejectionTime']: toSeconds(row.reviewed_at) }),
  ...(row.feedback === null ? {} : { RequesterFeedback: row.feedback }),
  Answer: answerXml(row.answer ?? {}),
});

const NAMESPACE = 'http://mechanicalturk.amazonaws.com/AWSMechanicalTurkDataSchemas/2005-10-01/QuestionFormAnswers.xsd';

const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

const answerXml = (answer: Record<string, string>): string => {
  const answers = Object.entries(answer).map(
    ([field, value]) =>
      `<Answer><QuestionIdentifier>${escaped(field)}</QuestionIdentifier>` +
      `<FreeText>${escaped(value)}</FreeText></Answer>`,
  );
  return (
    `<?xml version="1.0" encoding="UTF-8"?>` +
    `<QuestionFormAnswers xmlns="${NAMESPACE}">${answers.join('')}</QuestionFormAnswers>`
  );
};
