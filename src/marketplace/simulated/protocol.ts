import type pg from 'pg';
import { z } from 'zod';
import type { Instant } from '../../domain/ids.ts';

/** A fault as the AWS JSON 1.1 protocol carries it. */
export type Fault = {
  readonly status: 400 | 500;
  /** The error class: `__type`. */
  readonly type: string;
  /** `TurkErrorCode`, without its prefix `AWS.MechanicalTurk.`; null for errors of AWS's own. */
  readonly code: string | null;
  readonly message: string;
};

export type OperationResult = { readonly output: object } | { readonly fault: Fault };

/** What an operation works with: one transaction, one requester, one moment. */
export type Call = {
  readonly tx: pg.PoolClient;
  readonly requester: string;
  readonly now: Instant;
  readonly newId: () => Promise<string>;
  /** Landing pages may be plain http: for local use. */
  readonly allowHttp: boolean;
};

export type Operation = (call: Call, input: unknown) => Promise<OperationResult>;

/** The marketplace turned a well-formed request down. */
export const requestError = (code: string, message: string, now: Instant): { fault: Fault } => ({
  fault: { status: 400, type: 'RequestError', code, message: `${message} (${now})` },
});

export const invalid = (message: string, code = 'InvalidParameterValue'): { fault: Fault } => ({
  fault: { status: 400, type: 'ParameterValidationError', code, message },
});

export const noSuchHit = (hitId: string, now: Instant) =>
  requestError('HITDoesNotExist', `Hit ${hitId} does not exist.`, now);

export const noSuchAssignment = (assignmentId: string, now: Instant) =>
  requestError('AssignmentDoesNotExist', `Assignment ${assignmentId} does not exist.`, now);

export const insufficientFunds = (now: Instant) =>
  requestError(
    'InsufficientFunds',
    'This Requester has insufficient funds in their account to complete this transaction.',
    now,
  );

/** An operation whose input is checked first: the SDK sends whatever it is given. */
export const operation =
  <Schema extends z.ZodType>(
    schema: Schema,
    run: (call: Call, input: z.output<Schema>) => Promise<OperationResult>,
  ): Operation =>
  async (call, input) => {
    const parsed = schema.safeParse(input);
    if (parsed.success) return run(call, parsed.data);
    const issue = parsed.error.issues[0];
    return invalid(`Value at '${issue?.path.join('.') ?? ''}' failed to satisfy constraint: ${issue?.message ?? ''}`);
  };

/** Moments travel as numbers of seconds. */
export const toSeconds = (instant: Instant | string): number => Number(instant) / 1000;
export const fromSeconds = (seconds: number): Instant => Math.max(0, Math.round(seconds * 1000));

// The limits of the API reference (2017-01-17) and of its service model.
export const EntityId = z.string().regex(/^[A-Z0-9]{1,64}$/);
export const CustomerId = z.string().regex(/^A[A-Z0-9]{1,63}$/);
export const Dollars = z.string().regex(/^[0-9]+(\.)?[0-9]{0,2}$/);
export const Token = z.string().min(1).max(64);
export const Paging = {
  MaxResults: z.int().min(1).max(100).optional(),
  NextToken: z.string().min(1).max(255).optional(),
};

/** A page's place in a list: opaque to the caller, an offset to us. */
export const pageOf = ({
  MaxResults = 10,
  NextToken,
}: {
  MaxResults?: number | undefined;
  NextToken?: string | undefined;
}) => {
  const offset = NextToken === undefined ? 0 : Number(Buffer.from(NextToken, 'base64url').toString());
  return { limit: MaxResults, offset: Number.isInteger(offset) && offset >= 0 ? offset : 0 };
};

/** Like the real service, a token follows every page that is not empty; the last page is empty. */
export const pageAnswer = (offset: number, count: number) => ({
  NumResults: count,
  ...(count === 0 ? {} : { NextToken: Buffer.from(String(offset + count)).toString('base64url') }),
});
