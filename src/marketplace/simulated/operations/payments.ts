import { z } from 'zod';
import { accountOf, lockAccount } from '../account.ts';
import { feeOnBonus, toCents, toDollars } from '../money.ts';
import {
  CustomerId,
  Dollars,
  EntityId,
  insufficientFunds,
  invalid,
  noSuchAssignment,
  type Operation,
  operation,
  Paging,
  pageAnswer,
  pageOf,
  requestError,
  Token,
  toSeconds,
} from '../protocol.ts';
import { rememberToken, resultOfToken } from './hits.ts';

const SANDBOX_BALANCE = '10000.00';

export const paymentOperations: Readonly<Record<string, Operation>> = {
  SendBonus: operation(
    z.object({
      WorkerId: CustomerId,
      BonusAmount: Dollars,
      AssignmentId: EntityId,
      Reason: z.string().min(1),
      UniqueRequestToken: Token.optional(),
    }),
    async (call, { WorkerId, BonusAmount, AssignmentId, Reason, UniqueRequestToken: token }) => {
      const { tx, requester, now } = call;
      const cents = toCents(BonusAmount);
      if (cents <= 0) return invalid('BonusAmount must be more than 0');
      await lockAccount(tx, requester);
      const { rows } = await tx.query<{ worker_id: string; status: string }>(
        `select a.worker_id, a.status from marketplace.assignments a join marketplace.hits h using (hit_id)
         where a.assignment_id = $1 and h.requester = $2`,
        [AssignmentId, requester],
      );
      const assignment = rows[0];
      if (
        assignment === undefined ||
        assignment.worker_id !== WorkerId ||
        !['submitted', 'approved', 'rejected'].includes(assignment.status)
      )
        return noSuchAssignment(AssignmentId, now);
      if (token !== undefined && (await resultOfToken(call, token)) !== null)
        return requestError(
          'InvalidParameterValue',
          `The idempotency token "${token}" has already been processed.`,
          now,
        );
      const { balance } = await accountOf(tx, requester, now);
      if (cents + feeOnBonus(cents) > balance) return insufficientFunds(now);
      await tx.query(
        `insert into marketplace.payments (requester, kind, assignment_id, worker_id, cents, fee_cents, reason, paid_at)
         values ($1, 'bonus', $2, $3, $4, $5, $6, $7)`,
        [requester, AssignmentId, WorkerId, cents, feeOnBonus(cents), Reason, now],
      );
      if (token !== undefined) await rememberToken(call, token, 'bonus');
      return { output: {} };
    },
  ),

  ListBonusPayments: operation(
    z.object({ HITId: EntityId.optional(), AssignmentId: EntityId.optional(), ...Paging }),
    async ({ tx, requester }, input) => {
      if (input.HITId === undefined && input.AssignmentId === undefined)
        return invalid('HITId or AssignmentId is required');
      const { limit, offset } = pageOf(input);
      const { rows } = await tx.query<{
        worker_id: string;
        assignment_id: string;
        cents: number;
        reason: string;
        paid_at: string;
      }>(
        `select p.* from marketplace.payments p join marketplace.assignments a using (assignment_id)
         where p.requester = $1 and p.kind = 'bonus'
           and ($2::text is null or a.hit_id = $2) and ($3::text is null or p.assignment_id = $3)
         order by p.payment_id limit $4 offset $5`,
        [requester, input.HITId ?? null, input.AssignmentId ?? null, limit, offset],
      );
      const BonusPayments = rows.map((row) => ({
        WorkerId: row.worker_id,
        BonusAmount: toDollars(row.cents),
        AssignmentId: row.assignment_id,
        Reason: row.reason,
        GrantTime: toSeconds(row.paid_at),
      }));
      return { output: { BonusPayments, ...pageAnswer(offset, rows.length) } };
    },
  ),

  GetAccountBalance: operation(z.object({}), async ({ tx, requester, now }) => {
    const { balance } = await accountOf(tx, requester, now);
    const AvailableBalance = requester.startsWith('sandbox/') ? SANDBOX_BALANCE : toDollars(balance);
    return { output: { AvailableBalance } };
  }),

  /** E-mails reach only workers whose work was reviewed; for the others the answer says so. */
  NotifyWorkers: operation(
    z.object({
      Subject: z.string().min(1).max(200),
      MessageText: z.string().min(1).max(4096),
      WorkerIds: z.array(CustomerId).min(1).max(100),
    }),
    async ({ tx, requester }, { WorkerIds }) => {
      const { rows } = await tx.query<{ worker_id: string }>(
        `select distinct a.worker_id from marketplace.assignments a join marketplace.hits h using (hit_id)
         where h.requester = $1 and a.worker_id = any($2) and a.status in ('approved', 'rejected')`,
        [requester, WorkerIds],
      );
      const known = new Set(rows.map(({ worker_id }) => worker_id));
      return {
        output: {
          NotifyWorkersFailureStatuses: WorkerIds.filter((id) => !known.has(id)).map((WorkerId) => ({
            NotifyWorkersFailureCode: 'HardFailure',
            NotifyWorkersFailureMessage: 'This worker has not worked for you.',
            WorkerId,
          })),
        },
      };
    },
  ),
};
