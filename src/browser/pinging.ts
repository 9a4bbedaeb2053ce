import { createBackoff } from './backoff.ts';
import type { Visit } from './page.ts';

const PING_MS = 2_500;
const TIMEOUT_MS = 8_000;

export type PingType = 'waiting' | 'working';

/**
 * Says every 2.5 seconds that the worker is here, until stopped. A ping that fails is followed by the next one,
 * later and later while the service is away, for as long as the page is open.
 */
export function startPinging(server: string, visit: Visit) {
  const backoff = createBackoff(PING_MS);
  let type: PingType = 'waiting';
  let timer: ReturnType<typeof setTimeout> | undefined;
  let stopped = false;

  const path = () =>
    `${server}/ping/worker/${encodeURIComponent(visit.workerId)}/assignment/${encodeURIComponent(visit.assignmentId)}` +
    `/hit/${encodeURIComponent(visit.hitId)}/event/${type}`;

  const ping = async (): Promise<void> => {
    clearTimeout(timer);
    const sent = type;
    let pause = PING_MS;
    try {
      const aborting = new AbortController();
      const timeout = setTimeout(() => aborting.abort(), TIMEOUT_MS);
      const response = await fetch(path(), { method: 'POST', keepalive: true, signal: aborting.signal });
      clearTimeout(timeout);
      if (response.ok) backoff.succeeded();
      else pause = backoff.failed();
    } catch {
      pause = backoff.failed();
    }
    if (!stopped && sent === type) timer = setTimeout(ping, pause);
  };

  void ping();
  return {
    /** From now on the worker is at work; the first such ping tells that they answered the call. */
    work: (): void => {
      if (type === 'working') return;
      type = 'working';
      if (!stopped) void ping();
    },
    stop: (): void => {
      stopped = true;
      clearTimeout(timer);
    },
    /** The page is in view again, or back online: say so now. */
    now: (): void => {
      if (!stopped) void ping();
    },
  };
}
