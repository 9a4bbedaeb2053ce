import { accessSync, constants } from 'node:fs';

/** What the vendor's client (1.3.1) knows in a connection string; it takes them in any case, with `-` and `_` or without. */
const OPTIONS = [
  'tls',
  'tlsCAFile',
  'tlsVerifyCert',
  'userCertFile',
  'userKeyFile',
  'connectionName',
  'nodePreference',
  'defaultDeadline',
  'maxDiscoverAttempts',
  'discoveryInterval',
  'gossipTimeout',
  'keepAliveInterval',
  'keepAliveTimeout',
  'throwOnAppendFailure',
] as const;

const flat = (name: string): string => name.trim().toLowerCase().replace(/[_-]/g, '');
const KNOWN: ReadonlySet<string> = new Set(OPTIONS.map(flat));

/**
 * Throws a sentence for the operator if the URL has an option that the client does not know: it would print the whole
 * URL with its password, and go on as if the option had not been there.
 */
export function refuseUnknownOptions(url: string, address: string): void {
  const unknown = optionsIn(url).filter((name) => !KNOWN.has(flat(name)));
  if (unknown.length === 0) return;
  const named = unknown.map((name) => `"${name}"`).join(' and ');
  throw new Error(
    `the URL of the KurrentDB at ${address} has ${named}, which its client does not know; it knows ${OPTIONS.join(', ')}`,
  );
}

/** Options that name a file. */
const FILES: ReadonlySet<string> = new Set(['tlsCAFile', 'userCertFile', 'userKeyFile'].map(flat));

/** Throws a sentence for the operator if a file that the URL names cannot be read: the client does not say which. */
export function refuseUnreadableFiles(url: string, address: string): void {
  for (const written of writtenIn(url)) {
    const [name = '', file = ''] = written.split(/=(.*)/s);
    if (!FILES.has(flat(name))) continue;
    try {
      accessSync(decodeURIComponent(file), constants.R_OK);
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? ` (${error.code})` : '';
      throw new Error(
        `${name}=${file} in the URL of the KurrentDB at ${address} is no file that can be read${code}: see that its path is right, ` +
          'and that this user may read it',
      );
    }
  }
}

const optionsIn = (url: string): readonly string[] =>
  writtenIn(url)
    .map((one) => one.split('=')[0] ?? '')
    .filter((name) => name !== '');

/** `NAME=VALUE` each. A password may contain what begins the options. */
function writtenIn(url: string): readonly string[] {
  const afterCredentials = url.trim().replace(/^[^:]+:\/\/(?:[^:]+:[^@]+@)?/, '');
  const [, ...written] = afterCredentials.split(/[?&]/);
  return written;
}
