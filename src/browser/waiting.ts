import type { Work } from './api.ts';
import { now } from './now.ts';
import { after, createPauses } from './pause.ts';
import { request } from './request.ts';
import { BEST_AGAIN_MS, CHECK_STREAM_MS, HOLD_SECONDS, LASTING_MS, POLL_MS, TIMEOUT_MS } from './times.ts';

/** What the service tells a waiting page. */
export type Call = Work | { readonly start: false; readonly released?: true };

/** How a try to hear from the service ended: the worker was called (or released); it got through; it did not. */
const [CALLED, THROUGH, FAILED] = [1, 2, 3] as const;
type Outcome = typeof CALLED | typeof THROUGH | typeof FAILED;

/**
 * Waits to be called: by server-sent events; where those do not get through, by polls that the service holds; where
 * those do not, by asking every second. Every way has an error path, and none ever gives up.
 * Begins after the first ping, which may bring a token. Answers with what asks at once, and what stops.
 */
export function startWaiting(
  server: string,
  assignmentId: string,
  shown: () => string,
  first: Promise<void>,
  onCall: (call: Call) => void,
) {
  const path = `/assignment/${encodeURIComponent(assignmentId)}?`;
  const [pause, wake, succeeded, failed] = createPauses(500);
  /** Called, or stopped. */
  let isOver = false;
  /** Ends what is under way, or looks whether it is alive. */
  let end: (() => void) | undefined;
  let look: (() => void) | undefined;

  const take = (text: string): Outcome => {
    const call = JSON.parse(text) as Call;
    if (!call.start && !call.released) return THROUGH;
    if (!isOver) onCall(call);
    isOver = true;
    return CALLED;
  };

  const poll = async (waitSeconds = 0): Promise<Outcome> => {
    try {
      const aborting = new AbortController();
      if (waitSeconds > 0) end = () => aborting.abort();
      const [{ ok }, text] = await request(
        `${server}/gettask${path}wait=${waitSeconds}&${shown()}`,
        waitSeconds * 1000 + TIMEOUT_MS,
        aborting,
      );
      return ok ? take(text) : FAILED;
    } catch {
      return FAILED;
    }
  };

  const stream = (): Promise<Outcome> =>
    new Promise((resolve) => {
      const openedAt = now();
      const source = new EventSource(`${server}/wait${path}${shown()}`);
      let cancel = after(TIMEOUT_MS, () => settle(FAILED));
      const settle = (outcome: Outcome): void => {
        cancel();
        look = undefined;
        source.close();
        resolve(outcome);
      };
      end = () => settle(FAILED);
      const hear = (event: Event): void => {
        try {
          settle(take((event as MessageEvent<string>).data));
        } catch {
          settle(FAILED);
        }
      };
      const check = async (): Promise<void> => {
        // What a poll hears that the stream did not tell is told; the stream itself ends.
        if ((await poll()) === CALLED) settle(CALLED);
        else if (source.readyState !== EventSource.CLOSED) cancel = after(CHECK_STREAM_MS, check);
      };
      for (const type of ['task', 'released']) source.addEventListener(type, hear);
      source.onopen = () => {
        cancel();
        succeeded();
        cancel = after(CHECK_STREAM_MS, check);
        look = () => {
          cancel();
          void check();
        };
      };
      source.onerror = () => settle(now() - openedAt > LASTING_MS ? THROUGH : FAILED);
    });

  /** From the best to the plainest. */
  const ways = [stream, () => poll(HOLD_SECONDS), () => poll()] as const;

  const run = async (): Promise<void> => {
    const HELD = 1;
    const PLAIN = 2;
    /** A way that fails this often, while a plain poll gets through, gives way to the next. */
    const STRIKES = 3;
    let way = 0;
    let strikes = 0;
    let since = now();
    await first;
    while (!isOver) {
      const startedAt = now();
      let outcome = await (ways[way] ?? poll)();
      // Is it this way that does not get through, or is the service away? And was there a call meanwhile?
      const isThisWay = outcome === FAILED && way < PLAIN && (await poll()) === THROUGH;
      if (isOver) return;
      if (outcome === THROUGH) {
        strikes = 0;
        succeeded();
      } else if (isThisWay && ++strikes >= STRIKES) {
        way++;
        strikes = 0;
        since = now();
        outcome = THROUGH;
      }
      if (way > 0 && now() - since > BEST_AGAIN_MS) way = 0;
      if (outcome === FAILED) await pause(failed());
      else if (way !== HELD || now() - startedAt < POLL_MS) await pause(POLL_MS * (0.5 + Math.random()));
    }
  };
  void run();

  return [
    /** Does not sit out a pause, nor believe a stream: the page is in view again, or online, or was asleep. */
    (): void => {
      look?.();
      wake();
    },
    (): void => {
      isOver = true;
      end?.();
      wake();
    },
  ] as const;
}
