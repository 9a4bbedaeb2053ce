import { z } from '@hono/zod-openapi';
import type { ProtoHitFields } from '../domain/protoHit.ts';
import type { ProtoHitRow } from '../projections/protoHits.ts';
import { COUNTRIES } from './countries.ts';
import { about, field, hitType, text, trueOrFalse, wholeNumber } from './fields.ts';
import { shownId } from './givenOutIds.ts';

const DEAREST_CENTS = 10_000;

/** US dollars, as a number or as text; cents inside the service. */
const dollars = field(
  z.preprocess(
    (value) => (typeof value === 'number' ? String(value) : value),
    z
      .string()
      .regex(/^\s*(\d{1,4}(\.\d{0,2})?|\.\d{1,2})\s*$/)
      .transform((value) => Math.round(Number(value) * 100))
      .refine((cents) => cents <= DEAREST_CENTS),
  ),
  'US dollars from 0 to 100 with at most two decimals',
  { type: 'number', minimum: 0, maximum: DEAREST_CENTS / 100, multipleOf: 0.01 },
);

const country = field(
  z.string().refine((code) => code === '' || COUNTRIES.has(code)),
  "'' for workers from anywhere, or a country code of two capital letters (ISO 3166-1) like 'US'",
);

const landingPage = field(
  z
    .string()
    .max(2048)
    .refine((value) => /^https?:\/\//i.test(value) && URL.canParse(value)),
  'an http or https URL of at most 2048 characters',
  { format: 'uri' },
);

/** A ProtoHIT as the API speaks of it. Bounds are Mechanical Turk's own, but for the reward's upper one. */
export const protoHitShape = {
  title: text(1, 128),
  description: text(1, 2000),
  keywords: text(0, 1000),
  url: landingPage,
  frame_height: wholeNumber(0, 10_000, ' pixels'),
  reward: dollars,
  assignment_duration: wholeNumber(30, 31_536_000, ' seconds'),
  lifetime: wholeNumber(30, 31_536_000, ' seconds'),
  auto_approval_delay: wholeNumber(0, 2_592_000, ' seconds'),
  max_assignments: wholeNumber(1, 1_000_000_000),
  worker_locale: country,
  approval_rating: wholeNumber(0, 100),
  hit_type_id: about('A name unique to the ProtoHIT: putting it again revises that ProtoHIT', hitType).optional(),
  sandbox: about('Do its HITs go to the sandbox? They do unless said', trueOrFalse).optional(),
  max_wait: about(
    "After which a waiting worker is released with pay; less than the assignment's time, and nine tenths of it unless said",
    wholeNumber(10, 31_536_000, ' seconds'),
  ).optional(),
};

/** Nobody waits until their assignment runs out: a tenth of its time, at least half a minute, is left to hand it in. */
export const longestWait = (assignmentDuration: number): number =>
  Math.max(10, assignmentDuration - Math.max(30, Math.ceil(assignmentDuration / 10)));

export const fromWire = (wire: z.output<z.ZodObject<typeof protoHitShape>>): Omit<ProtoHitFields, 'hitTypeId'> => ({
  title: wire.title,
  description: wire.description,
  keywords: wire.keywords,
  url: wire.url,
  frameHeight: wire.frame_height,
  rewardCents: wire.reward,
  assignmentDurationSeconds: wire.assignment_duration,
  lifetimeSeconds: wire.lifetime,
  autoApprovalDelaySeconds: wire.auto_approval_delay,
  maxAssignments: wire.max_assignments,
  workerLocale: wire.worker_locale,
  approvalRating: wire.approval_rating,
  maxWaitSeconds: wire.max_wait ?? longestWait(wire.assignment_duration),
});

/** A ProtoHIT as answers show it; documents what `toWire` makes. */
export const shownProtoHit = z
  .object({
    id: shownId,
    hitTypeID: z.string(),
    hit_type_id: z.string(),
    title: z.string(),
    description: z.string(),
    keywords: z.string(),
    url: z.string(),
    frame_height: z.int(),
    reward: z.number().openapi({ description: 'US dollars' }),
    assignment_duration: z.int(),
    lifetime: z.int(),
    auto_approval_delay: z.int(),
    max_assignments: z.int(),
    worker_locale: z.string(),
    approval_rating: z.int(),
    max_wait: z.int(),
    sandbox: z.boolean(),
    retired: z.boolean().openapi({ description: 'Retired ones take no new reservations' }),
  })
  .openapi('ProtoHIT');

export const toWire = (
  { protoHitId, hitTypeId, fields, sandbox, retiredAt }: Omit<ProtoHitRow, 'definedAt'>,
  shown: (id: string) => string | number,
): z.output<typeof shownProtoHit> => ({
  id: shown(protoHitId),
  hitTypeID: hitTypeId,
  hit_type_id: hitTypeId,
  title: fields.title,
  description: fields.description,
  keywords: fields.keywords,
  url: fields.url,
  frame_height: fields.frameHeight,
  reward: fields.rewardCents / 100,
  assignment_duration: fields.assignmentDurationSeconds,
  lifetime: fields.lifetimeSeconds,
  auto_approval_delay: fields.autoApprovalDelaySeconds,
  max_assignments: fields.maxAssignments,
  worker_locale: fields.workerLocale,
  approval_rating: fields.approvalRating,
  max_wait: fields.maxWaitSeconds,
  sandbox,
  retired: retiredAt !== null,
});
