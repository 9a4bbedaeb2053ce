import type { RoomTexts, RoomView, WaitingOptions } from '../api.ts';
import { clockTime } from './pay.ts';
import { TEXTS } from './texts.ts';

/** The panel's words with the page's own. A page that says what `released` says has said it for every reason. */
export function textsWith(own: WaitingOptions['texts']): RoomTexts {
  const { released = TEXTS.released } = own ?? {};
  const reasons = {
    notNeeded: released,
    waitedLongest: released,
    tooLate: released,
    over: released,
    blocked: released,
  };
  return { ...TEXTS, ...(own?.released && reasons), ...own };
}

/** The title that a panel shows, the note under it, and the facts: a name and a value each. */
export type Words = {
  readonly title: string;
  readonly note: string;
  /** What the main button says; none: there is none. */
  readonly button: string | undefined;
  readonly facts: readonly (readonly [name: string, value: string])[];
};

/** What to say to the worker. */
export function wordsOf(view: RoomView, texts: RoomTexts): Words {
  const { state, connection, keptForMs } = view;
  const isTurnedAway = connection === 'refused' && (state === 'waiting' || state === 'starting');
  const [title, note = '', button = texts[state][2]] =
    (state === 'released' && view.reason && texts[view.reason]) || (isTurnedAway && texts.turnedAway) || texts[state];
  const isWaiting = state === 'waiting';
  const isCalled = state === 'called';
  const isDone = state === 'released' || state === 'left';
  const other = view.otherTab && texts[view.otherTab === 'called' ? 'calledElsewhere' : 'waitsElsewhere'];
  const isAway = connection === 'away';
  const notes = [
    view.problem,
    view.isIdle && texts.idle,
    isTurnedAway && `${note} (${view.refusal})`,
    isWaiting && isAway && texts.unpaid,
    isCalled && keptForMs === 0 && texts.passing,
    state === 'submitting' && isAway && texts.unsent,
    state === 'arrived' && other,
  ];
  const facts: readonly (readonly [string, string | null | false])[] = [
    // To the second that has begun: nobody is told of time that they do not have.
    [texts.within, isCalled && !!keptForMs && clockTime(Math.ceil(keptForMs / 1000) * 1000)],
    [texts.waited, (isWaiting || isCalled || (isDone && view.waitedMs > 0)) && clockTime(view.waitedMs)],
    [texts.pays, view.pay],
    [texts.longest, (isWaiting || state === 'arrived') && view.longestMs !== null && clockTime(view.longestMs)],
  ];
  return {
    title,
    button,
    note: notes.find((one): one is string => !!one) ?? note,
    facts: facts.flatMap(([name, value]) => (value ? [[name, value] as const] : [])),
  };
}
