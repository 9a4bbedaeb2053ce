import type { ReleaseReason, Work } from '../api.ts';
import { now } from '../platform/now.ts';
import { createPauses } from '../platform/pause.ts';
import { request } from '../platform/request.ts';
import { takeStreamSlot } from '../platform/streamSlot.ts';
import {
  BEST_AGAIN_MS,
  CALLED_POLL_MS,
  CROWDED_MS,
  HOLD_SECONDS,
  POLL_MS,
  STARTED_POLL_MS,
  TIMEOUT_MS,
} from '../times.ts';
import { FAILED, listen, type Outcome, THROUGH } from './stream.ts';

/**
 * What the service tells a waiting page. Whoever was called and has not started hears for how long their place is
 * surely kept; 0: it may go to somebody else.
 */
export type Call =
  | (Work & { readonly keptForMs?: number })
  | { readonly start: false; readonly released?: true; readonly reason?: ReleaseReason };

/**
 * Waits to be called: by server-sent events; where those do not get through, by polls that the service holds; where
 * those do not, or where this browser's other tabs have the connections, by asking every second. Every way has an error
 * path, and none ever gives up. Whoever was called and has not started is asked about until their place is theirs, or gone.
 * Begins after the first ping, which may bring a token.
 */
export function startWaiting(
  server: string,
  assignmentId: string,
  shown: () => string,
  first: Promise<void>,
  /** `isTheirs`: the service knows that the worker is at work. */
  onCall: (call: Call, isTheirs: boolean) => void,
) {
  const path = `/assignment/${encodeURIComponent(assignmentId)}?`;
  const [pause, wake, succeeded, failed] = createPauses(500);
  /** Called: their place can be lost until they start. */
  let isCalled = false;
  let hasStarted = false;
  /** Nothing more is to be heard; `isStopped`: nor wanted. */
  let isOver = false;
  let isStopped = false;
  /** Ends what is under way, or looks whether it is alive. */
  let end: (() => void) | undefined;
  let look: (() => void) | undefined;
  /** Pings did not get through while a connection was held: it may have been the last one that this browser opens. */
  let crowdedUntil = 0;
  let crowdedMs = CROWDED_MS;

  const take = (text: string): Outcome => {
    const call = JSON.parse(text) as Call;
    if (isOver || (!call.start && !call.released)) return THROUGH;
    isCalled = call.start;
    isOver = !call.start || call.keptForMs === undefined;
    onCall(call, call.start && isOver && hasStarted);
    return THROUGH;
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
      [end, look] = listen(`${server}/wait${path}${shown()}`, {
        opened: succeeded,
        take,
        // What a poll hears that the stream did not tell is told; the stream itself ends.
        check: async () => (await poll()) === THROUGH && (isCalled || isOver),
        ended: resolve,
      });
    });

  /** With one of the few connections that may be held; asks plainly while there is none. */
  const holding = (way: () => Promise<Outcome>) => async (): Promise<Outcome> => {
    const release = now() < crowdedUntil ? null : await takeStreamSlot();
    if (isOver) release?.();
    if (!release || isOver) return isOver ? THROUGH : poll();
    const outcome = await way();
    end = look = undefined;
    release();
    // Given up for others, it did not fail.
    return now() < crowdedUntil ? THROUGH : outcome;
  };
  /** From the best to the plainest. */
  const ways = [holding(stream), holding(() => poll(HOLD_SECONDS)), () => poll()] as const;

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
      let outcome = await ((!isCalled && ways[way]) || poll)();
      // Is it this way that does not get through, or the service away? And was there a call meanwhile?
      const isThisWay = outcome === FAILED && !isOver && way < PLAIN && (await poll()) === THROUGH;
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
      else if (isCalled) await pause(hasStarted ? STARTED_POLL_MS : CALLED_POLL_MS);
      else if (way !== HELD || now() - startedAt < POLL_MS) await pause(POLL_MS * (0.5 + Math.random()));
    }
  };
  void run();

  return {
    /** Does not sit out a pause, nor believe a stream: the page is in view again, or online, or was asleep. */
    ask: (): void => {
      look?.();
      wake();
    },
    stop: (): void => {
      isOver = true;
      isStopped = true;
      end?.();
      wake();
    },
    /** The worker started, and the service heard of it: asks whether the place is theirs. */
    confirm: (): void => {
      if (hasStarted || isStopped) return;
      hasStarted = true;
      if (isOver) {
        isOver = false;
        void run();
      } else wake();
    },
    /** Gives the connection up that it holds, for a while: others do not get through beside it. */
    yield: (): void => {
      if (!end) return;
      crowdedUntil = now() + crowdedMs;
      crowdedMs = Math.min(2 * crowdedMs, BEST_AGAIN_MS);
      end();
    },
  };
}
