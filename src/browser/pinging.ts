import type { Connection } from './api.ts';
import { createBackoff } from './backoff.ts';
import type { Visit } from './page.ts';
import { createPauses } from './pause.ts';
import { request } from './request.ts';

const PING_MS = 2_500;
const TIMEOUT_MS = 8_000;

type PingType = 'waiting' | 'idle' | 'working';

/** The service answers, but refuses what this page says; it will not think better of it soon. */
const isRefusal = (status: number): boolean => status >= 400 && status < 500 && status !== 429;

/**
 * Says every 2.5 seconds that the worker is here, until stopped. After a ping that fails comes the next one, later
 * and later while the service is away, for as long as the page is open.
 * Answers with what changes the kind of ping, what stops, and what pings at once.
 */
export function startPinging(
  server: string,
  { workerId, assignmentId, hitId }: Visit,
  connected: (connection: Connection) => void = () => {},
) {
  const path = ['worker', workerId, 'assignment', assignmentId, 'hit', hitId].map(encodeURIComponent).join('/');
  const [succeeded, failed] = createBackoff(PING_MS);
  const [pause, wake] = createPauses();
  let type: PingType = 'waiting';
  let query = '';
  let isStopped = false;
  let underWay = new AbortController();

  const ping = async (): Promise<number> => {
    const said = type;
    underWay = new AbortController();
    try {
      const { ok, status } = await request(
        `${server}/ping/${path}/event/${type}${query}`,
        { method: 'POST', ms: TIMEOUT_MS },
        underWay,
      );
      connected(ok ? 'connected' : isRefusal(status) ? 'refused' : 'away');
      if (!ok) return failed();
      succeeded();
      return PING_MS;
    } catch {
      // One that gave way to a more urgent one says nothing about the connection.
      if (said === type) connected('away');
      return failed();
    }
  };

  const run = async (): Promise<void> => {
    while (!isStopped) {
      const said = type;
      const ms = await ping();
      if (said === type && !isStopped) await pause(ms);
    }
  };
  void run();

  return [
    /**
     * From now on the worker waits; or does not react, and counts as nobody; or is at work, for good: they came
     * so long after the page was told. The first ping of another kind tells that something happened, so it goes at once.
     */
    (next: PingType, afterMs: number | null = null): void => {
      if (type === next || type === 'working') return;
      if (afterMs !== null) query = `?after=${Math.round(afterMs)}`;
      type = next;
      underWay.abort();
      wake();
    },
    (): void => {
      isStopped = true;
      wake();
    },
    /** Does not sit out a pause: the page is in view again, or online. */
    wake,
  ] as const;
}
