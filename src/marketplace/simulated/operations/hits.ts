import { createHash } from 'node:crypto';
import type pg from 'pg';
import { z } from 'zod';
import type { Instant } from '../../../domain/ids.ts';
import { accountOf, lockAccount } from '../account.ts';
import { feeOnReward, toCents, toDollars } from '../money.ts';
import {
  type Call,
  Dollars,
  EntityId,
  fromSeconds,
  insufficientFunds,
  invalid,
  noSuchHit,
  type Operation,
  type OperationResult,
  operation,
  Paging,
  pageAnswer,
  pageOf,
  requestError,
  Token,
  toSeconds,
} from '../protocol.ts';
import { readQuestion } from '../question.ts';

const Locale = z.object({ Country: z.string().regex(/^[A-Z]{2}$/), Subdivision: z.string().length(2).optional() });
const Qualification = z.object({
  QualificationTypeId: EntityId,
  Comparator: z.enum([
    ...['LessThan', 'LessThanOrEqualTo', 'GreaterThan', 'GreaterThanOrEqualTo', 'EqualTo', 'NotEqualTo'],
    ...['Exists', 'DoesNotExist', 'In', 'NotIn'],
  ] as [string, ...string[]]),
  IntegerValues: z.array(z.int()).max(15).optional(),
  LocaleValues: z.array(Locale).max(30).optional(),
  ActionsGuarded: z.enum(['Accept', 'PreviewAndAccept', 'DiscoverPreviewAndAccept']).optional(),
  RequiredToPreview: z.boolean().optional(),
});

const HitTypeShape = {
  Title: z.string().min(1).max(128),
  Description: z.string().min(1).max(2000),
  Keywords: z.string().max(1000).optional(),
  Reward: Dollars,
  AssignmentDurationInSeconds: z.int().min(30).max(31_536_000),
  AutoApprovalDelayInSeconds: z.int().min(0).max(2_592_000).optional(),
  QualificationRequirements: z.array(Qualification).max(10).optional(),
};
const HitShape = {
  LifetimeInSeconds: z.int().min(30).max(31_536_000),
  MaxAssignments: z.int().min(1).max(1_000_000_000).optional(),
  Question: z.string(),
  RequesterAnnotation: z.string().max(255).optional(),
  UniqueRequestToken: Token.optional(),
};

const TOKEN_LIFE_MS = 24 * 3_600_000;

const HitType = z.object(HitTypeShape);

/** Equal values are the same HIT type. */
async function hitTypeOf({ tx, requester, newId }: Call, input: z.output<typeof HitType>): Promise<string> {
  const { Title, Description, Keywords = '', AssignmentDurationInSeconds } = input;
  const { AutoApprovalDelayInSeconds = 2_592_000, QualificationRequirements = [] } = input;
  const values = [
    Title,
    Description,
    Keywords,
    toCents(input.Reward),
    AssignmentDurationInSeconds,
    AutoApprovalDelayInSeconds,
  ];
  const qualifications = JSON.stringify(QualificationRequirements);
  const fingerprint = createHash('sha256')
    .update(JSON.stringify([...values, qualifications]))
    .digest('hex');
  const { rows } = await tx.query<{ hit_type_id: string }>(
    `insert into marketplace.hit_types as t
       (hit_type_id, requester, title, description, keywords, reward_cents, assignment_duration, auto_approval_delay,
        qualifications, fingerprint)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
     on conflict (requester, fingerprint) do update set title = t.title
     returning hit_type_id`,
    [await newId(), requester, ...values, qualifications, fingerprint],
  );
  return rows[0]?.hit_type_id ?? '';
}

