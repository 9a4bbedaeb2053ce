import type { WaitingOptions } from '../api.ts';
import { after } from '../platform/pause.ts';

/**
 * Asks after a while whether somebody is there, and tells who does not answer in time. A click or a key in the page
 * shows it as well as an answer does, until the question stands: then only an answer counts. Once, until stopped.
 */
export function startAttention(
  { everySeconds, withinSeconds = 30 }: Exclude<WaitingOptions['attention'], undefined>,
  ask: () => void,
  miss: () => void,
): () => void {
  const listening = new AbortController();
  let cancel: (() => void) | undefined;
  const begin = (): void => {
    cancel?.();
    cancel = after(everySeconds * 1000, () => {
      listening.abort();
      cancel = after(withinSeconds * 1000, miss);
      ask();
    });
  };
  for (const type of ['pointerdown', 'keydown']) addEventListener(type, begin, listening);
  begin();
  return () => {
    listening.abort();
    cancel?.();
  };
}
