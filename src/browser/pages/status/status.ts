import { ask } from '../live/ask.ts';
import { element, write } from '../live/element.ts';
import { follow } from '../live/follow.ts';
import { keepPlotting } from './plots.ts';
import { showReservations } from './reservations.ts';
import type { StatusMessage } from './types.ts';

const filters = element('#filters', HTMLFormElement);
const rows = element('#filters [name=rows]', HTMLInputElement);
const rowsAtFirst = rows.min;
const older = element('#older', HTMLButtonElement);
const protoHit = element('#protoHitId', HTMLSelectElement);
const figure = (id: string, value: number): void => write(element(`#${id}`, HTMLElement), value.toLocaleString());

function show(message: StatusMessage): void {
  const shown = showReservations(message);
  element('#none', HTMLElement).hidden = shown > 0 || isFiltered;
  element('#noneMatches', HTMLElement).hidden = shown > 0 || !isFiltered;
  older.hidden = shown < Number(rows.value);
  if (message.facts === undefined) return;
  const { people, open, missing, onMarket } = message.facts;
  figure('waiting', people);
  figure('open', open);
  figure('missing', missing);
  figure('market', onMarket);
}

let isFiltered = false;
let stop: (() => void) | undefined;
function look(): void {
  stop?.();
  const asked = new URLSearchParams();
  for (const [name, value] of new FormData(filters))
    if (typeof value === 'string' && value !== '' && !(name === 'rows' && value === rowsAtFirst))
      asked.set(name, value);
  isFiltered = [...asked.keys()].some((name) => name !== 'rows');
  const query = asked.size > 0 ? `?${asked}` : '';
  history.replaceState(null, '', location.pathname + query);
  stop = follow<StatusMessage>(`/status/feed${query}`, show);
}

let typing: ReturnType<typeof setTimeout> | undefined;
filters.addEventListener('input', () => {
  clearTimeout(typing);
  rows.value = rowsAtFirst;
  typing = setTimeout(look, 200);
});
filters.addEventListener('submit', (event) => {
  event.preventDefault();
  look();
});
element('#finishAll', HTMLButtonElement).onclick = () => {
  const which =
    protoHit.value === '' ? 'every open reservation' : `those of “${protoHit.selectedOptions[0]?.textContent ?? ''}”`;
  if (confirm(`Finish ${which}? HITs that nobody needs then leave the market.`))
    void ask('/reservation/finish/all', protoHit.value === '' ? {} : { id: protoHit.value });
};
/** More of them below, all of them live; past the most that a page shows, a page that begins with the older ones. */
older.onclick = () => {
  const next = Number(rows.value) + Number(rows.step);
  if (next <= Number(rows.max)) {
    rows.value = String(next);
    look();
    return;
  }
  const last = document.querySelector('#reservations tr:last-child a')?.getAttribute('href')?.split('/').at(-1);
  const asked = new URLSearchParams(location.search);
  asked.delete('rows');
  if (last !== undefined) asked.set('before', last);
  location.assign(`${location.pathname}?${asked}`);
};
look();
keepPlotting();
