import { createHash } from 'node:crypto';
import { z } from 'zod';
import { hitTypeFields } from '../limits.ts';
import { type Call, type Operation, operation, requestError } from '../protocol.ts';
import { Qualification, unknownType } from '../qualification.ts';

export const HitType = z.object({
  ...hitTypeFields,
  QualificationRequirements: z.array(Qualification).max(10).optional(),
});
type HitType = z.output<typeof HitType>;

const DEFAULT_AUTO_APPROVAL_SECONDS = 2_592_000;

export const hitTypeOperations: Readonly<Record<string, Operation>> = {
  CreateHITType: operation(HitType, async (call, input) => {
    const type = await hitTypeOf(call, input);
    return 'fault' in type ? type : { output: { HITTypeId: type.hitTypeId } };
  }),
};

/** Equal values are the same HIT type. */
export async function hitTypeOf(call: Call, input: HitType) {
  const { tx, requester, newId } = call;
  const { QualificationRequirements: qualifications = [] } = input;
  const unknown = unknownType(qualifications);
  if (unknown !== undefined)
    return requestError(call, 'QualificationTypeDoesNotExist', `QualificationType ${unknown} does not exist.`);
  const values = [
    input.Title,
    input.Description,
    input.Keywords ?? '',
    input.Reward,
    input.AssignmentDurationInSeconds,
    input.AutoApprovalDelayInSeconds ?? DEFAULT_AUTO_APPROVAL_SECONDS,
    JSON.stringify(qualifications),
  ];
  const fingerprint = createHash('sha256').update(JSON.stringify(values)).digest('hex');
  const { rows } = await tx.query<{ hitTypeId: string }>(
    `insert into marketplace.hit_types as t
       (hit_type_id, requester, fingerprint,
        title, description, keywords, reward_cents, assignment_duration, auto_approval_delay, qualifications)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
     on conflict (requester, fingerprint) do update set title = t.title
     returning hit_type_id as "hitTypeId"`,
    [await newId(), requester, fingerprint, ...values],
  );
  return { hitTypeId: rows[0]?.hitTypeId ?? '' };
}

/** A HIT type that the requester made before. */
export async function madeHitType(call: Call, hitTypeId: string) {
  const { rowCount } = await call.tx.query(
    'select from marketplace.hit_types where hit_type_id = $1 and requester = $2',
    [hitTypeId, call.requester],
  );
  return rowCount === 1
    ? { hitTypeId }
    : requestError(call, 'HITTypeDoesNotExist', `Hit type ${hitTypeId} does not exist.`);
}
