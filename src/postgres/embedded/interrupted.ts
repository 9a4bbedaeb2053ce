import { constants } from 'node:os';

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

/**
 * At Ctrl-C or SIGTERM, where nobody else listens to that signal, ends the process after `tidy`; a second one ends it at
 * once. Returns the way to take that back.
 */
export function tidyWhenInterrupted(tidy: () => Promise<void>): () => void {
  const onSignal = (signal: NodeJS.Signals): void => {
    // Who listens too ends in order.
    if (process.listenerCount(signal) > 1) return;
    const end = (): never => process.exit(128 + constants.signals[signal]);
    for (const again of SIGNALS) process.once(again, end);
    tidy().then(end, end);
  };
  for (const signal of SIGNALS) process.once(signal, onSignal);
  return () => {
    for (const signal of SIGNALS) process.off(signal, onSignal);
  };
}
