import { z } from 'zod';
import { canAfford, lockAccount } from '../account.ts';
import { EntityId, text } from '../limits.ts';
import {
  type Call,
  insufficientFunds,
  noSuchAssignment,
  type Operation,
  operation,
  requestError,
} from '../protocol.ts';
import { type AssignmentRow, assignmentsWhere } from './shownAssignment.ts';

const Feedback = text({ min: 1, max: 1024 });
const DAY_MS = 24 * 3_600_000;

const wrongState = (call: Call) =>
  requestError(call, 'InvalidAssignmentState', 'This operation can be called with a status of: Submitted');

/** The assignment, locked: a worker, the clock and another review wait until this one is done. */
async function lockAssignment(call: Call, assignmentId: string): Promise<AssignmentRow | undefined> {
  await lockAccount(call);
  const [row] = await assignmentsWhere(call.tx, 'a.assignment_id = $1 and h.requester = $2 for update of a', [
    assignmentId,
    call.requester,
  ]);
  return row;
}

export const reviewOperations: Readonly<Record<string, Operation>> = {
  ApproveAssignment: operation(
    z.object({
      AssignmentId: EntityId,
      RequesterFeedback: Feedback.optional(),
      OverrideRejection: z.boolean().default(false),
    }),
    async (call, { AssignmentId, RequesterFeedback, OverrideRejection }) => {
      const assignment = await lockAssignment(call, AssignmentId);
      if (assignment === undefined) return noSuchAssignment(call, AssignmentId);
      const overrides = OverrideRejection && canBeOverridden(call, assignment);
      if (assignment.status !== 'submitted' && !overrides) return wrongState(call);
      if (overrides && !(await canAfford(call, await costOf(call, AssignmentId)))) return insufficientFunds(call);
      await approveAndPay(call, AssignmentId, RequesterFeedback ?? null);
      return { output: {} };
    },
  ),

  RejectAssignment: operation(
    z.object({ AssignmentId: EntityId, RequesterFeedback: Feedback }),
    async (call, { AssignmentId, RequesterFeedback }) => {
      const assignment = await lockAssignment(call, AssignmentId);
      if (assignment === undefined) return noSuchAssignment(call, AssignmentId);
      if (assignment.status !== 'submitted') return wrongState(call);
      await call.tx.query(
        `update marketplace.assignments set status = 'rejected', reviewed_at = $2, feedback = $3 where assignment_id = $1`,
        [AssignmentId, call.now, RequesterFeedback],
      );
      return { output: {} };
    },
  ),
};

/** A rejection can be taken back for 30 days, while the HIT is there. */
const canBeOverridden = ({ now }: Call, { status, reviewed_at, disposed }: AssignmentRow): boolean =>
  status === 'rejected' && !disposed && now <= Number(reviewed_at) + 30 * DAY_MS;

/** Reward and fee of an assignment, in cents. */
async function costOf({ tx }: Call, assignmentId: string): Promise<number> {
  const { rows } = await tx.query<{ cents: number }>(
    `select t.reward_cents + marketplace.fee_on_reward(t.reward_cents, h.max_assignments) as cents
     from marketplace.assignments a join marketplace.hits h using (hit_id) join marketplace.hit_types t using (hit_type_id)
     where a.assignment_id = $1`,
    [assignmentId],
  );
  return rows[0]?.cents ?? 0;
}

const approveAndPay = ({ tx, now }: Call, assignmentId: string, feedback: string | null) =>
  tx.query(
    `with approved as (
       update marketplace.assignments a
       set status = 'approved', reviewed_at = $2, feedback = $3
       from marketplace.hits h join marketplace.hit_types t using (hit_type_id)
       where a.assignment_id = $1 and h.hit_id = a.hit_id
       returning h.requester, a.assignment_id, a.worker_id, t.reward_cents, h.max_assignments
     )
     insert into marketplace.payments (requester, kind, assignment_id, worker_id, cents, fee_cents, paid_at)
     select requester, 'reward', assignment_id, worker_id, reward_cents,
            marketplace.fee_on_reward(reward_cents, max_assignments), $2
     from approved`,
    [assignmentId, now, feedback],
  );
