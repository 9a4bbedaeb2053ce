import { takeStreamSlot } from '../../platform/streamSlot.ts';
import { element, setClass, write } from './element.ts';

const AGAIN_MS = 2_000;

/** The service's clock, which the times it sends are of. */
let aheadMs = 0;
export const serverNow = (): number => Date.now() + aheadMs;

/**
 * Follows what the service says of this page, and shows beside the title whether it is live. A browser comes back by
 * itself when a connection is cut, but not after an answer that is no stream: then somebody has to sign in, or we ask
 * again. A browser opens few connections to a host for all its tabs: one beyond those looks every two seconds instead.
 * Returns the way to stop.
 */
export function follow<Message>(url: string, onMessage: (message: Message) => void): () => void {
  let again: ReturnType<typeof setTimeout> | undefined;
  let feed: EventSource | undefined;
  let release: (() => void) | null = null;
  let isStopped = false;
  const open = async (): Promise<void> => {
    release ??= await takeStreamSlot();
    if (isStopped) return release?.();
    feed = new EventSource(url);
    feed.addEventListener('clock', ({ data }) => {
      aheadMs = Number(data) - Date.now();
    });
    feed.addEventListener('picture', ({ data }) => {
      say('live', 'made');
      onMessage(JSON.parse(data));
      if (release) return;
      feed?.close();
      again = setTimeout(open, AGAIN_MS);
    });
    feed.onerror = async () => {
      say('connecting…', 'stopped');
      if (feed?.readyState !== EventSource.CLOSED) return;
      if (await mustSignIn(url)) return say('signed out: load the page anew', 'stopped');
      again = setTimeout(open, AGAIN_MS);
    };
  };
  void open();
  return () => {
    isStopped = true;
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
