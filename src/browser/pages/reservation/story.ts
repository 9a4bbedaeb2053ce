import { complain } from '../live/ask.ts';
import { copyOf, element, write } from '../live/element.ts';
import { createKeyedList } from '../live/keyedList.ts';
import { inLocalTime, secondOfDay } from '../live/when.ts';
import type { Line, StoryMessage } from './types.ts';

const id = element('#reservation', HTMLElement).dataset['id'] ?? '';
const cell = (row: Element, name: string): HTMLElement => element(`[data-cell=${name}]`, HTMLElement, row);

const lines = createKeyedList<Line, HTMLLIElement>({
  parent: element('#lines', HTMLElement),
  create: ({ id: eventId }) => {
    const row = copyOf('#line', HTMLLIElement);
    const button = element('button', HTMLButtonElement, row);
    button.setAttribute('aria-expanded', 'false');
    button.onclick = () => void toggleEvent(eventId, row, button);
    return row;
  },
  draw: ({ line, time, who, what, why }, row, isNew) => {
    const shown = element('time', HTMLElement, row);
    write(shown, secondOfDay(Date.parse(time)));
    shown.setAttribute('datetime', time);
    shown.title = time;
    write(cell(row, 'what'), inLocalTime(what));
    write(cell(row, 'number'), ` of line ${line}`);
    write(cell(row, 'why'), inLocalTime(`by ${who}; because of ${why}`));
    if (isNew && lines.size() > 0) row.classList.add('changed');
  },
});

/** The event as the log holds it, asked for when somebody wants to see it. */
async function toggleEvent(eventId: string, row: HTMLElement, button: HTMLButtonElement): Promise<void> {
  const place = element('pre', HTMLElement, row);
  if (place.textContent === '') {
    const answer = await fetch(`/reservation/${id}/history?format=json&raw=true`).catch(() => null);
    if (!answer?.ok) return complain(answer ? await answer.text() : 'The service cannot be reached.');
    const told: { lines: { id: string; raw: unknown }[] } = await answer.json();
    place.textContent = JSON.stringify(told.lines.find((line) => line.id === eventId)?.raw, null, 2);
  }
  place.hidden = !place.hidden;
  button.setAttribute('aria-expanded', String(!place.hidden));
}

export function showLines({ lists }: StoryMessage): void {
  if (lists?.lines) lines.update(lists.lines);
}
