import { MTurkServiceException, RequestError, ServiceFault } from '@aws-sdk/client-mturk';
import { describe, expect, test } from 'vitest';
import { faultOf } from '../../../src/marketplace/mturk/faults.ts';

const answered = (name: string, { status = 400, code, message = 'x' }: Answered = {}): MTurkServiceException => {
  const options = { name, message, $fault: 'client', $metadata: { httpStatusCode: status } } as const;
  const error = new MTurkServiceException(options);
  return code === undefined ? error : Object.assign(error, { TurkErrorCode: code });
};
type Answered = { status?: number; code?: string; message?: string };

const lasting = (error: unknown): string => faultOf(error).lasting;

// AWS, "Common Errors" of the MTurk requester API, and what AWS's front door is known to answer in their place.
const COMMON: readonly (readonly [name: string, status: number])[] = [
  ['AccessDenied', 400],
  ['AccessDeniedException', 400],
  ['ExpiredToken', 400],
  ['ExpiredTokenException', 400],
  ['IncompleteSignature', 400],
  ['InternalFailure', 500],
  ['InvalidAction', 400],
  ['InvalidClientTokenId', 403],
  ['InvalidParameterCombination', 400],
  ['InvalidSignatureException', 400],
  ['LimitExceededException', 400],
  ['MalformedQueryString', 404],
  ['MissingAction', 400],
  ['MissingAuthenticationToken', 403],
  ['MissingAuthenticationTokenException', 403],
  ['NotAuthorized', 400],
  ['OptInRequired', 403],
  ['PriorRequestNotComplete', 400],
  ['RequestExpired', 400],
  ['RequestLimitExceeded', 400],
  ['RequestThrottled', 400],
  ['RequestTimeTooSkewed', 400],
  ['RequestTimeoutException', 400],
  ['SerializationException', 400],
  ['ServiceUnavailable', 503],
  ['SignatureDoesNotMatch', 400],
  ['SlowDown', 400],
  ['Throttling', 400],
  ['ThrottlingException', 400],
  ['TooManyRequestsException', 400],
  ['UnknownOperationException', 404],
  ['UnrecognizedClientException', 400],
  ['SomethingNobodyHasHeardOf', 400],
  ['SomethingNobodyHasHeardOf', 418],
];

describe('a call is given up only when the marketplace itself refused it', () => {
  test.each(COMMON)('%s (%i) is no word about the call', (name, status) => {
    expect(faultOf(answered(name, { status }))).toMatchObject({ lasting: 'passing', code: name });
  });

  test.each([
    'ENOTFOUND',
    'EAI_AGAIN',
    'ECONNREFUSED',
    'ECONNRESET',
    'ETIMEDOUT',
    'EPIPE',
    'CERT_HAS_EXPIRED',
    'E2BIG',
  ])('no answer (%s) is none', (code) => {
    expect(faultOf(Object.assign(new Error('x'), { code }))).toMatchObject({ lasting: 'passing', code });
  });

  test('no credentials are nobody’s decision, nor is what a service that gives them out says', () => {
    const none = Object.assign(new Error('Could not load credentials from any providers'), {
      name: 'CredentialsProviderError',
    });
    expect(faultOf(none)).toMatchObject({ lasting: 'passing', code: 'CredentialsProviderError' });
    const elsewhere = Object.assign(new Error('role is gone'), {
      name: 'ValidationException',
      $metadata: { httpStatusCode: 400 },
    });
    expect(lasting(elsewhere)).toBe('passing');
  });

  test('what is thrown and is no error at all, or has a status that tells of success, is passing', () => {
    for (const odd of ['a text', undefined, null, 7, {}, new TypeError('x'), answered('RequestError', { status: 200 })])
      expect(lasting(odd)).toBe('passing');
  });

  test.each(['InsufficientFunds', 'HITDoesNotExist', 'InvalidAssignmentState', 'XMLParseError', 'NobodyHasHeardOfIt'])(
    'a TurkErrorCode (%s) is its decision',
    (code) => {
      const error = answered('RequestError', { code: `AWS.MechanicalTurk.${code}` });
      expect(faultOf(error)).toMatchObject({ lasting: 'final', code });
      expect(lasting(answered('ParameterValidationError', { code: `AWS.${code}` }))).toBe('final');
    },
  );

  test('so are its refusals without a code, of its own class or not', () => {
    const options = { message: 'x', $metadata: { httpStatusCode: 400 } };
    expect(lasting(new RequestError(options))).toBe('final');
    for (const name of ['ValidationException', 'ParameterValidationError', 'RequestError'])
      expect(lasting(answered(name))).toBe('final');
  });

  // nodeGame/nodegame#132, facebookresearch/ParlAI#1062, ryantate/rturk#33, SurveyMan/SurveyMan#86
  test.each([
    ['AWS.AccountNotLinked', 'To use the MTurk API, you will need an AWS account'],
    ['AWS.NotAuthorized', 'not authorized'],
    ['AWS.MechanicalTurk.PermissionDenied', 'This user is not authorized to perform the requested operation.'],
    ['AWS.MechanicalTurk.MustRegister', 'Please log in and complete registration.'],
    [undefined, 'Your AWS account must be linked to your Amazon Mechanical Turk Account.'],
  ])('what it says of the account (%s) is not', (code, message) => {
    expect(lasting(answered('RequestError', { message, ...(code === undefined ? {} : { code }) }))).toBe('passing');
  });

  test('nor what it says of its own health, whatever code it gives', () => {
    const fault = new ServiceFault({ message: 'x', $metadata: { httpStatusCode: 500 } });
    expect(lasting(fault)).toBe('passing');
    expect(lasting(answered('RequestError', { code: 'AWS.MechanicalTurk.ServiceUnavailable' }))).toBe('passing');
    for (const status of [408, 429, 500, 502, 503, 504, 505])
      expect(lasting(answered('RequestError', { status, code: 'AWS.MechanicalTurk.HITDoesNotExist' }))).toBe('passing');
  });
});
