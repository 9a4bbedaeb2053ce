import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { type Client, isPassing, type Library } from './client.ts';
import { refuseUnknownOptions, refuseUnreadableFiles } from './options.ts';

/** A client that is given up may still be answering others. */
const LINGER_MS = 30_000;
const TRIES = 3;
const PAUSE_MS = 50;

/** The vendor's client, or the one that has taken its place. */
export type Connection = {
  readonly library: Library;
  readonly log: Logger;
  /** The hosts of the URL, without name and password: for people. */
  readonly address: string;
  readonly client: () => Client;
  /** Something failed with this client that may pass: the next call gets a new one. */
  readonly giveUp: (client: Client) => void;
  readonly close: () => Promise<void>;
};

/**
 * Keeps a client that works. Appends and subscriptions look for another node of the cluster by themselves when theirs
 * is gone; the native part that reads does not (client 1.3.1: it answers "unavailable" for ever). So a client that
 * failed is replaced.
 */
export function connect({ library, url, log }: { library: Library; url: string; log: Logger }): Connection {
  const address = /^[\w+]+:\/\/(?:.*@)?([^/?]+)/s.exec(url)?.[1] ?? 'the address in EVENT_STORE_URL';
  refuseUnknownOptions(url, address);
  refuseUnreadableFiles(url, address);
  let client = library.KurrentDBClient.connectionString(url);
  const lingering = new Map<Client, NodeJS.Timeout>();
  const dispose = async (old: Client): Promise<void> => {
    clearTimeout(lingering.get(old));
    lingering.delete(old);
    await old.dispose().catch((error: unknown) => log.debug({ err: error }, 'a client was gone before it was closed'));
  };
  return {
    library,
    log,
    address,
    client: () => client,
    giveUp: (failed) => {
      if (failed !== client) return;
      client = library.KurrentDBClient.connectionString(url);
      lingering.set(
        failed,
        setTimeout(() => void dispose(failed), LINGER_MS),
      );
    },
    close: async () => {
      await Promise.all([...lingering.keys(), client].map(dispose));
    },
  };
}

/** A call that changes nothing, so that it may be made again with another client. */
export async function reading<T>(connection: Connection, work: (client: Client) => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    const client = connection.client();
    try {
      return await work(client);
    } catch (error) {
      if (!isPassing(error)) throw error;
      connection.giveUp(client);
      if (tries === TRIES) throw error;
      await sleep(PAUSE_MS * tries);
    }
  }
}
