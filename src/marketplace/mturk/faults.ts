import type { MarketplaceFault } from '../port.ts';

/** Codes of a marketplace that has too much to do, or whose answer says nothing about the request. */
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
  'SyntaxError',
  'ECONNRESET',
  'ECONNREFUSED',
  'EPIPE',
  'ETIMEDOUT',
  'EAI_AGAIN',
  'EHOSTUNREACH',
]);
const PREFIX = /^AWS\.(MechanicalTurk\.)?/;

/**
 * What an error of the SDK means for us. It is told by `TurkErrorCode`, else by the error's name, else by the HTTP
 * status, never by class or text: faults that the service model does not know come as plain exceptions, and an HTML
 * error page as a SyntaxError. A host that does not exist, and a refusal of access, will not go away by waiting.
 */
export function faultOf(error: unknown): MarketplaceFault {
  const code = codeOf(error);
  const status = statusOf(error);
  const message = error instanceof Error ? error.message : String(error);
  const isPassing =
    PASSING_CODES.has(code) || status === 429 || status >= 500 || (status === 200 && code === 'TypeError');
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
