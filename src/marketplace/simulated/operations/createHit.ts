import { z } from 'zod';
import { canAfford, lockAccount } from '../account.ts';
import { EntityId, hitFields } from '../limits.ts';
import {
  type Call,
  type Fault,
  insufficientFunds,
  invalid,
  type Operation,
  type OperationResult,
  operation,
  requestError,
} from '../protocol.ts';
import { readQuestion } from '../question.ts';
import { rememberToken, resultOfToken } from '../tokens.ts';
import { HitType, hitTypeOf, madeHitType } from './hitTypes.ts';
import { hitsWhere, shownHit } from './shownHit.ts';

const Hit = z.object(hitFields);
const TypedHit = Hit.extend({ HITTypeId: EntityId });

export const createHitOperations: Readonly<Record<string, Operation>> = {
  CreateHIT: operation(HitType.extend(hitFields), (call, input) =>
    createHit(call, input, () => hitTypeOf(call, input)),
  ),

  CreateHITWithHITType: operation(TypedHit, (call, input) =>
    createHit(call, input, () => madeHitType(call, input.HITTypeId)),
  ),
};

async function createHit(
  call: Call,
  input: z.output<typeof Hit>,
  hitType: () => Promise<{ hitTypeId: string } | { fault: Fault }>,
): Promise<OperationResult> {
  const { tx, requester, now, allowHttp } = call;
  const { UniqueRequestToken: token, MaxAssignments = 1 } = input;
  await lockAccount(call);
  const first = token === undefined ? null : await resultOfToken(call, token);
  if (first !== null)
    return requestError(
      call,
      'HitAlreadyExists',
      `The HIT with ID "${first}" already exists. It was created with the same UniqueRequestToken.`,
    );
  const question = readQuestion(input.Question, { allowHttp });
  if (typeof question === 'string') return invalid(question, 'XMLParseError');
  const type = await hitType();
  if ('fault' in type) return type;
  if (!(await canAfford(call, MaxAssignments * (await costOfOne(call, type.hitTypeId, MaxAssignments)))))
    return insufficientFunds(call);

  const hitId = await call.newId();
  await tx.query(
    `insert into marketplace.hits
       (hit_id, requester, hit_type_id, question, max_assignments, annotation, created_at, expires_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8)`,
    [
      ...[hitId, requester, type.hitTypeId, input.Question, MaxAssignments, input.RequesterAnnotation ?? null],
      ...[now, now + input.LifetimeInSeconds * 1000],
    ],
  );
  if (token !== undefined) await rememberToken(call, token, hitId);
  const [hit] = await hitsWhere(tx, now, 'h.hit_id = $2', [hitId]);
  return { output: { HIT: hit && shownHit(hit) } };
}

/** Reward and fee of one assignment, in cents. */
async function costOfOne({ tx }: Call, hitTypeId: string, maxAssignments: number): Promise<number> {
  const { rows } = await tx.query<{ cents: number }>(
    `select reward_cents + marketplace.fee_on_reward(reward_cents, $2) as cents
     from marketplace.hit_types where hit_type_id = $1`,
    [hitTypeId, maxAssignments],
  );
  return rows[0]?.cents ?? 0;
}
