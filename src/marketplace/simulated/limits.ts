import { z } from 'zod';
import { toCents } from './money.ts';

// The limits of the API reference and of the service model, version 2017-01-17.

/** Text that Postgres can store, too: it has no NUL. */
export const text = ({ min = 0, max }: { min?: number; max: number }) =>
  z
    .string()
    .min(min)
    .max(max)
    .refine((value) => !value.includes('\0'), 'must not contain a NUL');

/** The real one takes no characters beyond the first plane, such as emoji; written as a reference (`&#x1F600;`) it takes them. */
const shown = (limits: { min?: number; max: number }) =>
  text(limits).refine(
    (value) => !/[\u{10000}-\u{10ffff}]/u.test(value),
    'the value is not valid: characters of 4 bytes in UTF-8, such as emoji, are not supported',
  );

export const EntityId = z.string().regex(/^[A-Z0-9]{1,64}$/);
export const WorkerId = z.string().regex(/^A[A-Z0-9]{1,63}$/);
export const Token = text({ min: 1, max: 64 });

/** Ours: more than anybody pays, and its cents fit an int. */
const MOST_DOLLARS = 1_000_000;

/** Money travels as text: "0.05". */
export const Dollars = z
  .string()
  .regex(/^[0-9]+(\.)?[0-9]{0,2}$/)
  .transform(toCents)
  .refine((cents) => cents <= MOST_DOLLARS * 100, `must be at most ${MOST_DOLLARS}`);

const YEAR_SECONDS = 31_536_000;

export const hitTypeFields = {
  Title: shown({ min: 1, max: 128 }),
  Description: shown({ min: 1, max: 2000 }),
  Keywords: shown({ max: 1000 }).optional(),
  Reward: Dollars,
  AssignmentDurationInSeconds: z.int().min(30).max(YEAR_SECONDS),
  AutoApprovalDelayInSeconds: z.int().min(0).max(2_592_000).optional(),
};

export const hitFields = {
  LifetimeInSeconds: z.int().min(30).max(YEAR_SECONDS),
  MaxAssignments: z.int().min(1).max(1_000_000_000).optional(),
  Question: shown({ max: 65_535 }),
  RequesterAnnotation: text({ max: 255 }).optional(),
  UniqueRequestToken: Token.optional(),
};

/** The year 9999. */
const LAST_SECOND = 253_402_300_799;

/** A moment, in seconds since 1970. */
export const EpochSeconds = z.number().min(-LAST_SECOND).max(LAST_SECOND);
