import { z } from 'zod';
import { text, WorkerId } from '../limits.ts';
import { pageAnswer, paging } from '../paging.ts';
import { type Operation, operation } from '../protocol.ts';

/** A blocked worker keeps what they hold and can accept no further HIT of this requester's. */
export const blockOperations: Readonly<Record<string, Operation>> = {
  CreateWorkerBlock: operation(
    z.object({ WorkerId, Reason: text({ min: 1, max: 1024 }) }),
    async ({ tx, requester, now }, { WorkerId: workerId, Reason }) => {
      await tx.query(
        `insert into marketplace.worker_blocks (requester, worker_id, reason, blocked_at) values ($1, $2, $3, $4)
         on conflict (requester, worker_id) do update set reason = excluded.reason`,
        [requester, workerId, Reason, now],
      );
      return { output: {} };
    },
  ),

  /** Of somebody who is not blocked: nothing to do. */
  DeleteWorkerBlock: operation(
    z.object({ WorkerId, Reason: text({ min: 1, max: 1024 }).optional() }),
    async ({ tx, requester }, { WorkerId: workerId }) => {
      await tx.query('delete from marketplace.worker_blocks where requester = $1 and worker_id = $2', [
        requester,
        workerId,
      ]);
      return { output: {} };
    },
  ),

  ListWorkerBlocks: operation(z.object(paging), async ({ tx, requester }, { MaxResults, NextToken }) => {
    const { rows } = await tx.query<{ worker_id: string; reason: string }>(
      `select worker_id, reason from marketplace.worker_blocks
       where requester = $1 and worker_id > $2
       order by worker_id limit $3`,
      [requester, NextToken.id, MaxResults],
    );
    const answer = pageAnswer(rows, ({ worker_id }) => ({ number: 0, id: worker_id }));
    return {
      output: { WorkerBlocks: rows.map((row) => ({ WorkerId: row.worker_id, Reason: row.reason })), ...answer },
    };
  }),
};
