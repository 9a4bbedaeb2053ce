import { attemptLater } from './attempt.ts';

/** A browser opens six connections to a host over HTTP/1.1, for all tabs together: half of them stay for requests. */
const MOST_STREAMS = 3;

const free = (): void => {};

/** Holds a lock that all tabs of this origin share; null if another tab does. */
const hold = (name: string): Promise<(() => void) | null> =>
  new Promise((resolve, reject) => {
    const request = navigator.locks.request(name, { ifAvailable: true }, (lock) => {
      if (!lock) return resolve(null);
      return new Promise<void>((release) => resolve(release));
    });
    request.catch(reject);
  });

/**
 * Takes one of the few connections that this browser's tabs may keep open to the service; returns what gives it back,
 * or null while other tabs have them all. A browser without locks gives one to everybody.
 */
export async function takeStreamSlot(): Promise<(() => void) | null> {
  for (let n = 1; n <= MOST_STREAMS; n++) {
    const release = await attemptLater(() => hold(`retainer-stream-${n}`), free);
    if (release) return release;
  }
  return null;
}
