import type { Connection } from '../api.ts';
import { attempt, attemptLater } from '../platform/attempt.ts';
import { createPauses } from '../platform/pause.ts';
import { request } from '../platform/request.ts';
import { FOR_EVER_MS, PING_MS, PING_TIMEOUT_MS } from '../times.ts';
import { isRefusal, type PingType, pingAddress } from './address.ts';
import type { Visit } from './page.ts';

/** Hears how pings go. */
export type Ear = {
  /** Whether the worker's pings reach the service; if it refuses them, why. */
  readonly connected: (connection: Connection, refusal: string) => void;
  /** A ping got no answer at all in its time. */
  readonly timedOut: () => void;
  /** The service took it that the worker is at work. */
  readonly atWork: () => void;
};

/**
 * Says every 2.5 seconds that the worker is here, until stopped. After a ping that fails comes the next one, later
 * and later while the service is away, for as long as the page is open.
 * Returns what changes the kind of ping, what stops, what pings at once, what says that the page is closed, and the
 * end of the first ping that was not refused.
 */
export function startPinging(
  server: string,
  visit: Visit,
  shown: () => string,
  take: (token: string | null) => void,
  firstType: PingType,
  ear: Ear,
) {
  const [pause, wake, succeeded, failed] = createPauses(PING_MS);
  let type = firstType;
  let after = '';
  let isStopped = false;
  let underWay: AbortController | undefined;
  let refusedFor = '';

  const refused = (status: number, text: string): void => {
    const refusal = text.slice(0, 300) || `${status}`;
    // Once: a page that is not accepted goes on asking.
    if (refusal !== refusedFor) console.warn(`Retainer: the service does not accept this page: ${refusal}`);
    refusedFor = refusal;
    ear.connected('refused', refusal);
  };
  const ping = async (said: PingType): Promise<readonly [pauseMs: number, isRefused?: boolean]> => {
    const aborting = new AbortController();
    underWay = aborting;
    try {
      const address = pingAddress(server, visit, said, shown()) + after;
      const [{ ok, status, headers }, text] = await request(address, PING_TIMEOUT_MS, aborting, 'POST');
      take(headers.get('Retainer-Token'));
      if (isRefusal(status)) {
        refused(status, text);
        return [failed(), true];
      }
      ear.connected(ok ? 'connected' : 'away', '');
      if (!ok) return [failed()];
      succeeded();
      if (said === 'working') ear.atWork();
      return [said === 'left' ? FOR_EVER_MS : PING_MS];
    } catch {
      // One that gave way to a more urgent one says nothing about the connection.
      if (said === type) {
        ear.connected('away', '');
        if (aborting.signal.aborted) ear.timedOut();
      }
      return [failed()];
    }
  };

  const run = async (begun: () => void): Promise<void> => {
    while (!isStopped) {
      const said = type;
      const [ms, isRefused] = await ping(said);
      if (!isRefused) begun();
      if (said === type && !isStopped) await pause(ms);
    }
  };
  const first = new Promise<void>((resolve) => void run(resolve));

  return [
    /**
     * From now on the worker waits; or does not react, or left, and counts as nobody; or is at work, for good: they
     * came so long after the page was told. The first ping of another kind tells that something happened, so it goes at once.
     */
    (next: PingType, afterMs: number | null = null): void => {
      if (type === next || type === 'working') return;
      if (afterMs !== null) after = `&after=${Math.round(afterMs)}`;
      type = next;
      underWay?.abort();
      wake();
    },
    (): void => {
      isStopped = true;
      wake();
    },
    /** Does not sit out a pause: the page is in view again, or online. */
    wake,
    /** The page is closed. Not by a beacon where there is a better way: those are what blockers look for. */
    (): void => {
      if (type === 'working') return;
      const address = pingAddress(server, visit, 'left', shown());
      const keepalive = attempt(() => 'keepalive' in Request.prototype, false);
      if (keepalive) void attemptLater(() => fetch(address, { method: 'POST', keepalive }), null);
      else attempt(() => navigator.sendBeacon(address), false);
    },
    first,
  ] as const;
}
