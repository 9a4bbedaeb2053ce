import { ask } from './ask.ts';
import { type Action, type Phase, type Stakes, stakesOf } from './stakes.ts';
import { isSureOfRealMoney } from './sure.ts';

export type { Phase };

const PHASES: Readonly<Record<Phase, string>> = {
  made: 'made',
  invoked: 'invoked',
  finished: 'finished',
  cancelled: 'cancelled',
  timedOut: 'timed out',
};

type Standing = { phase: Phase; isRecruitingStopped: boolean };

/** How a reservation stands, in words. */
export const standing = ({ phase, isRecruitingStopped }: Standing): string =>
  isStopped({ phase, isRecruitingStopped }) ? 'invoked, recruiting stopped' : PHASES[phase];

/** It was invoked long ago and never finished: another invoke has recruiting go on. */
const isStopped = ({ phase, isRecruitingStopped }: Standing): boolean => phase === 'invoked' && isRecruitingStopped;

const ACTIONS: Readonly<Record<Phase, readonly Action[]>> = {
  made: ['invoke', 'finish', 'cancel'],
  invoked: ['finish', 'cancel'],
  finished: ['unfinish', 'cancel'],
  cancelled: ['unfinish'],
  timedOut: ['invoke', 'unfinish', 'cancel'],
};

type Acted = Standing & Stakes & { id: string };

/** What each place's buttons are about, as it is when one of them is pressed. */
const acted = new WeakMap<HTMLElement, Acted>();

/**
 * Buttons for what can be done with a reservation now; each asks before it is done, and says what it comes to. A button
 * that stays keeps its place, and the keyboard's focus. `main`: the one that stands out, if any.
 */
export function drawActions(place: HTMLElement, one: Acted, { main }: { main?: Action } = {}): void {
  acted.set(place, one);
  const shown = standing(one);
  if (place.dataset['phase'] === shown) return;
  place.dataset['phase'] = shown;
  const hadFocus = place.contains(document.activeElement);
  const actions: readonly Action[] = [...(isStopped(one) ? ['invoke' as const] : []), ...ACTIONS[one.phase]];
  const buttons = actions.map((action) => {
    const button = document.createElement('button');
    button.type = 'button';
    button.textContent = action;
    button.setAttribute('aria-label', `${action} ${one.name}`);
    if (action === main) button.className = 'main';
    button.onclick = () => {
      const now = acted.get(place) ?? one;
      if (!confirm(stakesOf(action, now))) return;
      button.disabled = true;
      void ask(`/reservation/${action}`, { id: now.id }).finally(() => {
        button.disabled = false;
      });
    };
    return button;
  });
  place.replaceChildren(...buttons);
  if (hadFocus) buttons[0]?.focus();
}

/** Says which market the next HITs of a ProtoHIT go to, and lets that be changed; real money only once somebody is sure. */
export function drawSandboxSwitch(
  button: HTMLElement,
  { protoHitId, title, sandbox }: { protoHitId: string; title: string; sandbox: boolean },
): void {
  const side = sandbox ? 'sandbox' : 'real money';
  if (button.textContent === side) return;
  button.textContent = side;
  button.setAttribute('aria-pressed', String(sandbox));
  button.title = `New HITs of “${title}” go to the ${sandbox ? 'sandbox' : 'real market'}. Press to change that.`;
  button.onclick = () => {
    const isSure = !sandbox || isSureOfRealMoney(title);
    if (isSure) void ask('/protohit/sandbox/set', { id: protoHitId, sandbox: String(!sandbox) });
  };
}
