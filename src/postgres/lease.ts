import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import type { Logger } from 'pino';
import { heartbeat } from './heartbeat.ts';

/** How soon another node notices that a lease is free, and how often its holder asks whether its connection lives. */
const RETRY_MS = 500;
const HEARTBEAT_MS = 1_000;
/** Longest silence of the database, or of the holder, after which the lease is free. */
const SILENCE_MS = 5_000;

/**
 * Competes for a lease until `signal` aborts; while this node holds it, runs `whileHeld` with a signal that
 * aborts when the lease is lost. The lease is a session advisory lock on a connection of its own: Postgres frees
 * it the moment that connection ends, so a killed node is followed within `RETRY_MS`, and one that hangs or is cut
 * off within `SILENCE_MS`.
 */
export async function holdLease(
  { url, name, signal, log }: { url: string; name: string; signal: AbortSignal; log: Logger },
  whileHeld: (lease: { signal: AbortSignal }) => Promise<void>,
): Promise<void> {
  while (!signal.aborted) {
    await compete({ url, name, signal, log }, whileHeld).catch((error: unknown) =>
      log.warn({ err: error, lease: name }, 'the lease was lost; competing again'),
    );
    await sleep(RETRY_MS, undefined, { signal }).catch(() => {});
  }
}

async function compete(
  { url, name, signal, log }: { url: string; name: string; signal: AbortSignal; log: Logger },
  whileHeld: (lease: { signal: AbortSignal }) => Promise<void>,
): Promise<void> {
  const client = new pg.Client({
    connectionString: url,
    application_name: `retainer lease ${name}`,
    connectionTimeoutMillis: 3_000,
    query_timeout: SILENCE_MS,
    keepAlive: true,
  });
  const lost = new AbortController();
  client.on('error', () => lost.abort());
  client.on('end', () => lost.abort());
  const held = AbortSignal.any([signal, lost.signal]);
  let stopHeart: () => void = () => {};
  try {
    await client.connect();
    // A node that hangs or whose machine vanished falls silent, but its connection would live on for hours.
    await client.query(`set idle_session_timeout = ${SILENCE_MS}`);
    while (!held.aborted && !(await takeLock(client, name))) {
      await sleep(RETRY_MS, undefined, { signal: held }).catch(() => {});
    }
    if (held.aborted) return;
    log.info({ lease: name }, 'holding the lease');
    stopHeart = heartbeat(client, { everyMs: HEARTBEAT_MS, timeoutMs: SILENCE_MS, onDead: () => lost.abort() });
    await whileHeld({ signal: held });
  } finally {
    stopHeart();
    await client
      .end()
      .catch(() => log.debug({ lease: name }, 'the connection of a lease was gone before it was closed'));
  }
}

const takeLock = async (client: pg.Client, name: string): Promise<boolean> => {
  const { rows } = await client.query<{ held: boolean }>(
    `select pg_try_advisory_lock(hashtextextended('retainer lease ' || $1, 0)) as held`,
    [name],
  );
  return rows[0]?.held === true;
};
