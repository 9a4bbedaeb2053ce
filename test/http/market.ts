import type { MarketplaceHitId, ProtoHitId } from '../../src/domain/ids.ts';
import { fields, ids } from '../support/events.ts';
import type { House } from './house.ts';

/** The nth HIT of a ProtoHIT is on the market, as if the scheduler had posted it. Answers with its id there. */
export async function postHit(
  { commands }: House,
  { n, protoHitId, maxAssignments = 1 }: { n: number; protoHitId: string; maxAssignments?: number },
): Promise<MarketplaceHitId> {
  const context = { actor: 'scheduler', requestId: 'test' } as const;
  const [hitId, marketplaceHitId] = [ids.hit(n), ids.marketplaceHit(n)];
  const order = { hitId, recruitedFor: null, fields: fields(), sandbox: true, maxAssignments };
  await commands.requestHitPost(context, { hits: [{ ...order, protoHitId: protoHitId as ProtoHitId }] });
  await commands.recordHitPosted(context, { hitId, marketplaceHitId, expiresAt: Date.now() + 3_600_000 });
  return marketplaceHitId;
}
