import type { Connection } from './api.ts';
import type { Visit } from './page.ts';
import { createPauses } from './pause.ts';
import { request } from './request.ts';
import { FOR_EVER_MS, PING_MS, PING_TIMEOUT_MS } from './times.ts';

type PingType = 'waiting' | 'idle' | 'left' | 'working';

/** The service answers, but refuses what this page says; it will not think better of it soon. */
const REFUSAL = /^4(?!29)/;

/**
 * Says every 2.5 seconds that the worker is here, until stopped. After a ping that fails comes the next one, later
 * and later while the service is away, for as long as the page is open.
 * Answers with what changes the kind of ping, what stops, what pings at once, what says that the
 * page is closed, and the end of the first ping.
 */
export function startPinging(
  server: string,
  { workerId, assignmentId, hitId }: Visit,
  shown: () => string,
  take: (token: string | null) => void,
  connected?: (connection: Connection) => void,
) {
  const path = ['worker', workerId, 'assignment', assignmentId, 'hit', hitId].map(encodeURIComponent).join('/');
  const [pause, wake, succeeded, failed] = createPauses(PING_MS);
  let type: PingType = 'waiting';
  let after = '';
  let isStopped = false;
  let underWay: AbortController | undefined;

  const address = (said: PingType): string => `${server}/ping/${path}/event/${said}?${shown()}`;
  const ping = async (said: PingType): Promise<number> => {
    const aborting = new AbortController();
    underWay = aborting;
    try {
      const [{ ok, status, headers }] = await request(address(said) + after, PING_TIMEOUT_MS, aborting, 'POST');
      take(headers.get('Retainer-Token'));
      connected?.(ok ? 'connected' : REFUSAL.test(`${status}`) ? 'refused' : 'away');
      if (!ok) return failed();
      succeeded();
      return said === 'left' ? FOR_EVER_MS : PING_MS;
    } catch {
      // One that gave way to a more urgent one says nothing about the connection.
      if (said === type) connected?.('away');
      return failed();
    }
  };

  const run = async (begun: () => void): Promise<void> => {
    while (!isStopped) {
      const said = type;
      const ms = await ping(said);
      begun();
      if (said === type) await pause(ms);
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
    /** The page is closed. */
    (): void => {
      if (type !== 'working') navigator.sendBeacon(address('left'));
    },
    first,
  ] as const;
}
