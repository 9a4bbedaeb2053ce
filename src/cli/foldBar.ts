import { Presets, SingleBar } from 'cli-progress';
import type { FoldProgress } from '../projections/foldAside.ts';

/** A bar with rate and time left, on standard error; nothing where that is no terminal. */
export function foldBar(): { onProgress: (progress: FoldProgress) => void; stop: () => void } {
  const bar = new SingleBar(
    { format: '{name} [{bar}] {percentage}% | {value}/{total} events | {rate}/s | {eta_formatted} left' },
    Presets.shades_classic,
  );
  return {
    onProgress: ({ name, done, total, ratePerSecond }) => {
      if (!bar.isActive) bar.start(total, done, { name, rate: 0 });
      bar.setTotal(total);
      bar.update(done, { name, rate: Math.round(ratePerSecond) });
    },
    stop: () => bar.stop(),
  };
}
