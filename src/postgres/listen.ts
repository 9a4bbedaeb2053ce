import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import type { Logger } from 'pino';
import { heartbeat } from './heartbeat.ts';

const LONGEST_PAUSE_MS = 2_000;
/** A dead peer that never says so is found out by a query this often. */
const HEARTBEAT_MS = 5_000;

/**
 * Listens on a connection of its own and never gives up: a lost connection is made again with backoff.
 * `onGap` is called after every (re)connection: notifications may have been missed, look for yourself.
 */
export function listen({
  url,
  channels,
  onNotify,
  onGap,
  log,
}: {
  url: string;
  channels: readonly string[];
  onNotify: (channel: string, payload: string) => void;
  onGap: () => void;
  log?: Logger | undefined;
}): { ready: Promise<void>; close: () => Promise<void> } {
  const ending = new AbortController();
  let ready: () => void = () => {};
  const isReady = new Promise<void>((resolve) => {
    ready = resolve;
  });

  /** Resolves when the connection is lost or the listener is closed. */
  const once = async (): Promise<void> => {
    const client = new pg.Client({
      connectionString: url,
      application_name: 'retainer listen',
      connectionTimeoutMillis: 3_000,
      keepAlive: true,
    });
    let over: () => void = () => {};
    const lost = new Promise<void>((resolve) => {
      over = resolve;
    });
    client.on('error', over);
    client.on('end', over);
    ending.signal.addEventListener('abort', over);
    client.on('notification', ({ channel, payload }) => onNotify(channel, payload ?? ''));
    let stopHeart: () => void = () => {};
    try {
      await client.connect();
      await client.query(channels.map((channel) => `listen ${pg.escapeIdentifier(channel)}`).join(';'));
      onGap();
      ready();
      stopHeart = heartbeat(client, { everyMs: HEARTBEAT_MS, timeoutMs: HEARTBEAT_MS, onDead: over });
      await lost;
    } finally {
      stopHeart();
      ending.signal.removeEventListener('abort', over);
      await client.end().catch(() => log?.debug('a listening connection was gone before it was closed'));
    }
  };

  const run = async (): Promise<void> => {
    let pause = 50;
    while (!ending.signal.aborted) {
      const since = Date.now();
      await once().catch((error: unknown) => log?.warn({ err: error }, 'listening failed; trying again'));
      pause = Date.now() - since > HEARTBEAT_MS ? 50 : Math.min(LONGEST_PAUSE_MS, pause * 2);
      if (!ending.signal.aborted)
        await sleep(pause * (0.5 + Math.random()), undefined, { signal: ending.signal }).catch(() => {});
    }
  };
  const running = run();

  return {
    ready: isReady,
    close: async () => {
      ending.abort();
      ready();
      await running;
    },
  };
}
