import { takeStreamSlot } from '../../platform/streamSlot.ts';
import { element, setClass, write } from './element.ts';
import { secondOfDay } from './when.ts';

const AGAIN_MS = 2_000;
/** The service tells every two seconds how it is, later by two when its database is silent: this long without is no delay. */
const SILENT_MS = 8_000;

/** The service's clock, which the times it sends are of. */
let aheadMs = 0;
export const serverNow = (): number => Date.now() + aheadMs;

/**
 * Follows what the service says of this page, and shows beside the title whether it is live: only while the service says
 * that it is ready, else of when the figures are. A browser comes back by itself when a connection is cut, but not after
 * an answer that is no stream: then somebody has to sign in, or we ask again. A browser opens few connections to a host for all its tabs: one beyond those looks every two seconds instead.
 * Returns the way to stop.
 */
export function follow<Message>(url: string, onMessage: (message: Message) => void): () => void {
  let again: ReturnType<typeof setTimeout> | undefined;
  let feed: EventSource | undefined;
  let release: (() => void) | null = null;
  let isStopped = false;
  /** Null: not told yet. */
  let isReady: boolean | null = null;
  /** When what is shown was true, by the service's clock; null: nothing is shown. */
  let figuresAt: number | null = null;
  let heardAt = performance.now();

  const notLive = (why: string): void =>
    say(figuresAt === null ? `${why}…` : `${why}, figures of ${secondOfDay(figuresAt)}`, 'stopped');
  const heard = (): void => {
    heardAt = performance.now();
  };
  const watchdog = setInterval(() => {
    if (feed?.readyState === EventSource.OPEN && performance.now() - heardAt > SILENT_MS) notLive('no answer');
  }, 1_000);
  const open = async (): Promise<void> => {
    release ??= await takeStreamSlot();
    if (isStopped) return release?.();
    feed = new EventSource(url);
    feed.addEventListener('clock', ({ data }) => {
      heard();
      aheadMs = Number(data) - Date.now();
    });
    feed.addEventListener('pulse', ({ data }) => {
      heard();
      const pulse: { at: number; ready: boolean } = JSON.parse(data);
      isReady = pulse.ready;
      if (!isReady) return notLive('not ready');
      if (figuresAt === null) return;
      figuresAt = pulse.at;
      say('live', 'made');
    });
    feed.addEventListener('picture', ({ data }) => {
      heard();
      figuresAt = serverNow();
      if (isReady !== false) say('live', 'made');
      onMessage(JSON.parse(data));
      if (release) return;
      feed?.close();
      again = setTimeout(open, AGAIN_MS);
    });
    feed.onerror = async () => {
      // Whether it is ready is told anew.
      isReady = null;
      notLive(figuresAt === null ? 'connecting' : 'no connection');
      if (feed?.readyState !== EventSource.CLOSED) return;
      if (await mustSignIn(url)) return say('signed out: load the page anew', 'stopped');
      if (!isStopped) again = setTimeout(open, AGAIN_MS);
    };
  };
  void open();
  return () => {
    isStopped = true;
    clearInterval(watchdog);
    clearTimeout(again);
    feed?.close();
    release?.();
  };
}

/** The service sends whoever may not look to another page. */
const mustSignIn = (url: string): Promise<boolean> => {
  const looked = new AbortController();
  return fetch(url, { redirect: 'manual', signal: looked.signal }).then(
    (answer) => {
      looked.abort();
      return answer.type === 'opaqueredirect';
    },
    () => false,
  );
};

export const say = (text: string, kind: 'made' | 'stopped' | 'finished'): void => {
  const place = element('#state', HTMLElement);
  write(place, text);
  setClass(place, `tag ${kind}`);
};
