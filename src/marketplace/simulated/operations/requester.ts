import { z } from 'zod';
import { accountOf } from '../account.ts';
import { text, WorkerId } from '../limits.ts';
import { toDollars } from '../money.ts';
import { type Operation, operation } from '../protocol.ts';

/** What the sandbox always has, as the real one did. */
const SANDBOX_BALANCE = '10000.00';

export const requesterOperations: Readonly<Record<string, Operation>> = {
  GetAccountBalance: operation(z.object({}), async ({ tx, requester, isSandbox, now }) => ({
    output: {
      AvailableBalance: isSandbox ? SANDBOX_BALANCE : toDollars((await accountOf(tx, requester, now)).balance),
    },
  })),

  /** E-mails reach only workers whose work was reviewed; of the others the answer says so. Nothing is sent here. */
  NotifyWorkers: operation(
    z.object({
      Subject: text({ min: 1, max: 200 }),
      MessageText: text({ min: 1, max: 4096 }),
      WorkerIds: z.array(WorkerId).min(1).max(100),
    }),
    async ({ tx, requester }, { WorkerIds }) => {
      const { rows } = await tx.query<{ worker_id: string }>(
        `select distinct a.worker_id
         from marketplace.assignments a
         join marketplace.hits h using (hit_id)
         where h.requester = $1 and a.worker_id = any($2) and a.status in ('approved', 'rejected')`,
        [requester, WorkerIds],
      );
      const reached = new Set(rows.map(({ worker_id }) => worker_id));
      const NotifyWorkersFailureStatuses = WorkerIds.filter((id) => !reached.has(id)).map((id) => ({
        NotifyWorkersFailureCode: 'HardFailure',
        NotifyWorkersFailureMessage: 'This worker has no reviewed work of yours.',
        WorkerId: id,
      }));
      return { output: { NotifyWorkersFailureStatuses } };
    },
  ),
};
