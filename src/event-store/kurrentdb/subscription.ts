import { setTimeout as sleep } from 'node:timers/promises';
import type { AllStreamSubscription } from '@kurrent/kurrentdb-client';
import { decodeInOrder, type StoredEvent } from '../codec.ts';
import type { Batch, Position, SubscribeOptions } from '../port.ts';
import { type Client, isOfType, type Library } from './client.ts';
import type { Connection } from './connection.ts';
import { fromPosition } from './position.ts';
import { PREFIXES, toStored } from './storedEvents.ts';

const SHORTEST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 5_000;

/**
 * Follows the whole log from a position. The server's subscription ends with every lost connection and every change of
 * leader, and nothing opens it again but us: from the last event that was delivered, with backoff. The client's
 * checkpoints run ahead of what was worked on; none is kept but the position of the last event.
 */
export async function* follow(
  connection: Connection,
  { after, batchSize = 1_000, signal }: SubscribeOptions,
): AsyncGenerator<Batch> {
  const { library, log } = connection;
  let position = after;
  let pause = SHORTEST_PAUSE_MS;
  while (!signal.aborted) {
    const client = connection.client();
    const source = open({ client, library }, position, batchSize, signal);
    try {
      for await (const { stored, caughtUp } of source.pieces()) {
        pause = SHORTEST_PAUSE_MS;
        const { events, unreadable } = decodeInOrder(stored);
        position = events.at(-1)?.position ?? position;
        if (events.length > 0) yield { events, caughtUp: caughtUp && unreadable === null };
        if (unreadable !== null) throw unreadable;
      }
    } catch (error) {
      if (!(error instanceof SubscriptionLost)) throw error;
      connection.giveUp(client);
      if (isOfType(error.cause, 'access-denied'))
        log.error(
          { err: error.cause },
          'KurrentDB lets this user not read $all; give it the rights of an administrator',
        );
      else log.warn({ err: error.cause, position }, 'the subscription to KurrentDB was lost; opening it again');
    } finally {
      source.close();
    }
    if (signal.aborted) return;
    await sleep(pause * (0.5 + Math.random()), undefined, { signal }).catch(() => {});
    pause = Math.min(LONGEST_PAUSE_MS, pause * 2);
  }
}

class SubscriptionLost extends Error {
  override readonly name = 'SubscriptionLost';
}

type Piece = { readonly stored: readonly StoredEvent[]; readonly caughtUp: boolean };

/** One subscription of the server's, as pieces to pull; reading stops while nobody pulls. */
function open(
  { client, library }: { client: Client; library: Library },
  after: Position,
  batchSize: number,
  signal: AbortSignal,
) {
  const queue: StoredEvent[] = [];
  let isLive = false;
  let lost: unknown;
  let isOver = false;
  let wake: () => void = () => {};
  const subscription: AllStreamSubscription = client.subscribeToAll({
    fromPosition: fromPosition(after) ?? library.START,
    filter: library.streamNameFilter({ prefixes: PREFIXES }),
  });
  const end = (reason: unknown): void => {
    lost ??= reason;
    isOver = true;
    wake();
  };
  subscription.on('data', ({ event }) => {
    if (event) queue.push(toStored(event));
    if (queue.length > 2 * batchSize) subscription.pause();
    wake();
  });
  subscription.on('caughtUp', () => {
    isLive = true;
    wake();
  });
  subscription.on('fellBehind', () => {
    isLive = false;
  });
  subscription.on('error', end);
  subscription.on('end', () => end(new Error('the server ended the subscription')));
  const onAbort = (): void => end(undefined);
  signal.addEventListener('abort', onAbort);

  return {
    pieces: async function* (): AsyncGenerator<Piece> {
      while (!signal.aborted) {
        // While catching up a full batch waits for one event more, or for word that there is none: is it the last?
        if (queue.length > batchSize || (isLive && queue.length > 0)) {
          const stored = queue.splice(0, batchSize);
          if (subscription.isPaused()) subscription.resume();
          yield { stored, caughtUp: isLive && queue.length === 0 };
        } else if (isOver) {
          if (queue.length > 0) yield { stored: queue.splice(0, batchSize), caughtUp: false };
          else throw new SubscriptionLost('the subscription was lost', { cause: lost });
        } else
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
      }
    },
    close: (): void => {
      signal.removeEventListener('abort', onAbort);
      // It may fail once more on its way out.
      subscription.on('error', () => {});
      subscription.unsubscribe().catch(() => {});
    },
  };
}
