import { drawActions, drawSandboxSwitch, standing } from '../live/actions.ts';
import { copyOf, element, setClass, write } from '../live/element.ts';
import { serverNow } from '../live/follow.ts';
import { createKeyedList } from '../live/keyedList.ts';
import { drawPeople, drawPlaces, MOST_FIGURES } from '../live/people.ts';
import { recruitingWords } from '../live/recruiting.ts';
import { age, clockTime, expectation } from '../live/when.ts';
import type { House, StatusMessage, StatusRow } from './types.ts';

const cell = (row: Element, name: string): HTMLElement => element(`[data-cell=${name}]`, HTMLElement, row);

let waiting: House['waiting'] = {};

const list = createKeyedList<StatusRow, HTMLTableRowElement>({
  parent: element('#reservations', HTMLElement),
  create: () => copyOf('#row', HTMLTableRowElement),
  draw: (one, row, isNew) => {
    const name = one.foreignId || '(none)';
    const link = cell(row, 'foreignId');
    write(link, name);
    link.setAttribute('href', `/status/reservation/${one.id}`);
    const title = cell(row, 'title');
    write(title, one.title);
    title.title = one.title;
    const phase = cell(row, 'phase');
    write(phase, standing(one));
    setClass(phase, `tag ${one.phase}`);
    drawPlaces(cell(row, 'people'), one);
    const counts = cell(row, 'counts');
    write(counts, `${one.dispatched} of ${one.asked}`);
    counts.title = `${one.dispatched} dispatched, ${one.responded} seen at work, ${one.asked} asked for`;
    setClass(row, one.sandbox ? '' : 'real');
    drawSandboxSwitch(cell(row, 'sandbox'), one);
    drawActions(cell(row, 'actions'), { ...one, name });
    drawWaiting(one, row);
    write(cell(row, 'market'), isOpen(one) ? recruitingWords(one) : '');
    drawExpected(one, row, serverNow());
    if (!isNew) flash(row);
  },
});

const isOpen = ({ phase }: StatusRow): boolean => phase === 'made' || phase === 'invoked';

/** A row that changed is seen to have changed. */
function flash(row: HTMLElement): void {
  row.classList.remove('changed');
  requestAnimationFrame(() => row.classList.add('changed'));
}

/** Its share: nobody is shown to wait for two reservations. Who waits for the ProtoHIT in all is said when it is pointed at. */
function drawWaiting(one: StatusRow, row: HTMLElement): void {
  const share = cell(row, 'waiting');
  drawPeople(cell(row, 'waitingPeople'), [['waiting', one.waiting]]);
  write(share, isOpen(one) && one.waiting <= MOST_FIGURES ? String(one.waiting) : '');
  const all = waiting[one.protoHitId] ?? 0;
  share.title = `${one.waiting} would go to it now; ${all} wait for “${one.title}” in all`;
}

function drawExpected({ phase, expectedAt, invokedAt }: StatusRow, row: HTMLElement, now: number): void {
  const expected = cell(row, 'expected');
  write(expected, phase === 'made' ? clockTime(expectedAt, now) : '');
  const hint = cell(row, 'until');
  hint.title = `Work was expected at ${new Date(expectedAt).toLocaleString()}`;
  const isLate = phase === 'made' && expectedAt < now - 1_000;
  setClass(hint, isLate ? 'late' : '');
  if (phase === 'made') write(hint, expectation(expectedAt, now));
  else write(hint, phase === 'invoked' && invokedAt !== null ? `invoked ${age(now - invokedAt)} ago` : '');
}

/** Shows what changed; answers with how many reservations there are now. */
export function showReservations({ facts, lists }: StatusMessage): number {
  if (facts) {
    const before = waiting;
    waiting = facts.waiting;
    list.each((one, row) => {
      if (before[one.protoHitId] !== waiting[one.protoHitId]) drawWaiting(one, row);
    });
  }
  if (lists?.reservations) list.update(lists.reservations);
  return list.size();
}

/** What time alone changes: only reservations that are open tell of it. */
setInterval(() => {
  const now = serverNow();
  list.each((one, row) => {
    if (isOpen(one)) drawExpected(one, row, now);
  });
}, 1_000);
