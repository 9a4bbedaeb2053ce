import { z } from 'zod';
import { EntityId } from '../limits.ts';
import { pageAnswer, paging } from '../paging.ts';
import { type Call, noSuchHit, type Operation, type OperationResult, operation } from '../protocol.ts';
import { hitsWhere, shownHit } from './shownHit.ts';

const Paging = z.object(paging);

export const readHitOperations: Readonly<Record<string, Operation>> = {
  GetHIT: operation(z.object({ HITId: EntityId }), async (call, { HITId }) => {
    const [row] = await hitsWhere(call.tx, call.now, 'h.hit_id = $2 and h.requester = $3', [HITId, call.requester]);
    return row === undefined ? noSuchHit(call, HITId) : { output: { HIT: shownHit(row) } };
  }),

  ListHITs: operation(Paging, (call, input) => page(call, input, `h.status <> 'Disposed'`)),

  ListReviewableHITs: operation(
    Paging.extend({ HITTypeId: EntityId.optional(), Status: z.enum(['Reviewable', 'Reviewing']).optional() }),
    (call, input) =>
      page(call, input, 'h.status = $6 and ($7::text is null or h.hit_type_id = $7)', [
        input.Status ?? 'Reviewable',
        input.HITTypeId ?? null,
      ]),
  ),
};

async function page(
  { tx, requester, now }: Call,
  { MaxResults, NextToken }: z.output<typeof Paging>,
  condition: string,
  values: readonly unknown[] = [],
): Promise<OperationResult> {
  const rows = await hitsWhere(
    tx,
    now,
    `h.requester = $2 and (h.created_at, h.hit_id) > ($3::bigint, $4::text) and ${condition}
     order by h.created_at, h.hit_id limit $5`,
    [requester, NextToken.number, NextToken.id, MaxResults, ...values],
  );
  const answer = pageAnswer(rows, (row) => ({ number: Number(row.created_at), id: row.hit_id }));
  return { output: { HITs: rows.map(shownHit), ...answer } };
}
