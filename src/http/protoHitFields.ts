import { z } from 'zod';
import type { ProtoHitFields } from '../domain/protoHit.ts';
import type { ProtoHitRow } from '../projections/protoHits.ts';
import { COUNTRIES } from './countries.ts';
import { field, hitType, text, trueOrFalse, wholeNumber } from './fields.ts';

/** US dollars with at most two decimals, as a number or as text; inside the service it is cents. */
const dollars = field(
  z.preprocess(
    (value) => (typeof value === 'number' ? String(value) : value),
    z
      .string()
      .regex(/^\s*\d{1,4}(\.\d{0,2})?\s*$|^\s*\.\d{1,2}\s*$/)
      .transform((value) => Math.round(Number(value) * 100))
      .refine((cents) => cents <= 10_000),
  ),
  'US dollars from 0 to 100 with at most two decimals',
);

const country = field(
  z.string().refine((code) => code === '' || COUNTRIES.has(code)),
  "'' for workers from anywhere, or a country code of two capital letters (ISO 3166-1) like 'US'",
);

const page = field(
  z
    .string()
    .max(2048)
    .refine((value) => URL.canParse(value) && /^https?:$/.test(new URL(value).protocol)),
  'an http or https URL of at most 2048 characters',
);

/** A ProtoHIT as the API speaks of it. Bounds are Mechanical Turk's own. */
export const protoHitShape = {
  title: text(1, 128),
  description: text(1, 2000),
  keywords: text(0, 1000),
  url: page,
  frame_height: wholeNumber(0, 10_000, ' pixels'),
  reward: dollars,
  assignment_duration: wholeNumber(30, 31_536_000, ' seconds'),
  lifetime: wholeNumber(30, 31_536_000, ' seconds'),
  auto_approval_delay: wholeNumber(0, 2_592_000, ' seconds'),
  max_assignments: wholeNumber(1, 1_000_000_000),
  worker_locale: country,
  approval_rating: wholeNumber(0, 100),
  hit_type_id: hitType.optional(),
  sandbox: trueOrFalse.optional(),
  max_wait: wholeNumber(10, 31_536_000, ' seconds').optional(),
};

type Wire = z.output<z.ZodObject<typeof protoHitShape>>;

/**
 * Nobody waits until their assignment runs out: unless the ProtoHIT says otherwise, a worker is released while a
 * tenth of its time (at least half a minute) is left to hand it in.
 */
const defaultMaxWait = (assignmentDuration: number): number =>
  Math.max(10, assignmentDuration - Math.max(30, Math.ceil(assignmentDuration / 10)));

export const fromWire = (wire: Wire): Omit<ProtoHitFields, 'hitTypeId'> => ({
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
  maxWaitSeconds: wire.max_wait ?? defaultMaxWait(wire.assignment_duration),
});

export const toWire = ({ protoHitId, hitTypeId, fields, sandbox }: ProtoHitRow) => ({
  id: protoHitId,
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
});
