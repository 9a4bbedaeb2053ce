import { createHash, createHmac, timingSafeEqual } from 'node:crypto';

/** A request as it was signed: the body as it came, headers in lower case. */
export type SignedRequest = {
  readonly method: string;
  readonly path: string;
  readonly header: (name: string) => string | undefined;
  readonly body: string;
};

const AUTHORIZATION =
  /^AWS4-HMAC-SHA256 Credential=([^/,\s]{1,128})\/(\d{8}\/[\w-]+\/[\w-]+\/aws4_request),\s*SignedHeaders=([\w;-]+),\s*Signature=([0-9a-f]{64})$/;

/** As Mechanical Turk allows: older requests may be somebody's who listened. */
const OLDEST_MS = 15 * 60_000;

/**
 * Whether a request was signed with a key lately (AWS Signature Version 4, "Authenticating Requests", of a POST without a
 * query). `now` in milliseconds.
 */
export function isSignedWith(key: string, { method, path, header, body }: SignedRequest, now: number): boolean {
  const [, , scope = '', names = '', signature = ''] = AUTHORIZATION.exec(header('authorization') ?? '') ?? [];
  const date = header('x-amz-date') ?? '';
  const signedAt = Date.parse(date.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'));
  if (!(Math.abs(now - signedAt) <= OLDEST_MS) || !scope.startsWith(date.slice(0, 8))) return false;
  const signed = names.split(';');
  // What is not signed could be another's: the host, the moment, and what is asked for.
  if (!['host', 'x-amz-date', 'x-amz-target'].every((name) => signed.includes(name))) return false;
  const canonical = [
    method,
    path,
    '',
    ...signed.map((name) => `${name}:${(header(name) ?? '').trim().replace(/\s+/g, ' ')}`),
    '',
    names,
    createHash('sha256').update(body).digest('hex'),
  ].join('\n');
  const toSign = ['AWS4-HMAC-SHA256', date, scope, createHash('sha256').update(canonical).digest('hex')].join('\n');
  const signingKey = scope.split('/').reduce<Buffer | string>((from, part) => hmac(from, part), `AWS4${key}`);
  return timingSafeEqual(hmac(signingKey, toSign), Buffer.from(signature, 'hex'));
}

const hmac = (key: Buffer | string, text: string): Buffer => createHmac('sha256', key).update(text).digest();
