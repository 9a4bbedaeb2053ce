import { problem } from '../answers.ts';

/** More held requests than these on one node are turned away: each is looked up whenever something happens. */
const MOST_HELD = 1_000;

/** People are silent, or back from a silence, without an event: what a request waits for is looked at this often anyway. */
const LOOK_AGAIN_MS = 1_000;

/** Shortest time between two looks of one request, however much happens. */
const SHORTEST_PAUSE_MS = 20;

export const TOO_MANY_HELD = problem(503, 'too many requests are held on this node', {
  headers: { 'Retry-After': '5' },
});

/** Tells whenever the read models changed; returns the way to stop. */
type OnChange = (callback: () => void) => () => void;

export type HeldRequests = <Found>(
  look: () => Promise<Found>,
  options: {
    readonly isEnough: (found: Found) => boolean;
    readonly waitMs: number;
    /** Aborts when the client left. */
    readonly gone: AbortSignal;
  },
) => Promise<Found | 'full'>;

/**
 * Holds requests until what they look for is there: looks again when the read models change, and gives what there is
 * when the time is up, the client left, or the service ends.
 */
export function createHeldRequests({
  onChange,
  ending,
  most = MOST_HELD,
}: {
  onChange: OnChange;
  ending: AbortSignal;
  most?: number;
}): HeldRequests {
  let held = 0;
  return async (look, { isEnough, waitMs, gone }) => {
    const first = await look();
    if (waitMs <= 0 || isEnough(first)) return first;
    if (held >= most) return 'full';
    held++;
    const over = AbortSignal.any([ending, gone, AbortSignal.timeout(waitMs)]);
    const changes = changesOf(onChange, over);
    try {
      // What changed before we listened is seen by the first look of these.
      for (;;) {
        const found = await look();
        if (isEnough(found) || over.aborted) return found;
        await changes.next();
      }
    } finally {
      held--;
      changes.stop();
    }
  };
}

/** Waits for the next change, however many came since the last time; at once when it is over. */
function changesOf(onChange: OnChange, over: AbortSignal): { next: () => Promise<void>; stop: () => void } {
  let hasChanged = false;
  let wake: () => void = () => {};
  const change = (): void => {
    hasChanged = true;
    wake();
  };
  const timer = setInterval(change, LOOK_AGAIN_MS);
  const stopListening = onChange(change);
  over.addEventListener('abort', change);
  return {
    next: async () => {
      if (!hasChanged)
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      if (!over.aborted) await new Promise((resolve) => setTimeout(resolve, SHORTEST_PAUSE_MS));
      hasChanged = false;
    },
    stop: () => {
      clearInterval(timer);
      stopListening();
      over.removeEventListener('abort', change);
    },
  };
}
