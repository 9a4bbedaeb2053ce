import { LONGEST_MS } from '../times.ts';
import { attempt } from './attempt.ts';

/** Answers each `[id, ms]` with the id, ms later. */
const ALARM = 'onmessage=({data:[id,ms]})=>setTimeout(postMessage,ms,id)';

const ringing = new Map<number, () => void>();
let latest = 0;

const ring = (id: number): void => {
  const callback = ringing.get(id);
  ringing.delete(id);
  callback?.();
};

function startWorker(): Worker {
  const worker = new Worker(URL.createObjectURL(new Blob([ALARM])));
  worker.onmessage = ({ data }: MessageEvent<number>) => ring(data);
  return worker;
}

let worker: Worker | null | undefined;

/**
 * Calls back once, ms from now; answers with the way to cancel. Browsers let the timers of a tab that is not looked
 * at run once a minute, which would make everybody who waits in the background seem gone. Timers of a web worker are
 * left alone. Where a page's policy forbids workers the page's own timer has to do.
 */
export function after(ms: number, callback: () => void): () => void {
  if (worker === undefined) worker = attempt(startWorker, null);
  const id = ++latest;
  ringing.set(id, callback);
  // Whichever rings second, or after it was cancelled, finds nobody.
  setTimeout(ring, ms, id);
  worker?.postMessage([id, ms]);
  return () => ringing.delete(id);
}

/** Calls now, and again and again, until the answered function is called. */
export function every(ms: number, beat: () => void): () => void {
  let cancel: (() => void) | undefined;
  const next = (): void => {
    beat();
    cancel = after(ms, next);
  };
  next();
  return () => cancel?.();
}

/**
 * A loop's pauses, and what cuts one short. Then what to call after a success, and after a failure, which says how long
 * to pause: twice as long after each, with jitter so that a crowd does not come back as one. It never gives up.
 */
export function createPauses(firstMs: number) {
  let wake: (() => void) | undefined;
  let failures = 0;
  return [
    (ms: number): Promise<void> =>
      new Promise((resolve) => {
        const cancel = after(ms, resolve);
        wake = () => {
          cancel();
          resolve();
        };
      }),
    (): void => wake?.(),
    (): void => {
      failures = 0;
    },
    (): number => Math.min(LONGEST_MS, firstMs * 2 ** failures++) * (0.5 + Math.random() / 2),
  ] as const;
}
