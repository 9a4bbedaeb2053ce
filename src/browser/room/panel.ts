import type { RoomTexts, RoomView, WaitingRoom } from '../api.ts';
import { make } from '../platform/make.ts';
import { addStyle } from './style.ts';
import { wordsOf } from './words.ts';

type Press = readonly [text: string, press: () => void, name: string, disabled?: boolean];

/** The waiting panel. What did not change is left alone, so that screen readers say each thing once and focus stays. */
export function createPanel(
  place: Element | string = document.body,
  texts: RoomTexts,
  room: Omit<WaitingRoom, 'view' | 'close'>,
  hasBell: boolean,
) {
  addStyle();
  const root = make('section', { className: 'retainer-panel', tabIndex: -1 });
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

  const pressesIn = (
    { state, question: asked, hasSound, work }: RoomView,
    text: string | undefined,
  ): readonly Press[] => {
    const isEnd = state === 'released' || state === 'handedIn';
    const press = isEnd ? () => room.submit() : work ? room.start : room.ready;
    const isWaiting = state === 'waiting';
    const presses: Press[] = (asked?.answers ?? []).map((one) => [one, () => room.answer(one), 'main']);
    if (text && (isWaiting ? !hasSound : work || state !== 'elsewhere'))
      presses.push([text, press, 'main', state === 'submitting']);
    if (isWaiting && hasBell) presses.push([texts.bell, room.openBell, 'bell']);
    if (isWaiting) presses.push([texts.leave, room.leave, 'leave']);
    return presses;
  };
  let shown = '';

  return {
    show: (view: RoomView): void => {
      const { state } = view;
      const words = wordsOf(view, texts);
      const isConnected = state === 'waiting' || state === 'called' || state === 'starting';
      root.dataset['state'] = state;
      write(title, words.title);
      write(note, words.note);
      write(question, view.question?.text);
      write(connection, isConnected ? texts[view.connection] : '');
      connection.className = `retainer-connection retainer-${view.connection}`;
      facts.replaceChildren(
        ...words.facts.map(([name, textContent]) => {
          const fact = make('span', { textContent: `${name} ` });
          fact.append(make('b', { textContent }));
          return fact;
        }),
      );
      const presses = pressesIn(view, words.button);
      const wanted = presses.join();
      if (wanted === shown) return;
      shown = wanted;
      const hadFocus = buttons.contains(document.activeElement);
      buttons.replaceChildren(
        ...presses.map(([textContent, onclick, name, disabled = false]) =>
          make('button', { textContent, onclick, disabled, type: 'button', className: `retainer-${name}` }),
        ),
      );
      // Never to the page's beginning, from where a keyboard would have to come back.
      if (hadFocus || state === 'called')
        (buttons.querySelector<HTMLElement>('.retainer-main:enabled') ?? root).focus();
    },
    remove: (): void => root.remove(),
  };
}
