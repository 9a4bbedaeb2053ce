import { createBackoff } from './backoff.ts';

/** What the service tells a waiting page. */
export type Call = { start: boolean; taskID?: string | number; released?: boolean };

const HOLD_SECONDS = 25;
const POLL_MS = 1_000;
/** A way of waiting that fails this often in a row gives way to a plainer one. */
const TRIES = 3;
/** A plain poller tries the better ways again after this many successful polls. */
const POLLS_BEFORE_RETRY = 60;

type Outcome = 'called' | 'failed' | 'again';

/**
 * Waits to be called: by server-sent events; where those do not get through, by polls that the service holds; where
 * those do not, by asking every second. Every way has an error path, and none ever gives up.
 */
export function startWaiting(server: string, assignmentId: string, onCall: (call: Call) => void) {
  const id = encodeURIComponent(assignmentId);
  const backoff = createBackoff(500);
  let stopped = false;
  let wake: () => void = () => {};
  let leave: () => void = () => {};

  const pause = (ms: number): Promise<void> =>
    new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });

  const take = (text: string): Outcome => {
    const call = JSON.parse(text) as Call;
    if (!call.start && !call.released) return 'again';
    onCall(call);
    return 'called';
  };

  const stream = (): Promise<Outcome> =>
    new Promise((resolve) => {
      if (typeof EventSource === 'undefined') return resolve('failed');
      const source = new EventSource(`${server}/wait/assignment/${id}`);
      const settle = (outcome: Outcome): void => {
        source.close();
        resolve(outcome);
      };
      leave = () => settle('again');
      const hear = (event: Event): void => {
        try {
          settle(take((event as MessageEvent<string>).data));
        } catch {
          settle('failed');
        }
      };
      source.addEventListener('task', hear);
      source.addEventListener('released', hear);
      source.onopen = () => backoff.succeeded();
      source.onerror = () => settle('failed');
    });

  const poll = async (waitSeconds: number): Promise<Outcome> => {
    const aborting = new AbortController();
    leave = () => aborting.abort();
    const timer = setTimeout(() => aborting.abort(), (waitSeconds + 10) * 1000);
    try {
      const response = await fetch(
        `${server}/gettask/assignment/${id}${waitSeconds > 0 ? `?wait=${waitSeconds}` : ''}`,
        {
          signal: aborting.signal,
          cache: 'no-store',
        },
      );
      if (!response.ok) return 'failed';
      const outcome = take(await response.text());
      backoff.succeeded();
      return outcome;
    } catch {
      return 'failed';
    } finally {
      clearTimeout(timer);
    }
  };

  const ways = [stream, () => poll(HOLD_SECONDS), () => poll(0)];

  const run = async (): Promise<void> => {
    let way = 0;
    let failures = 0;
    let polls = 0;
    while (!stopped) {
      const last = way === ways.length - 1;
      const outcome = await (ways[way] ?? ways[0])?.();
      if (outcome === 'called' || stopped) return;
      if (outcome === 'failed') {
        // The stream says nothing about why it ended; a plain poll finds out whether there is news meanwhile.
        if (way === 0 && (await poll(0)) === 'called') return;
        if (++failures >= TRIES && !last) {
          way++;
          failures = 0;
        }
        await pause(backoff.failed());
      } else {
        failures = 0;
        if (last) {
          if (++polls % POLLS_BEFORE_RETRY === 0) way = 0;
          await pause(POLL_MS);
        }
      }
    }
  };
  void run();

  return {
    /** Something changed (in view, online): do not sit out a pause. */
    now: (): void => {
      backoff.succeeded();
      wake();
    },
    stop: (): void => {
      stopped = true;
      leave();
      wake();
    },
  };
}
