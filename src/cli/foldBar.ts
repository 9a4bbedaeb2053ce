import type { FoldProgress } from '../projections/foldAside.ts';
import { progressBar } from './progressBar.ts';

/** How far a fold is, with its rate. */
export function foldBar(): { onProgress: (progress: FoldProgress) => void; stop: () => void } {
  const { show, stop } = progressBar({ before: '{name}', after: ' | {rate}/s' });
  return {
    onProgress: ({ name, ratePerSecond, ...progress }) => show(progress, { name, rate: Math.round(ratePerSecond) }),
    stop,
  };
}
