import { closest, distance } from 'fastest-levenshtein';

/** The one of some words that was probably meant by a misspelt one, or null if none is near. */
export function nearest(written: string, words: readonly string[]): string | null {
  if (words.length === 0) return null;
  const found = closest(written, words);
  const most = written.length < 4 ? 1 : Math.max(2, Math.floor(written.length / 4));
  return distance(written, found) <= most ? found : null;
}

/** "; did you mean …?", or nothing. */
export function didYouMean(written: string, words: readonly string[]): string {
  const meant = nearest(written, words);
  return meant === null ? '' : `; did you mean ${meant}?`;
}
