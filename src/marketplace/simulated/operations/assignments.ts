import type pg from 'pg';
import { z } from 'zod';
import { accountOf, lockAccount } from '../account.ts';
import { feeOnReward } from '../money.ts';
import {
  type Call,
  EntityId,
  insufficientFunds,
  noSuchAssignment,
  noSuchHit,
  type Operation,
  operation,
  Paging,
  pageAnswer,
  pageOf,
  requestError,
  toSeconds,
} from '../protocol.ts';
import { approveAndPay } from '../settle.ts';

type Row = {
  assignment_id: string;
  hit_id: string;
  worker_id: string;
  status: string;
  accepted_at: string;
  deadline: string;
  submitted_at: string | null;
  auto_approval_at: string | null;
  reviewed_at: string | null;
  answer: Record<string, string> | null;
  feedback: string | null;
  reward_cents: number;
  max_assignments: number;
};

const rowsWhere = async (
  tx: Pick<pg.PoolClient, 'query'>,
  condition: string,
  values: readonly unknown[],
): Promise<readonly Row[]> =>
  (
    await tx.query<Row>(
      `select a.*, t.reward_cents, h.max_assignments
       from marketplace.assignments a
       join marketplace.hits h using (hit_id)
       join marketplace.hit_types t using (hit_type_id)
       where ${condition}`,
      [...values],
    )
  ).rows;

const shown = (row: Row) => ({
  AssignmentId: row.assignment_id,
  WorkerId: row.worker_id,
  HITId: row.hit_id,
  AssignmentStatus: row.status.charAt(0).toUpperCase() + row.status.slice(1),
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

const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

const answerXml = (answer: Record<string, string>): string =>
  '<?xml version="1.0" encoding="UTF-8"?><QuestionFormAnswers xmlns="http://mechanicalturk.amazonaws.com/AWSMechanicalTurkDataSchemas/2005-10-01/QuestionFormAnswers.xsd">' +
  Object.entries(answer)
    .map(
      ([name, value]) =>
        `<Answer><QuestionIdentifier>${escaped(name)}</QuestionIdentifier><FreeText>${escaped(value)}</FreeText></Answer>`,
    )
    .join('') +
  '</QuestionFormAnswers>';

const find = async ({ tx, requester }: Call, assignmentId: string): Promise<Row | undefined> =>
  (await rowsWhere(tx, 'a.assignment_id = $1 and h.requester = $2', [assignmentId, requester]))[0];

const isHandedIn = ({ status }: Row): boolean => ['submitted', 'approved', 'rejected'].includes(status);

const wrongState = (allowed: string, call: Call) =>
  requestError('InvalidAssignmentState', `This operation can be called with a status of: ${allowed}`, call.now);

export const assignmentOperations: Readonly<Record<string, Operation>> = {
  ListAssignmentsForHIT: operation(
    z.object({
      HITId: EntityId,
      AssignmentStatuses: z.array(z.enum(['Submitted', 'Approved', 'Rejected'])).optional(),
      ...Paging,
    }),
    async (call, input) => {
      const { tx, requester, now } = call;
      const { rowCount } = await tx.query('select from marketplace.hits where hit_id = $1 and requester = $2', [
        input.HITId,
        requester,
      ]);
      if (rowCount === 0) return noSuchHit(input.HITId, now);
      const { limit, offset } = pageOf(input);
      const statuses = (input.AssignmentStatuses ?? ['Submitted', 'Approved', 'Rejected']).map((name) =>
        name.toLowerCase(),
      );
      const rows = await rowsWhere(
        tx,
        `a.hit_id = $1 and a.status = any($2) order by a.submitted_at, a.assignment_id limit $3 offset $4`,
        [input.HITId, statuses, limit, offset],
      );
      return { output: { Assignments: rows.map(shown), ...pageAnswer(offset, rows.length) } };
    },
  ),

  GetAssignment: operation(z.object({ AssignmentId: EntityId }), async (call, { AssignmentId }) => {
    const row = await find(call, AssignmentId);
    if (row === undefined) return noSuchAssignment(AssignmentId, call.now);
    return isHandedIn(row) ? { output: { Assignment: shown(row) } } : wrongState('Reviewable,Approved,Rejected', call);
  }),

  ApproveAssignment: operation(
    z.object({
      AssignmentId: EntityId,
      RequesterFeedback: z.string().max(1024).optional(),
      OverrideRejection: z.boolean().optional(),
    }),
    async (call, { AssignmentId, OverrideRejection }) => {
      const { tx, requester, now } = call;
      await lockAccount(tx, requester);
      const row = await find(call, AssignmentId);
      if (row === undefined) return noSuchAssignment(AssignmentId, now);
      if (row.status === 'rejected' && OverrideRejection === true) {
        const { balance } = await accountOf(tx, requester, now);
        if (row.reward_cents + feeOnReward(row.reward_cents, row.max_assignments) > balance)
          return insufficientFunds(now);
      } else if (row.status !== 'submitted') {
        return wrongState('Submitted', call);
      }
      await approveAndPay(tx, [AssignmentId], now);
      return { output: {} };
    },
  ),

  RejectAssignment: operation(
    z.object({ AssignmentId: EntityId, RequesterFeedback: z.string().min(1).max(1024) }),
    async (call, { AssignmentId, RequesterFeedback }) => {
      const row = await find(call, AssignmentId);
      if (row === undefined) return noSuchAssignment(AssignmentId, call.now);
      if (row.status !== 'submitted') return wrongState('Submitted', call);
      await call.tx.query(
        `update marketplace.assignments set status = 'rejected', reviewed_at = $2, feedback = $3 where assignment_id = $1`,
        [AssignmentId, call.now, RequesterFeedback],
      );
      return { output: {} };
    },
  ),
};
