import { MTurkClient } from '@aws-sdk/client-mturk';
import type { RateLimit } from './rateLimit.ts';

export type ClientOptions = {
  /** An MTurk-compatible server; without it AWS's own, for the sandbox or the real side. */
  readonly endpoint?: string | undefined;
  readonly sandbox: boolean;
  /** Left out: as the AWS SDK finds them (environment, profile, role). */
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string } | undefined;
  readonly rateLimit: RateLimit;
  /** Longest wait for one answer of one attempt. */
  readonly timeoutMs: number;
};

const ATTEMPTS = 3;
const CONNECTION_TIMEOUT_MS = 3_000;

/** The SDK's client with its waits bounded and its attempts paced, retries included. */
export function createClient({ endpoint, sandbox, credentials, rateLimit, timeoutMs }: ClientOptions): MTurkClient {
  const client = new MTurkClient({
    // The SDK resolves this "region" to the requester sandbox of us-east-1.
    region: endpoint === undefined && sandbox ? 'sandbox' : 'us-east-1',
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(credentials === undefined ? {} : { credentials }),
    maxAttempts: ATTEMPTS,
    retryMode: 'standard',
    requestHandler: {
      connectionTimeout: CONNECTION_TIMEOUT_MS,
      // requestTimeout alone only logs: a server that hangs would hang us for ever.
      requestTimeout: timeoutMs,
      throwOnRequestTimeout: true,
      // It ends with the answer's first byte; this bounds an answer that stops half-way.
      socketTimeout: timeoutMs,
    },
  });
  // Inside the retries and before the signature, whose date must not age while we wait.
  client.middlewareStack.addRelativeTo(after(rateLimit), {
    name: 'rateLimit',
    relation: 'after',
    toMiddleware: 'retryMiddleware',
  });
  return client;
}

const after =
  (ready: () => Promise<void>) =>
  <Request, Answer>(next: (request: Request) => Promise<Answer>) =>
  async (request: Request): Promise<Answer> => {
    await ready();
    return next(request);
  };
