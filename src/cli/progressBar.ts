import { Presets, SingleBar } from 'cli-progress';

type Words = Readonly<Record<string, string | number>>;

/**
 * A bar on standard error, with the time that is left; nothing where that is no terminal. `before` and
 * `after` stand around it and the count, with `words` in braces.
 */
export function progressBar({ before, after = '' }: { before: string; after?: string }): {
  readonly show: (progress: { readonly done: number; readonly total: number }, words?: Words) => void;
  readonly stop: () => void;
} {
  const format = `${before} [{bar}] {percentage}% | {value}/{total} events${after} | {eta_formatted} left`;
  const bar = new SingleBar({ format }, Presets.shades_classic);
  return {
    show: ({ done, total }, words = {}) => {
      if (!bar.isActive) bar.start(total, done, words);
      bar.setTotal(total);
      bar.update(done, words);
    },
    stop: () => bar.stop(),
  };
}
