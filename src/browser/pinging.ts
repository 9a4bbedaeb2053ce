import { createBackoff } from './backoff.ts';
import type { Visit } from './page.ts';
import { createPauses } from './pause.ts';
import { request } from './request.ts';

const PING_MS = 2_500;
const TIMEOUT_MS = 8_000;

/**
 * Says every 2.5 seconds that the worker is here, until stopped. After a ping that fails comes the next one, later
 * and later while the service is away, for as long as the page is open.
 */
export function startPinging(server: string, { workerId, assignmentId, hitId }: Visit) {
  const path = ['worker', workerId, 'assignment', assignmentId, 'hit', hitId].map(encodeURIComponent).join('/');
  const backoff = createBackoff(PING_MS);
  const { pause, wake } = createPauses();
  let type: 'waiting' | 'working' = 'waiting';
  let isStopped = false;
  let underWay = new AbortController();

  const ping = async (): Promise<number> => {
    underWay = new AbortController();
    try {
      const { ok } = await request(
        `${server}/ping/${path}/event/${type}`,
        { method: 'POST', ms: TIMEOUT_MS },
        underWay,
      );
      if (!ok) return backoff.failed();
      backoff.succeeded();
      return PING_MS;
    } catch {
      return backoff.failed();
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

  return {
    /** From now on the worker is at work; the first such ping tells that they answered the call, so it goes at once. */
    work: (): void => {
      if (type === 'working') return;
      type = 'working';
      underWay.abort();
      wake();
    },
    stop: (): void => {
      isStopped = true;
      wake();
    },
    /** Does not sit out a pause: the page is in view again, or online. */
    now: wake,
  };
}