async function createHit(
  call: Call,
  input: z.output<z.ZodObject<typeof HitShape>>,
  hitTypeId: () => Promise<string | null>,
): Promise<OperationResult> {
  const { tx, requester, now, allowHttp } = call;
  await lockAccount(tx, requester);
  const { UniqueRequestToken: token, MaxAssignments = 1 } = input;
  if (token !== undefined) {
    const first = await resultOfToken(call, token);
    if (first !== null)
      return requestError(
        'HitAlreadyExists',
        `The HIT with ID "${first}" already exists. The UniqueRequestToken was used before.`,
        now,
      );
  }
  const question = readQuestion(input.Question, { allowHttp });
  if (typeof question === 'string') return invalid(question, 'XMLParseError');
  const typeId = await hitTypeId();
  if (typeId === null) return requestError('HITTypeDoesNotExist', 'Hit type does not exist.', now);
  const { rows } = await tx.query<{ reward_cents: number }>(
    'select reward_cents from marketplace.hit_types where hit_type_id = $1',
    [typeId],
  );
  const reward = rows[0]?.reward_cents ?? 0;
  const { balance } = await accountOf(tx, requester, now);
  if ((reward + feeOnReward(reward, MaxAssignments)) * MaxAssignments > balance) return insufficientFunds(now);
  const hitId = await call.newId();
  await tx.query(
    `insert into marketplace.hits
       (hit_id, requester, hit_type_id, question, max_assignments, annotation, created_at, expires_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8)`,
    [
      ...[hitId, requester, typeId, input.Question, MaxAssignments, input.RequesterAnnotation ?? null, now],
      now + input.LifetimeInSeconds * 1000,
    ],
  );
  if (token !== undefined) await rememberToken(call, token, hitId);
  const [hit] = await hitsWhere(tx, now, 'h.hit_id = $2', [hitId]);
  return { output: { HIT: hit } };
}

/** What a token's first call answered, within its 24 hours. */
export async function resultOfToken({ tx, requester, now }: Call, token: string): Promise<string | null> {
  const { rows } = await tx.query<{ result: string }>(
    'select result from marketplace.tokens where requester = $1 and token = $2 and created_at > $3',
    [requester, token, now - TOKEN_LIFE_MS],
  );
  return rows[0]?.result ?? null;
}

export async function rememberToken({ tx, requester, now }: Call, token: string, result: string): Promise<void> {
  await tx.query(
    `insert into marketplace.tokens (requester, token, result, created_at) values ($1, $2, $3, $4)
     on conflict (requester, token) do update set result = excluded.result, created_at = excluded.created_at`,
    [requester, token, result, now],
  );
}

type HitRow = {
  hit_id: string;
  hit_type_id: string;
  question: string;
  max_assignments: number;
  annotation: string | null;
  created_at: string;
  expires_at: string;
  title: string;
  description: string;
  keywords: string;
  reward_cents: number;
  assignment_duration: number;
  auto_approval_delay: number;
  qualifications: unknown;
  available: number;
  pending: number;
  completed: number;
  status: string;
};

async function hitsWhere(
  tx: Pick<pg.PoolClient, 'query'>,
  now: Instant,
  condition: string,
  values: readonly unknown[],
): Promise<readonly object[]> {
  const { rows } = await tx.query<HitRow>(`select h.* from marketplace.hits_at($1) h where ${condition}`, [
    now,
    ...values,
  ]);
  return rows.map((row) => ({
    HITId: row.hit_id,
    HITTypeId: row.hit_type_id,
    HITGroupId: row.hit_type_id,
    CreationTime: toSeconds(row.created_at),
    Title: row.title,
    Description: row.description,
    Question: row.question,
    Keywords: row.keywords,
    HITStatus: row.status,
    MaxAssignments: row.max_assignments,
    Reward: toDollars(row.reward_cents),
    AutoApprovalDelayInSeconds: row.auto_approval_delay,
    Expiration: toSeconds(row.expires_at),
    AssignmentDurationInSeconds: row.assignment_duration,
    ...(row.annotation === null ? {} : { RequesterAnnotation: row.annotation }),
    QualificationRequirements: row.qualifications,
    HITReviewStatus: 'NotReviewed',
    NumberOfAssignmentsPending: row.pending,
    NumberOfAssignmentsAvailable: Math.max(0, row.available),
    NumberOfAssignmentsCompleted: row.completed,
  }));
}

