import { z } from 'zod';
import { canAfford, lockAccount } from '../account.ts';
import { Dollars, EntityId, Token, text, WorkerId } from '../limits.ts';
import { feeOnBonus, toDollars } from '../money.ts';
import { pageAnswer, paging } from '../paging.ts';
import {
  insufficientFunds,
  invalid,
  noSuchAssignment,
  noSuchHit,
  type Operation,
  operation,
  requestError,
  toSeconds,
} from '../protocol.ts';
import { rememberToken, resultOfToken } from '../tokens.ts';
import { assignmentsWhere, isHandedIn } from './shownAssignment.ts';

export const bonusOperations: Readonly<Record<string, Operation>> = {
  /** To a worker who handed in that assignment, whatever became of it; as often as the requester likes. */
  SendBonus: operation(
    z.object({
      WorkerId,
      BonusAmount: Dollars.refine((cents) => cents > 0, 'must be more than 0'),
      AssignmentId: EntityId,
      Reason: text({ min: 1, max: 4096 }),
      UniqueRequestToken: Token.optional(),
    }),
    async (call, { WorkerId: workerId, BonusAmount: cents, AssignmentId, Reason, UniqueRequestToken: token }) => {
      const { tx, requester, now } = call;
      await lockAccount(call);
      const [assignment] = await assignmentsWhere(tx, 'a.assignment_id = $1 and h.requester = $2', [
        AssignmentId,
        requester,
      ]);
      if (assignment === undefined || assignment.worker_id !== workerId || !isHandedIn(assignment))
        return noSuchAssignment(call, AssignmentId);
      if (token !== undefined && (await resultOfToken(call, token)) !== null)
        return requestError(
          call,
          'InvalidParameterValue',
          `The idempotency token "${token}" has already been processed.`,
        );
      if (!(await canAfford(call, cents + feeOnBonus(cents)))) return insufficientFunds(call);
      await tx.query(
        `insert into marketplace.payments (requester, kind, assignment_id, worker_id, cents, fee_cents, reason, paid_at)
         values ($1, 'bonus', $2, $3, $4, $5, $6, $7)`,
        [requester, AssignmentId, workerId, cents, feeOnBonus(cents), Reason, now],
      );
      if (token !== undefined) await rememberToken(call, token, 'bonus');
      return { output: {} };
    },
  ),

  ListBonusPayments: operation(
    z.object({ HITId: EntityId.optional(), AssignmentId: EntityId.optional(), ...paging }),
    async (call, { HITId = null, AssignmentId = null, MaxResults, NextToken }) => {
      const { tx, requester } = call;
      if (HITId === null && AssignmentId === null) return invalid('HITId or AssignmentId is required');
      if (HITId !== null) {
        const { rowCount } = await tx.query('select from marketplace.hits where hit_id = $1 and requester = $2', [
          HITId,
          requester,
        ]);
        if (rowCount === 0) return noSuchHit(call, HITId);
      }
      const { rows } = await tx.query<{
        payment_id: string;
        worker_id: string;
        assignment_id: string;
        cents: number;
        reason: string;
        paid_at: string;
      }>(
        `select p.payment_id, p.worker_id, p.assignment_id, p.cents, p.reason, p.paid_at
         from marketplace.payments p
         join marketplace.assignments a using (assignment_id)
         where p.requester = $1 and p.kind = 'bonus'
           and ($2::text is null or a.hit_id = $2)
           and ($3::text is null or a.assignment_id = $3)
           and p.payment_id > $4
         order by p.payment_id limit $5`,
        [requester, HITId, AssignmentId, NextToken.number, MaxResults],
      );
      const answer = pageAnswer(rows, ({ payment_id }) => ({ number: Number(payment_id), id: '' }));
      const BonusPayments = rows.map((row) => ({
        WorkerId: row.worker_id,
        BonusAmount: toDollars(row.cents),
        AssignmentId: row.assignment_id,
        Reason: row.reason,
        GrantTime: toSeconds(row.paid_at),
      }));
      return { output: { BonusPayments, ...answer } };
    },
  ),
};
