import { createBackoff } from './backoff.ts';
import { now } from './now.ts';
import { after, createPauses } from './pause.ts';
import { request } from './request.ts';

/** What the service tells a waiting page. */
export type Call = { start: boolean; taskID?: string | number; released?: boolean };

/** How a try to hear from the service ended: the worker was called (or released); it got through; it did not. */
type Outcome = 'called' | 'through' | 'failed';

const HOLD_SECONDS = 25;
const POLL_MS = 1_000;
const TIMEOUT_MS = 10_000;
/** A stream can be dead without saying so: cut off behind a router, or held back by a proxy. */
const CHECK_STREAM_MS = 30_000;
/** A stream that lasted this long does get through, whatever ended it. */
const LASTING_MS = 20_000;
/** A way that fails this often, while a plain poll gets through, gives way to the next. */
const STRIKES = 3;
/** The best way is tried again after so long on another. */
const BEST_AGAIN_MS = 300_000;

/**
 * Waits to be called: by server-sent events; where those do not get through, by polls that the service holds; where
 * those do not, by asking every second. Every way has an error path, and none ever gives up.
 * Answers with what asks at once, and what stops.
 */
export function startWaiting(server: string, assignmentId: string, onCall: (call: Call) => void) {
  const id = encodeURIComponent(assignmentId);
  const [succeeded, failed] = createBackoff(500);
  const [pause, wake] = createPauses();
  let isCalled = false;
  let isStopped = false;
  /** Ends what is under way, or looks whether it is alive. */
  let end = (): void => {};
  let look = (): void => {};

  const take = (text: string): Outcome => {
    const call = JSON.parse(text) as Call;
    if (!call.start && !call.released) return 'through';
    if (!isCalled && !isStopped) onCall(call);
    isCalled = true;
    return 'called';
  };

  const poll = async (waitSeconds = 0): Promise<Outcome> => {
    try {
      const query = waitSeconds > 0 ? `?wait=${waitSeconds}` : '';
      const aborting = new AbortController();
      if (waitSeconds > 0) end = () => aborting.abort();
      const { ok, text } = await request(
        `${server}/gettask/assignment/${id}${query}`,
        { ms: waitSeconds * 1000 + TIMEOUT_MS },
        aborting,
      );
      return ok ? take(text) : 'failed';
    } catch {
      return 'failed';
    }
  };

  const stream = (): Promise<Outcome> =>
    new Promise((resolve) => {
      const openedAt = now();
      const source = new EventSource(`${server}/wait/assignment/${id}`);
      let cancel = after(TIMEOUT_MS, () => settle('failed'));
      const settle = (outcome: Outcome): void => {
        cancel();
        look = () => {};
        source.close();
        resolve(outcome);
      };
      end = () => settle('failed');
      const hear = (event: Event): void => {
        try {
          settle(take((event as MessageEvent<string>).data));
        } catch {
          settle('failed');
        }
      };
      const check = async (): Promise<void> => {
        // What a poll hears that the stream did not tell is told; the stream itself ends.
        if ((await poll()) === 'called') settle('called');
        else if (source.readyState !== EventSource.CLOSED) cancel = after(CHECK_STREAM_MS, check);
      };
      source.addEventListener('task', hear);
      source.addEventListener('released', hear);
      source.onopen = () => {
        cancel();
        succeeded();
        cancel = after(CHECK_STREAM_MS, check);
        look = () => {
          cancel();
          void check();
        };
      };
      source.onerror = () => settle(now() - openedAt > LASTING_MS ? 'through' : 'failed');
    });

  /** From the best to the plainest. */
  const ways = [stream, () => poll(HOLD_SECONDS), () => poll()] as const;
  const [HELD, PLAIN] = [1, 2];

  const run = async (): Promise<void> => {
    let way = 0;
    let strikes = 0;
    let since = now();
    while (!isCalled && !isStopped) {
      const startedAt = now();
      let outcome = await (ways[way] ?? poll)();
      // Is it this way that does not get through, or is the service away? And was there a call meanwhile?
      const isThisWay = outcome === 'failed' && way < PLAIN && (await poll()) === 'through';
      if (isCalled || isStopped) return;
      if (outcome === 'through') {
        strikes = 0;
        succeeded();
      } else if (isThisWay && ++strikes >= STRIKES) {
        way++;
        strikes = 0;
        since = now();
        outcome = 'through';
      }
      if (way > 0 && now() - since > BEST_AGAIN_MS) way = 0;
      if (outcome === 'failed') await pause(failed());
      else if (way !== HELD || now() - startedAt < POLL_MS) await pause(POLL_MS * (0.5 + Math.random()));
    }
  };
  void run();

  return [
    /** Does not sit out a pause, nor believe a stream: the page is in view again, or online, or was asleep. */
    (): void => {
      look();
      wake();
    },
    (): void => {
      isStopped = true;
      end();
      wake();
    },
  ] as const;
}