const statusOf = async ({ tx, requester, now }: Call, hitId: string) => {
  const { rows } = await tx.query<{ status: string; submitted: number }>(
    'select status, submitted from marketplace.hits_at($1) where hit_id = $2 and requester = $3',
    [now, hitId, requester],
  );
  return rows[0];
};

async function listed(
  call: Call,
  input: z.output<z.ZodObject<typeof Paging>>,
  condition: string,
  values: readonly unknown[],
) {
  const { limit, offset } = pageOf(input);
  const HITs = await hitsWhere(
    call.tx,
    call.now,
    `h.requester = $2 and ${condition} order by h.created_at, h.hit_id limit $3 offset $4`,
    [call.requester, limit, offset, ...values],
  );
  return { output: { HITs, ...pageAnswer(offset, HITs.length) } };
}

const HitId = z.object({ HITId: EntityId });

export const hitOperations: Readonly<Record<string, Operation>> = {
  CreateHITType: operation(HitType, async (call, input) => ({ output: { HITTypeId: await hitTypeOf(call, input) } })),

  CreateHIT: operation(z.object({ ...HitTypeShape, ...HitShape }), (call, input) =>
    createHit(call, input, () => hitTypeOf(call, input)),
  ),

  CreateHITWithHITType: operation(z.object({ HITTypeId: EntityId, ...HitShape }), (call, input) =>
    createHit(call, input, async () => {
      const { rowCount } = await call.tx.query(
        'select from marketplace.hit_types where hit_type_id = $1 and requester = $2',
        [input.HITTypeId, call.requester],
      );
      return rowCount === 1 ? input.HITTypeId : null;
    }),
  ),

  GetHIT: operation(HitId, async ({ tx, requester, now }, { HITId }) => {
    const [hit] = await hitsWhere(tx, now, 'h.hit_id = $2 and h.requester = $3', [HITId, requester]);
    return hit === undefined ? noSuchHit(HITId, now) : { output: { HIT: hit } };
  }),

  ListHITs: operation(z.object(Paging), (call, input) => listed(call, input, `h.status <> 'Disposed'`, [])),

  ListReviewableHITs: operation(
    z.object({ ...Paging, HITTypeId: EntityId.optional(), Status: z.enum(['Reviewable', 'Reviewing']).optional() }),
    (call, input) =>
      listed(call, input, 'h.status = $5 and ($6::text is null or h.hit_type_id = $6)', [
        input.Status ?? 'Reviewable',
        input.HITTypeId ?? null,
      ]),
  ),

  UpdateExpirationForHIT: operation(HitId.extend({ ExpireAt: z.number() }), async (call, { HITId, ExpireAt }) => {
    const { tx, now } = call;
    const hit = await statusOf(call, HITId);
    if (hit === undefined) return noSuchHit(HITId, now);
    if (hit.status === 'Disposed')
      return requestError('InvalidHITState', stateText('Disposed', 'Reviewable, Assignable, Unassignable'), now);
    // A moment in the past means now.
    await tx.query(
      'update marketplace.hits set expires_at = case when $2::bigint > $3::bigint then $2 else least(expires_at, $3) end where hit_id = $1',
      [HITId, fromSeconds(ExpireAt), now],
    );
    return { output: {} };
  }),

  DeleteHIT: operation(HitId, async (call, { HITId }) => {
    const { tx, now } = call;
    const hit = await statusOf(call, HITId);
    if (hit === undefined) return noSuchHit(HITId, now);
    if ((hit.status !== 'Reviewable' && hit.status !== 'Reviewing') || hit.submitted > 0)
      return requestError('InvalidHITState', stateText(hit.status, 'Reviewing, Reviewable'), now);
    await tx.query('update marketplace.hits set disposed = true where hit_id = $1', [HITId]);
    return { output: {} };
  }),
};

const stateText = (state: string, allowed: string): string =>
  `This HIT is currently in the state '${state}'.  This operation can be called with a status of: ${allowed}`;
