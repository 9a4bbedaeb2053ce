import { MTurkServiceException } from '@aws-sdk/client-mturk';
import { ZodError } from 'zod';
import type { MarketplaceFault } from '../port.ts';

const PREFIX = /^AWS\.(MechanicalTurk\.)?/;

/** What the service says, without a code of its own, of a call that it has looked at. */
const REFUSALS = new Set(['RequestError', 'ValidationException', 'ParameterValidationError']);

/**
 * Codes of Mechanical Turk that speak of the account or of the service, not of what was asked: the same call is taken as
 * soon as somebody has put the account right, or the service is well.
 */
const NOT_ABOUT_THE_CALL =
  /^(NotAuthorized|PermissionDenied(Exception)?|AccountNotLinked|MustRegister|AccessKey.*|AuthFailure)$|Throttl|TooManyRequests|LimitExceeded|Unavailable|Internal|ServiceFault|Timeout/i;

/**
 * Returns what an error of the SDK means for us. Final is only what the marketplace itself decided about this very call:
 * it gave a `TurkErrorCode`, or one of the service's names for a refusal. Everything else is passing, also what nobody
 * has thought of: no answer, no credentials, credentials that lapsed, a signature that is not liked, a clock that is
 * wrong, an answer that cannot be read. Whoever is to be paid must not lose it by a fault of which the marketplace knows
 * nothing.
 */
export function faultOf(error: unknown): MarketplaceFault {
  const message = error instanceof Error ? error.message : String(error);
  return { type: 'fault', lasting: isDecided(error) ? 'final' : 'passing', code: faultCode(error), message };
}

/** Of an answer with status 200 that cannot be read nobody knows what it did. */
const faultCode = (error: unknown): string =>
  statusOf(error) === 200 || error instanceof ZodError ? 'UnreadableAnswer' : codeOf(error);

function isDecided(error: unknown): boolean {
  // Those of credentials' own services (STS, SSO) are of other classes, and no word about the call.
  if (!(error instanceof MTurkServiceException)) return false;
  const status = statusOf(error);
  if (status < 400 || status >= 500 || status === 408 || status === 429) return false;
  const turkCode = turkCodeOf(error);
  if (NOT_ABOUT_THE_CALL.test(turkCode ?? error.name) || /must be linked/i.test(error.message)) return false;
  return turkCode !== null || REFUSALS.has(error.name);
}

/** `HITDoesNotExist`, `InsufficientFunds`, `ThrottlingException`, `ECONNREFUSED` … */
export function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return 'Unknown';
  const turkCode = turkCodeOf(error);
  if (turkCode !== null) return turkCode;
  if ('code' in error && typeof error.code === 'string') return error.code;
  return error.name;
}

const turkCodeOf = (error: Error): string | null =>
  'TurkErrorCode' in error && typeof error.TurkErrorCode === 'string' ? error.TurkErrorCode.replace(PREFIX, '') : null;

function statusOf(error: unknown): number {
  if (!(error instanceof Error) || !('$metadata' in error)) return 0;
  const metadata: unknown = error.$metadata;
  if (typeof metadata !== 'object' || metadata === null || !('httpStatusCode' in metadata)) return 0;
  return typeof metadata.httpStatusCode === 'number' ? metadata.httpStatusCode : 0;
}
