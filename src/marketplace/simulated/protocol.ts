import type pg from 'pg';
import type { z } from 'zod';
import type { Instant } from '../../domain/ids.ts';

/** A fault as the AWS JSON 1.1 protocol carries it. */
export type Fault = {
  readonly status: 400 | 403 | 500;
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
  /** In the sandbox money is play money and never runs out. */
  readonly isSandbox: boolean;
  readonly now: Instant;
  readonly newId: () => Promise<string>;
  /** Landing pages may be plain http: for local use. */
  readonly allowHttp: boolean;
};

export type Operation = (call: Call, input: unknown) => Promise<OperationResult>;

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

/** A request that is wrong in itself. */
export const invalid = (message: string, code = 'InvalidParameterValue'): { fault: Fault } => ({
  fault: { status: 400, type: 'ParameterValidationError', code, message },
});

/** A well-formed request that is turned down. The text ends with the time, as the real one's does. */
export const requestError = (
  { now, isSandbox }: Pick<Call, 'now' | 'isSandbox'>,
  code: string,
  message: string,
): { fault: Fault } => ({
  fault: { status: 400, type: 'RequestError', code, message: `${message} (${now}${isSandbox ? ' s' : ''})` },
});

export const noSuchHit = (call: Call, hitId: string) =>
  requestError(call, 'HITDoesNotExist', `Hit ${hitId} does not exist.`);

export const noSuchAssignment = (call: Call, assignmentId: string) =>
  requestError(call, 'AssignmentDoesNotExist', `Assignment ${assignmentId} does not exist.`);

export const INSUFFICIENT_FUNDS =
  'This Requester has insufficient funds in their account to complete this transaction.';

export const insufficientFunds = (call: Call) => requestError(call, 'InsufficientFunds', INSUFFICIENT_FUNDS);

/** Moments travel as numbers of seconds. */
export const toSeconds = (instant: Instant | string): number => Number(instant) / 1000;
export const fromSeconds = (seconds: number): Instant => Math.max(0, Math.round(seconds * 1000));
