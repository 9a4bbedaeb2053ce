import type { Recheck } from '../access/recheck.ts';
import { type Answer, problem } from '../answers.ts';

/** More held requests than these on one node are turned away: each is looked up whenever something happens. */
const MOST_HELD = 1_000;

/** People are silent, or back from a silence, without an event: what a request waits for is looked at this often anyway. */
const LOOK_AGAIN_MS = 1_000;

/** Shortest time between two looks of one request, however much happens. */
const SHORTEST_PAUSE_MS = 20;

const TOO_MANY_HELD = problem(503, 'too many requests are held on this node', {
  headers: { 'Retry-After': '5' },
});

/** A revoked key ends what was asked with it, also what is held. */
const NO_MORE_LET_IN = problem(401, 'whoever asked may not read this any more');

/** Tells whenever the read models changed; returns the way to stop. */
type OnChange = (callback: () => void) => () => void;

export type HeldRequests = <Found>(
  look: () => Promise<Found>,
  options: {
    readonly isEnough: (found: Found) => boolean;
    readonly waitMs: number;
    /** Aborts when the client left. */
    readonly gone: AbortSignal;
    /** Whether they would be let in now: a request may be held for longer than they have the right to its answer. */
    readonly isStillLetIn: () => Promise<boolean>;
  },
) => Promise<Held<Found>>;

type Held<Found> =
  | { readonly type: 'found'; readonly found: Found }
  | { readonly type: 'refused'; readonly answer: Answer };

/**
 * Holds requests until what they look for is there: looks again when the read models change, and gives what there is
 * when the time is up, the client left, or the service ends. Nothing is given to whoever lost the right to it meanwhile.
 */
export function createHeldRequests({
  onChange,
  ending,
  recheck,
  most = MOST_HELD,
}: {
  onChange: OnChange;
  ending: AbortSignal;
  recheck: Recheck;
  most?: number;
}): HeldRequests {
  let held = 0;
  return async (look, { isEnough, waitMs, gone, isStillLetIn }) => {
    const first = await look();
    if (waitMs <= 0 || isEnough(first)) return { type: 'found', found: first };
    if (held >= most) return { type: 'refused', answer: TOO_MANY_HELD };
    held++;
    const shutOut = new AbortController();
    const over = AbortSignal.any([ending, gone, shutOut.signal, AbortSignal.timeout(waitMs)]);
    const changes = changesOf(onChange, over);
    const stopAsking = recheck(isStillLetIn, () => shutOut.abort());
    try {
      // What changed before we listened is seen by the first look of these.
      for (;;) {
        const found = await look();
        if (isEnough(found) || over.aborted)
          return !shutOut.signal.aborted && (await isStillLetIn())
            ? { type: 'found', found }
            : { type: 'refused', answer: NO_MORE_LET_IN };
        await changes.next();
      }
    } finally {
      held--;
      stopAsking();
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
