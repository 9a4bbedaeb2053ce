import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import type { Logger } from 'pino';
import { heartbeat } from './heartbeat.ts';

/** Where nobody says otherwise: within how many seconds somebody else holds the lease of a holder that is gone. */
const LEASE_SECONDS = 5;

/**
 * Longest silence, of the holder or of the database, after which a lease is free. The rest of its seconds is for
 * another node to notice.
 */
export const silenceMs = (leaseSeconds: number): number => leaseSeconds * 800;
/** How soon others notice that a lease is free, and how often its holder asks whether its connection lives. */
const retryMs = (leaseSeconds: number): number => Math.min(500, leaseSeconds * 100);
const heartbeatMs = (leaseSeconds: number): number => leaseSeconds * 200;

type Competing = {
  readonly url: string;
  readonly signal: AbortSignal;
  readonly log: Logger;
  /** Holds the names of the leases that this node holds now, besides what others put there. */
  readonly leases?: Set<string> | undefined;
  /** Within how many seconds a holder that fell silent is followed by another. */
  readonly leaseSeconds?: number | undefined;
};

/** As `holdLeases`, for one. */
export const holdLease = (
  { name, ...competing }: Competing & { readonly name: string },
  whileHeld: (lease: { signal: AbortSignal }) => Promise<void>,
): Promise<void> => holdLeases({ ...competing, names: [name] }, whileHeld);

/**
 * Competes for leases until `signal` aborts; while this node holds some of them, runs `whileHeld` with their names and
 * a signal that aborts when they are lost, or when another was won: then it is run anew, with more. A lease is a
 * session advisory lock; all of them are on one connection: Postgres frees them the moment it ends, so a killed node
 * is followed within half a second, and one that hangs or is cut off within `leaseSeconds`. A node that hung works on
 * for an instant when it wakes up, until it hears that it has lost them: what it writes then must be refused by
 * whatever it writes to.
 */
export async function holdLeases(
  { names, ...competing }: Competing & { readonly names: readonly string[] },
  whileHeld: (leases: { names: readonly string[]; signal: AbortSignal }) => Promise<void>,
): Promise<void> {
  const { signal, log, leaseSeconds = LEASE_SECONDS } = competing;
  while (!signal.aborted) {
    await compete({ ...competing, names }, whileHeld).catch((error: unknown) =>
      log.warn({ err: error, leases: names }, 'the lease was lost; competing again'),
    );
    await sleep(retryMs(leaseSeconds), undefined, { signal }).catch(() => {});
  }
}

async function compete(
  { url, names, signal, log, leases, leaseSeconds = LEASE_SECONDS }: Competing & { readonly names: readonly string[] },
  whileHeld: (leases: { names: readonly string[]; signal: AbortSignal }) => Promise<void>,
): Promise<void> {
  const client = new pg.Client({
    connectionString: url,
    application_name: `retainer lease ${names.join(' ')}`.slice(0, 63),
    connectionTimeoutMillis: 3_000,
    query_timeout: silenceMs(leaseSeconds),
    keepAlive: true,
  });
  const lost = new AbortController();
  // At once: whoever worked under them may take a while to end, and another node says already that it has them.
  const holdNone = (): void => {
    for (const name of names) leases?.delete(name);
  };
  lost.signal.addEventListener('abort', holdNone);
  client.on('error', () => lost.abort());
  client.on('end', () => lost.abort());
  const connected = AbortSignal.any([signal, lost.signal]);
  let stopHeart: () => void = () => {};
  try {
    await client.connect();
    // A node that hangs or whose machine vanished falls silent, but its connection would live on for hours.
    await client.query(`set idle_session_timeout = ${silenceMs(leaseSeconds)}`);
    let held = await winMore(client, { names, leaseSeconds, signal: connected });
    stopHeart = heartbeat(client, {
      everyMs: heartbeatMs(leaseSeconds),
      timeoutMs: silenceMs(leaseSeconds),
      onDead: () => lost.abort(),
    });
    while (!connected.aborted) {
      log.info({ leases: held }, 'holding the lease');
      for (const name of held) leases?.add(name);
      const won = await workUntilMore(client, { names, held, leaseSeconds, connected }, whileHeld);
      if (won.length === 0) return;
      held = [...held, ...won];
    }
  } finally {
    stopHeart();
    holdNone();
    await client
      .end()
      .catch(() => log.debug({ leases: names }, 'the connection of a lease was gone before it was closed'));
  }
}

/** Waits until at least one of these is held; answers which. None when `signal` aborts. */
async function winMore(
  client: pg.Client,
  { names, leaseSeconds, signal }: { names: readonly string[]; leaseSeconds: number; signal: AbortSignal },
): Promise<readonly string[]> {
  while (!signal.aborted) {
    const won = await takeLocks(client, names);
    if (won.length > 0) return won;
    await sleep(retryMs(leaseSeconds), undefined, { signal }).catch(() => {});
  }
  return [];
}

/** Works until another lease is won, and answers which were; none when the work ended by itself. */
async function workUntilMore(
  client: pg.Client,
  {
    names,
    held,
    leaseSeconds,
    connected,
  }: { names: readonly string[]; held: readonly string[]; leaseSeconds: number; connected: AbortSignal },
  whileHeld: (leases: { names: readonly string[]; signal: AbortSignal }) => Promise<void>,
): Promise<readonly string[]> {
  const missing = names.filter((name) => !held.includes(name));
  const more = new AbortController();
  const over = new AbortController();
  const signal = AbortSignal.any([connected, more.signal]);
  const working = whileHeld({ names: held, signal }).finally(() => over.abort());
  const watching = AbortSignal.any([connected, over.signal]);
  const winning =
    missing.length > 0
      ? winMore(client, { names: missing, leaseSeconds, signal: watching }).finally(() => more.abort())
      : [];
  // Whichever fails, the other has ended before anybody hears of it.
  await Promise.allSettled([working, winning]);
  await working;
  return winning;
}

/** The key of a lease's advisory lock, from an SQL expression that is its name. */
export const leaseLockSql = (name: string): string => `hashtextextended('retainer lease ' || ${name}, 0)`;

const takeLocks = async (client: pg.Client, names: readonly string[]): Promise<readonly string[]> => {
  const { rows } = await client.query<{ name: string }>(
    `select name from unnest($1::text[]) as wanted (name)
     where pg_try_advisory_lock(${leaseLockSql('name')})`,
    [names],
  );
  return rows.map(({ name }) => name);
};
