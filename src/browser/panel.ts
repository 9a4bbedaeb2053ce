import type { RoomTexts, RoomView, WaitingRoom } from './api.ts';
import { make } from './make.ts';
import { clockTime } from './pay.ts';
import { addStyle } from './style.ts';

type Press = readonly [text: string, press: () => void, name: string];

/** The waiting panel. What did not change is left alone, so that screen readers say each thing once and focus stays. */
export function createPanel(
  place: Element | string = document.body,
  texts: RoomTexts,
  room: Omit<WaitingRoom, 'view' | 'close'>,
  hasBell: boolean,
) {
  addStyle();
  const root = make('section', { className: 'retainer-panel' });
  const part = (tag: 'h2' | 'p' | 'div', name: string, role: string | null = null): HTMLElement => {
    const made = make(tag, { className: `retainer-${name}`, role });
    root.append(made);
    return made;
  };
  const write = (to: HTMLElement, text = ''): void => {
    if (to.textContent !== text) to.textContent = text;
    to.hidden = !text;
  };
  // A heading with a role of its own would be none.
  const news = part('div', '', 'status');
  const title = part('h2', 'title');
  const note = part('p', 'note');
  news.append(title, note);
  const facts = part('p', 'facts');
  const question = part('p', 'question', 'alert');
  const buttons = part('div', 'buttons');
  const connection = part('p', '');
  const found = typeof place === 'string' ? document.querySelector(place) : place;
  if (!found) throw new Error(`Retainer.wait: no ${place}`);
  found.prepend(root);

  const pressesIn = ({ state, question: asked, hasSound, work }: RoomView): readonly Press[] => {
    const [, , text] = texts[state];
    const press = work ? room.start : state === 'released' ? () => room.submit() : room.ready;
    const isWaiting = state === 'waiting';
    const presses: Press[] = (asked?.answers ?? []).map((one) => [one, () => room.answer(one), 'main']);
    if (text && (isWaiting ? !hasSound : work || state !== 'elsewhere')) presses.push([text, press, 'main']);
    if (isWaiting && hasBell) presses.push([texts.bell, room.openBell, 'bell']);
    if (isWaiting) presses.push([texts.leave, room.leave, 'leave']);
    return presses;
  };
  let shown = '';

  return {
    show: (view: RoomView): void => {
      const { state } = view;
      const isHere = state === 'waiting' || state === 'called';
      const [titleText, noteText] = texts[state];
      root.dataset['state'] = state;
      write(title, titleText);
      write(note, view.problem ?? (view.isIdle ? texts.idle : noteText));
      write(question, view.question?.text);
      write(connection, isHere ? texts[view.connection] : '');
      connection.className = `retainer-connection retainer-${view.connection}`;
      facts.replaceChildren(
        ...[
          [texts.waited, isHere && clockTime(view.waitedMs)],
          [texts.pays, view.pay],
          [texts.longest, view.longestMs && clockTime(view.longestMs)],
        ].flatMap(([name, value]) => (value ? [`${name} `, make('b', { textContent: value })] : [])),
      );
      const presses = pressesIn(view);
      const wanted = presses.join();
      if (wanted === shown) return;
      shown = wanted;
      const hadFocus = buttons.contains(document.activeElement);
      buttons.replaceChildren(
        ...presses.map(([textContent, onclick, name]) =>
          make('button', { textContent, onclick, type: 'button', className: `retainer-${name}` }),
        ),
      );
      if (hadFocus || state === 'called') buttons.querySelector<HTMLElement>('.retainer-main')?.focus();
    },
    remove: (): void => root.remove(),
  };
}
