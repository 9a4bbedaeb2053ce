import { ask } from '../live/ask.ts';
import { element, write } from '../live/element.ts';
import { follow } from '../live/follow.ts';
import { drawPaging, lastPage, onTurn, toFirstPage, turnTo } from './paging.ts';
import { keepPlotting } from './plots.ts';
import { showReservations } from './reservations.ts';
import type { House, StatusMessage } from './types.ts';

const filters = element('#filters', HTMLFormElement);
const protoHit = element('#protoHitId', HTMLSelectElement);
/** What needs not stand in the address. */
const USUAL: Readonly<Record<string, string>> = { rows: '25', page: '1' };
const figure = (id: string, ...values: readonly number[]): void =>
  write(element(`#${id}`, HTMLElement), values.map((value) => value.toLocaleString()).join(' / '));

let house: House | undefined;
function show(message: StatusMessage): void {
  const shown = showReservations(message);
  house = message.facts ?? house;
  element('#none', HTMLElement).hidden = shown > 0 || isFiltered;
  element('#noneMatches', HTMLElement).hidden = shown > 0 || !isFiltered;
  if (house === undefined) return;
  const { people, open, missing, missingNow, placesOpen, placesTaken } = house;
  figure('waiting', people);
  figure('open', open);
  figure('missing', missingNow, missing);
  write(element('#market', HTMLElement), `${placesOpen.toLocaleString()} open, ${placesTaken.toLocaleString()} taken`);
  const last = lastPage({ ...house, shown });
  if (last === null) drawPaging({ ...house, shown });
  else {
    turnTo(last);
    look();
  }
}

let isFiltered = false;
let stop: (() => void) | undefined;
function look(): void {
  stop?.();
  const asked = new URLSearchParams();
  for (const [name, value] of new FormData(filters))
    if (typeof value === 'string' && value !== '' && value !== USUAL[name]) asked.set(name, value);
  isFiltered = [...asked.keys()].some((name) => !(name in USUAL));
  const query = asked.size > 0 ? `?${asked}` : '';
  history.replaceState(null, '', location.pathname + query);
  stop = follow<StatusMessage>(`/status/feed${query}`, show);
}

let typing: ReturnType<typeof setTimeout> | undefined;
// The number of rows stands elsewhere, and belongs to the form.
document.addEventListener('input', ({ target }) => {
  if (!(target instanceof HTMLInputElement || target instanceof HTMLSelectElement) || target.form !== filters) return;
  clearTimeout(typing);
  toFirstPage();
  typing = setTimeout(look, 200);
});
filters.addEventListener('submit', (event) => {
  event.preventDefault();
  look();
});
element('#finishAll', HTMLButtonElement).onclick = () => {
  const which =
    protoHit.value === ''
      ? `every open reservation${house === undefined ? '' : `, ${house.open.toLocaleString()} of them`}`
      : `those of “${protoHit.selectedOptions[0]?.textContent ?? ''}”`;
  if (confirm(`Finish ${which}? HITs that nobody needs then leave the market.`))
    void ask('/reservation/finish/all', protoHit.value === '' ? {} : { id: protoHit.value });
};
onTurn({
  turn: look,
  lastShown: () => document.querySelector('#reservations tr:last-child a')?.getAttribute('href')?.split('/').at(-1),
  countedUpTo: () => house?.countedUpTo ?? 0,
});
look();
keepPlotting();
