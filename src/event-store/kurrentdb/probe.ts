import { randomUUID } from 'node:crypto';
import { isOfType, isPassing, within } from './client.ts';
import { type Connection, reading } from './connection.ts';
import { serverVersion } from './serverVersion.ts';

/** Nothing is ever in it. */
const PROBE = 'retainer-probe';

/** Why nothing can follow the log. By default it takes an administrator to. */
export const NOT_ALL = 'this user may not read $all: put it into the group $admins, or use one who is';

/**
 * Is the server there, does it let us in, can it append to several streams as one, does it refuse what conflicts, and
 * may we follow the log? Throws a sentence for the operator if not.
 */
export async function probe(connection: Connection): Promise<void> {
  const { address } = connection;
  if (!(await refusesConflicts(connection)))
    throw new Error(
      `the KurrentDB at ${address} does not refuse an append that conflicts: nothing may be written to it`,
    );
  if (!(await mayReadAll(connection))) throw new Error(`the KurrentDB at ${address} lets us in, but ${NOT_ALL}`);
}

/**
 * An option that a client does not know is ignored without a word, and every check with it. Expects a revision of a
 * stream that does not exist, so that nothing is written: it may be another application's log.
 */
async function refusesConflicts(connection: Connection): Promise<boolean> {
  const { library, address } = connection;
  const events = [library.jsonEvent({ id: randomUUID(), type: 'Probe', data: {}, metadata: {} })];
  const attempt = () =>
    within(connection.client().multiStreamAppend([{ streamName: PROBE, expectedState: 0n, events }]));
  try {
    // A follower names the leader, and the client goes there by itself.
    await attempt().catch((error: unknown) => (isOfType(error, 'not-leader') ? attempt() : Promise.reject(error)));
    return false;
  } catch (error) {
    if (error instanceof library.WrongExpectedVersionError) return true;
    if (isOfType(error, 'unsupported')) {
      const version = await serverVersion(connection);
      throw new Error(
        `the KurrentDB at ${address} is too old${version === null ? '' : ` (${version})`}: appending to several ` +
          'streams as one takes version 25.1 or newer',
        { cause: error },
      );
    }
    if (isOfType(error, 'access-denied'))
      throw new Error(
        `the KurrentDB at ${address} does not let this user in: check name and password in EVENT_STORE_URL`,
        { cause: error },
      );
    throw new Error(`cannot connect to the KurrentDB at ${address}: ${reasonOf(error)}`, { cause: error });
  }
}

/** What an operator can act on, and in brackets what the client said, in one line and without the wrapping of gRPC. */
function reasonOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  if (!isPassing(error)) return inOneLine(message);
  const said = inOneLine(
    message
      .replace(/^\d+ [A-Z_]+: /, '')
      .replace(/^.*Last error: (?:Error: )?/s, '')
      .replace(/\.? *Resolution note:.*$/s, '')
      .replace(/ \(\d{4}-\S+Z\)$/, ''),
  );
  if (/wrong version number|packet length too long|SSL routines/i.test(said))
    return `it speaks no TLS there; write tls=false into the URL, or give the server a certificate (${said})`;
  return /certificate/i.test(said)
    ? `its certificate is not trusted; is tlsCAFile= right? (${said})`
    : `nothing answers there; is it running, and is tls= in the URL right? (${said})`;
}

/** OpenSSL's complaints end with a line break, and what it says besides is for its makers. */
const inOneLine = (text: string): string =>
  text
    .replace(/\b[0-9A-F]{8,}:error:[0-9A-F]+:/g, '')
    .replace(/:\.\.?\/\S+?:\d+:/g, '')
    .replace(/\s+/g, ' ')
    .trim();

export async function mayReadAll(connection: Connection): Promise<boolean> {
  const { library } = connection;
  const last = { direction: library.BACKWARDS, fromPosition: library.END, maxCount: 1 } as const;
  const look = async (client: ReturnType<Connection['client']>): Promise<void> => {
    for await (const _ of client.readAll(last)) return;
  };
  try {
    await reading(connection, (client) => within(look(client)));
    return true;
  } catch (error) {
    if (isOfType(error, 'access-denied')) return false;
    throw error;
  }
}
