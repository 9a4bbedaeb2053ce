import type { FaultKind } from './faults.ts';

/** What an operator reads of each fault: what happens, and what a requester has to do about it. */
export const FAULT_WORDS: Readonly<Record<FaultKind, { readonly name: string; readonly about: string }>> = {
  throttled: {
    name: 'Throttled',
    about: '400 ThrottlingException “Rate exceeded”. Nothing was done: call again, more slowly.',
  },
  tooManyRequests: { name: 'Too many requests', about: 'An empty 429. Nothing was done.' },
  serviceFault: { name: 'Service fault', about: 'A 500 in the marketplace’s own words. Nothing was done.' },
  badGateway: { name: 'Bad gateway', about: 'An empty 502 from something in between. Nothing was done.' },
  unavailable: { name: 'Unavailable', about: 'A 503 with a web page where JSON should be. Nothing was done.' },
  versionNotSupported: {
    name: 'Version not supported',
    about: 'An empty 505, which the AWS SDK does not try again by itself. Nothing was done.',
  },
  reset: { name: 'Connection reset', about: 'The connection breaks before anything was done.' },
  hang: { name: 'Never answers', about: 'Nothing is done and no answer comes: the caller has to lose patience.' },
  slow: { name: 'Slow', about: 'The call is carried out three seconds late.' },
  closed: {
    name: 'Closed',
    about: '400 AccessDeniedException: the marketplace does not let this account in. Nothing was done or decided.',
  },
  lapsed: {
    name: 'Key lapsed',
    about: '400 ExpiredTokenException: the credentials have run out. Nothing was done or decided.',
  },
  insufficientFunds: { name: 'Out of money', about: 'The requester’s account is said to be empty.' },
  doesNotExistYet: {
    name: 'Not listed yet',
    about: 'A HIT that was just posted is said not to exist: reads that lag behind writes.',
  },
  stateNotKnownYet: {
    name: 'State not known yet',
    about: 'A review is turned down, because the status is “null” still.',
  },
  commitThenDrop: {
    name: 'Done, then the answer is lost',
    about: 'The call is carried out, then the connection breaks. Without a token the next try does it twice.',
  },
  commitThenFail: { name: 'Done, then 504', about: 'The call is carried out, and answered with an empty 504.' },
  commitThenHang: { name: 'Done, then silence', about: 'The call is carried out, and never answered.' },
  malformed: { name: 'Broken JSON', about: 'The call is carried out; the answer cannot be read.' },
  isoTimestamps: {
    name: 'Times as text',
    about: 'The call is carried out; the answer’s times are text, at which the AWS SDK throws.',
  },
  cutShort: { name: 'Cut short', about: 'The call is carried out; the answer ends in the middle and hangs.' },
};
