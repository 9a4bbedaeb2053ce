import { element, write } from '../live/element.ts';
import type { House } from './types.ts';

const page = element('#filters [name=page]', HTMLInputElement);
const rows = element('[name=rows]', HTMLSelectElement);
const previous = element('#previous', HTMLButtonElement);
const next = element('#next', HTMLButtonElement);

export const toFirstPage = (): void => {
  page.value = '1';
};

type Shown = { readonly shown: number } & Pick<House, 'matching' | 'countedUpTo'>;

/** Says which of how many are shown, and what can be turned to. */
export function drawPaging({ shown, matching, countedUpTo }: Shown): void {
  const [number, size] = [Number(page.value), Number(rows.value)];
  const from = (number - 1) * size;
  const isMore = matching > countedUpTo;
  const all = `${isMore ? 'more than ' : ''}${Math.min(matching, countedUpTo).toLocaleString()}`;
  const range = shown === 0 ? '' : `${(from + 1).toLocaleString()} to ${(from + shown).toLocaleString()} of ${all}`;
  write(element('#range', HTMLElement), range);
  write(element('#count', HTMLElement), shown === 0 ? '' : `${shown.toLocaleString()} of ${all}`);
  previous.disabled = number === 1;
  next.disabled = shown === 0 || from + shown >= matching;
}

/** A page that ran empty since it was opened, as its reservations moved to an earlier one; null: it did not. */
export function lastPage({ shown, matching }: Shown): number | null {
  const last = Math.max(1, Math.ceil(matching / Number(rows.value)));
  return shown === 0 && Number(page.value) > last ? last : null;
}

export const turnTo = (number: number): void => {
  page.value = String(number);
};

/** `turn`: another page is to be shown. Past what is counted comes a page of those made before the last one. */
export function onTurn({
  turn,
  lastShown,
  countedUpTo,
}: {
  turn: () => void;
  lastShown: () => string | undefined;
  countedUpTo: () => number;
}): void {
  previous.onclick = () => {
    turnTo(Math.max(1, Number(page.value) - 1));
    turn();
  };
  next.onclick = () => {
    if (Number(page.value) * Number(rows.value) < countedUpTo()) {
      turnTo(Number(page.value) + 1);
      return turn();
    }
    const asked = new URLSearchParams(location.search);
    asked.delete('page');
    const last = lastShown();
    if (last !== undefined) asked.set('before', last);
    location.assign(`${location.pathname}?${asked}`);
  };
}
