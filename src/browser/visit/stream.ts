import { now } from '../platform/now.ts';
import { after } from '../platform/pause.ts';
import { CHECK_STREAM_MS, LASTING_MS, TIMEOUT_MS } from '../times.ts';

/** How a try to hear from the service ended: it got through, or not. */
export const [THROUGH, FAILED] = [1, 2] as const;
export type Outcome = typeof THROUGH | typeof FAILED;

type Listener = {
  readonly opened: () => void;
  /** Takes what the service says. */
  readonly take: (text: string) => Outcome;
  /** Whether something was said that the stream did not tell. */
  readonly check: () => Promise<boolean>;
  readonly ended: (outcome: Outcome) => void;
};

/** Listens to server-sent events until something is said. Returns what ends it, and what looks whether it is alive. */
export function listen(url: string, { opened, take, check, ended }: Listener): [end: () => void, look: () => void] {
  const openedAt = now();
  let isOpen = false;
  let source: EventSource | undefined;
  const settle = (outcome: Outcome): void => {
    cancel();
    isOpen = false;
    source?.close();
    ended(outcome);
  };
  let cancel = after(TIMEOUT_MS, () => settle(FAILED));
  const hear = (event: Event): void => {
    try {
      settle(take((event as MessageEvent<string>).data));
    } catch {
      settle(FAILED);
    }
  };
  const look = async (): Promise<void> => {
    cancel();
    const isMissed = await check();
    if (isMissed) settle(THROUGH);
    else if (isOpen) cancel = after(CHECK_STREAM_MS, look);
  };
  try {
    source = new EventSource(url);
    for (const type of ['task', 'released']) source.addEventListener(type, hear);
    source.onopen = () => {
      cancel();
      isOpen = true;
      opened();
      cancel = after(CHECK_STREAM_MS, look);
    };
    source.onerror = () => settle(now() - openedAt > LASTING_MS ? THROUGH : FAILED);
  } catch {
    // This browser has no streams, or may not open this one.
    settle(FAILED);
  }
  return [() => settle(FAILED), () => void (isOpen && look())];
}
