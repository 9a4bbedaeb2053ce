import { ZodError } from 'zod';
import type { MarketplaceFault } from '../port.ts';

/** Codes of a marketplace that is busy, broken or out of reach for now. */
const PASSING_CODES = new Set([
  'ThrottlingException',
  'Throttling',
  'TooManyRequestsException',
  'RequestLimitExceeded',
  'LimitExceededException',
  'SlowDown',
  'ServiceFault',
  'InternalFailure',
  'InternalServerError',
  'ServiceUnavailable',
  'TimeoutError',
  'RequestTimeout',
  'RepeatedPage',
  'UnreadableAnswer',
  'ECONNRESET',
  'ECONNREFUSED',
  'EPIPE',
  'ETIMEDOUT',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
]);
const PREFIX = /^AWS\.(MechanicalTurk\.)?/;

/**
 * What an error of the SDK means for us. It is told by `TurkErrorCode`, else by the error's name, then by the HTTP
 * status, never by class or text: faults that the service model does not know come as plain exceptions, an HTML
 * error page as a SyntaxError. Of an answer with status 200 that cannot be read nobody knows what it did, so the call
 * is made again. A host that does not exist, and a refusal of access, will not go away by waiting.
 */
export function faultOf(error: unknown): MarketplaceFault {
  const status = statusOf(error);
  const code = status === 200 || error instanceof ZodError ? 'UnreadableAnswer' : codeOf(error);
  const message = error instanceof Error ? error.message : String(error);
  const isPassing = PASSING_CODES.has(code) || status === 408 || status === 429 || status >= 500;
  return { type: 'fault', lasting: isPassing ? 'passing' : 'final', code, message };
}

/** `HITDoesNotExist`, `InsufficientFunds`, `ThrottlingException`, `ECONNREFUSED` … */
export function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return 'Unknown';
  if ('TurkErrorCode' in error && typeof error.TurkErrorCode === 'string')
    return error.TurkErrorCode.replace(PREFIX, '');
  if ('code' in error && typeof error.code === 'string') return error.code;
  return error.name;
}

function statusOf(error: unknown): number {
  if (!(error instanceof Error) || !('$metadata' in error)) return 0;
  const metadata: unknown = error.$metadata;
  if (typeof metadata !== 'object' || metadata === null || !('httpStatusCode' in metadata)) return 0;
  return typeof metadata.httpStatusCode === 'number' ? metadata.httpStatusCode : 0;
}
