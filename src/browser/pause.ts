/** Answers each `[id, ms]` with the id, ms later. */
const ALARM = 'onmessage=({data:[id,ms]})=>setTimeout(postMessage,ms,id)';

const ringing = new Map<number, () => void>();
let latest = 0;

const ring = (id: number): void => {
  ringing.get(id)?.();
  ringing.delete(id);
};

function startWorker(): Worker | null {
  try {
    const worker = new Worker(URL.createObjectURL(new Blob([ALARM], { type: 'text/javascript' })));
    worker.onmessage = ({ data }: MessageEvent<number>) => ring(data);
    return worker;
  } catch {
    return null;
  }
}

let worker: Worker | null | undefined;

/**
 * Calls back once, ms from now; answers with the way to cancel. Browsers let the timers of a tab that is not looked
 * at run once a minute, which would make everybody who waits in the background seem gone. Timers of a web worker are
 * left alone. Where a page's policy forbids workers the page's own timer has to do.
 */
export function after(ms: number, callback: () => void): () => void {
  if (worker === undefined) worker = startWorker();
  const id = ++latest;
  const timer = setTimeout(ring, ms, id);
  const cancel = (): void => {
    clearTimeout(timer);
    ringing.delete(id);
  };
  ringing.set(id, () => {
    cancel();
    callback();
  });
  worker?.postMessage([id, ms]);
  return cancel;
}

/** A loop's pauses, and what cuts one short. */
export function createPauses() {
  let wake = (): void => {};
  return [
    (ms: number): Promise<void> =>
      new Promise((resolve) => {
        const cancel = after(ms, resolve);
        wake = () => {
          cancel();
          resolve();
        };
      }),
    (): void => wake(),
  ] as const;
}
