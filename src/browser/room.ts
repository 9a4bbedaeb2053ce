import { createAlarm } from './alarm.ts';
import type { RoomEvent, RoomState, RoomView, WaitingOptions, WaitingRoom, Work } from './api.ts';
import { startAttention } from './attention.ts';
import { callPage } from './callPage.ts';
import { flash } from './flash.ts';
import { memory } from './memory.ts';
import { askToNotify, isForeignFrame, notify } from './notify.ts';
import { now } from './now.ts';
import { isPreview, type Visit } from './page.ts';
import { createPanel } from './panel.ts';
import { every } from './pause.ts';
import { payOf } from './pay.ts';
import { openTabs } from './tabs.ts';
import { TEXTS } from './texts.ts';
import { startVisit } from './visit.ts';
import type { Call } from './waiting.ts';
import { startWatch } from './watch.ts';

/** What a reload finds again, in this tab: `start` if they were ready, and the task that they had started. */
type Kept = Partial<Work>;

/**
 * The waiting room: what the worker sees and hears while waiting, and how they come back. The worker counts as
 * waiting from *I'm ready* on, and has responded once they press *Start*. `tell` hears of the work that they are at;
 * null: the wait is over.
 */
export function openRoom(
  options: WaitingOptions,
  server: string,
  visit: Visit,
  tell: (work: Work | null) => void,
  submit: WaitingRoom['submit'],
  closed: () => void,
): WaitingRoom {
  const { attention, sound = true, longestMinutes = 0 } = options;
  const texts = { ...TEXTS, ...options.texts };
  const check = attention?.question ?? texts.question;
  const { assignmentId } = visit;
  const remember = (what?: Kept) => memory(assignmentId, what, 'sessionStorage');
  const kept = remember();
  const { unlock: unlockSound, isOn, beep, ring } = createAlarm();
  const watch = startWatch(assignmentId);
  const listening = new AbortController();
  let state: RoomState = isPreview(visit) ? 'preview' : 'arrived';
  let connection: RoomView['connection'] = 'connecting';
  let question: RoomView['question'] = null;
  let isIdle = false;
  let work: Work | null = null;
  let calledAt = 0;
  let afterMs: number | null = null;
  let problem: string | null = null;
  let present: ReturnType<typeof startVisit> | null = null;
  let bell: Window | null = null;
  /** What the state has going on: what rings, flashes, asks, or ticks. */
  const ends: (() => void)[] = [];

  const view = (): RoomView => {
    // Only what the service counts as waiting.
    const waitedMs = watch(isWaiting() && !isIdle && connection === 'connected');
    return {
      state,
      connection,
      waitedMs,
      longestMs: longestMinutes * 60_000 || null,
      pay: payOf(options.pay, waitedMs),
      question,
      isIdle,
      hasSound: !sound || isOn(),
      work,
      afterMs,
      problem,
    };
  };
  const isWaiting = (): boolean => state === 'waiting';
  const show = (): void => {
    const shown = view();
    panel?.show(shown);
    callPage(() => options.render?.(shown));
  };
  const happened = (event: RoomEvent): void => {
    callPage(() => options.on?.(event, view()));
    show();
  };

  const ask = (): void => {
    question = { text: check, answers: attention?.answers ?? [texts.answer] };
    beep();
    ends.push(flash(check));
    happened('asked');
  };
  const miss = (): void => {
    isIdle = true;
    present?.become('idle');
    happened('idle');
  };

  /** Every change of state ends what the state before had going on. */
  const become = (next: RoomState): void => {
    for (const end of ends.splice(0)) end();
    question = null;
    isIdle = false;
    state = next;
    present?.become(state === 'left' || state === 'working' ? state : 'waiting', afterMs);
    if (isWaiting() || state === 'called') ends.push(every(1_000, show));
    else bell?.close();
    if (attention && isWaiting()) ends.push(startAttention(attention, ask, miss));
    happened(state);
  };

  const begin = (ms: number): void => {
    if (!work) return;
    afterMs = ms;
    become('working');
    remember(work);
    tellTabs('working');
    tell(work);
  };

  const hear = (call: Call): void => {
    if (!call.start) {
      present?.stop();
      beep();
      become('released');
      tell(null);
      return;
    }
    work = call;
    calledAt = now();
    // They had started before the page was loaded again.
    if (kept.taskID === call.taskID) begin(0);
    else if (state === 'elsewhere') show();
    else {
      become('called');
      const [text, note] = texts.called;
      ends.push(flash(text), notify(text, note));
      if (sound) ends.push(ring());
    }
  };

  const enter = (): void => {
    remember({ ...kept, start: true });
    present = startVisit(server, visit, hear, (next) => {
      if (next === connection) return;
      connection = next;
      happened('connection');
    });
    become('waiting');
    tellTabs('called');
  };

  /** A tab that was called asks whether another works already; one that works says so. */
  const [tellTabs, closeTabs] = openTabs(assignmentId, (theirs) => {
    if (state === 'working') {
      if (theirs === 'called') tellTabs(state);
    } else if (theirs === 'working') become('elsewhere');
    else if (theirs === 'waiting' && isWaiting()) become(theirs);
  });

  /** Sound that a reload took away comes back with the next click, wherever it is. */
  const unlock = (): void => {
    if (sound && present) unlockSound(show);
  };
  const room: Omit<WaitingRoom, 'view' | 'close'> = {
    ready: () => {
      if (state === 'arrived') enter();
      if (state === 'left') become('waiting');
      unlock();
      if (options.notifications !== false) askToNotify();
    },
    start: () => {
      if (state !== 'working') begin(now() - calledAt);
    },
    answer: (answer) => {
      if (!question) return;
      if (attention?.isRight?.(answer) === false) {
        question = { ...question, text: `${texts.wrong} ${check}` };
        show();
        return;
      }
      become('waiting');
      tellTabs('waiting');
    },
    leave: () => {
      if (isWaiting()) become('left');
    },
    openBell: () => {
      bell = open(`${server}/bell#${encodeURIComponent(assignmentId)}&${present?.shown()}`, 'retainer-bell', 'popup');
    },
    submit: (fields) => {
      try {
        submit(fields);
      } catch (error) {
        problem = `${error}`;
        show();
      }
    },
  };
  const panel =
    options.panel === false || options.render
      ? null
      : createPanel(options.panel, texts, room, options.bell !== false && isForeignFrame());
  addEventListener('pointerdown', unlock, listening);
  // Nothing of the last second is lost.
  addEventListener('pagehide', view, listening);

  if (state === 'arrived' && (options.atOnce || kept.start)) enter();
  else show();

  return {
    ...room,
    view,
    close: () => {
      present?.stop();
      become('left');
      closeTabs();
      panel?.remove();
      listening.abort();
      closed();
    },
  };
}
