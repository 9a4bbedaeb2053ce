import { z } from 'zod';
import { canAfford, lockAccount } from '../account.ts';
import { EntityId, EpochSeconds } from '../limits.ts';
import {
  type Call,
  fromSeconds,
  insufficientFunds,
  noSuchHit,
  type Operation,
  operation,
  requestError,
} from '../protocol.ts';

const HitId = z.object({ HITId: EntityId });

type Standing = { status: string; submitted: number; expires_at: string; open_cents: string };

/** The HIT as it stands, locked against whoever would accept it now. */
async function lockHit(call: Call, hitId: string): Promise<Standing | undefined> {
  await lockAccount(call);
  const { tx, requester, now } = call;
  await tx.query('select from marketplace.hits where hit_id = $1 and requester = $2 for update', [hitId, requester]);
  const { rows } = await tx.query<Standing>(
    `select status, submitted, expires_at,
            available::bigint * (reward_cents + marketplace.fee_on_reward(reward_cents, max_assignments)) as open_cents
     from marketplace.hits_at($1)
     where hit_id = $2 and requester = $3`,
    [now, hitId, requester],
  );
  return rows[0];
}

const wrongState = (call: Call, state: string, allowed: string) =>
  requestError(
    call,
    'InvalidHITState',
    `This HIT is currently in the state '${state}'.  This operation can be called with a status of: ${allowed}`,
  );

export const endHitOperations: Readonly<Record<string, Operation>> = {
  /** A moment in the past means now; a later one brings back a HIT that has run out, if it can be paid for. */
  UpdateExpirationForHIT: operation(HitId.extend({ ExpireAt: EpochSeconds }), async (call, { HITId, ExpireAt }) => {
    const hit = await lockHit(call, HITId);
    if (hit === undefined) return noSuchHit(call, HITId);
    if (hit.status === 'Disposed') return wrongState(call, hit.status, 'Assignable, Unassignable, Reviewable');
    const [expireAt, expiresAt] = [fromSeconds(ExpireAt), Number(hit.expires_at)];
    const revives = expireAt > call.now && expiresAt <= call.now;
    if (revives && !(await canAfford(call, Number(hit.open_cents)))) return insufficientFunds(call);
    await call.tx.query('update marketplace.hits set expires_at = $2 where hit_id = $1', [
      HITId,
      expireAt > call.now ? expireAt : Math.min(expiresAt, call.now),
    ]);
    return { output: {} };
  }),

  UpdateHITReviewStatus: operation(HitId.extend({ Revert: z.boolean().default(false) }), async (call, input) => {
    const hit = await lockHit(call, input.HITId);
    if (hit === undefined) return noSuchHit(call, input.HITId);
    const from = input.Revert ? 'Reviewing' : 'Reviewable';
    if (hit.status !== from) return wrongState(call, hit.status, from);
    await call.tx.query('update marketplace.hits set reviewing = $2 where hit_id = $1', [input.HITId, !input.Revert]);
    return { output: {} };
  }),

  /** Only when nobody can hand in work any more and all of it was reviewed. */
  DeleteHIT: operation(HitId, async (call, { HITId }) => {
    const hit = await lockHit(call, HITId);
    if (hit === undefined) return noSuchHit(call, HITId);
    if ((hit.status !== 'Reviewable' && hit.status !== 'Reviewing') || hit.submitted > 0)
      return wrongState(call, hit.status, 'Reviewing, Reviewable');
    await call.tx.query('update marketplace.hits set disposed = true where hit_id = $1', [HITId]);
    return { output: {} };
  }),
};
