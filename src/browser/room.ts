import { createAlarm } from './alarm.ts';
import type { RoomEvent, RoomState, RoomView, WaitingOptions, WaitingRoom, Work } from './api.ts';
import { startAttention } from './attention.ts';
import { flash } from './flash.ts';
import { memory } from './memory.ts';
import { askToNotify, isForeignFrame, notify } from './notify.ts';
import { now } from './now.ts';
import { isPreview, type Visit } from './page.ts';
import { createPanel } from './panel.ts';
import { after } from './pause.ts';
import { payOf } from './pay.ts';
import { openTabs } from './tabs.ts';
import { TEXTS } from './texts.ts';
import { startVisit } from './visit.ts';

/** What a reload finds again. */
type Kept = { since: number; taskID?: Work['taskID'] };

export type RoomDependencies = {
  readonly server: string;
  readonly visit: Visit;
  /** The worker is here, and at work; null: the wait is over. */
  readonly tell: (work: Work | null) => void;
  readonly submit: WaitingRoom['submit'];
  /** Calls what the page gave us. */
  readonly callPage: (call: () => void) => void;
};

const nothing = (): void => {};

/**
 * The waiting room: what the worker sees and hears while waiting, and how they come back. The worker counts as
 * waiting from *I'm ready* on, and has responded once they press *Start*.
 */
export function openRoom(
  options: WaitingOptions,
  { server, visit, tell, submit, callPage }: RoomDependencies,
): WaitingRoom {
  const { attention, sound = true, longestMinutes = 0 } = options;
  const texts = { ...TEXTS, ...options.texts };
  const { assignmentId } = visit;
  const kept = memory<Kept>(assignmentId);
  const alarm = createAlarm();
  let state: RoomState = isPreview(visit) ? 'preview' : 'arrived';
  let since = 0;
  let connection: RoomView['connection'] = 'connecting';
  let question: RoomView['question'] = null;
  let isIdle = false;
  let work: Work | null = null;
  let calledAt = 0;
  let afterMs: number | null = null;
  let problem: string | null = null;
  let present: ReturnType<typeof startVisit> | null = null;
  let bell: Window | null = null;
  let stopAsking = nothing;
  let cancelTick = nothing;
  /** Ends what rings and flashes. */
  let hush = nothing;

  const view = (): RoomView => {
    const waitedMs = since && Date.now() - since;
    return {
      state,
      connection,
      waitedMs,
      longestMs: longestMinutes * 60_000 || null,
      pay: payOf(options.pay, waitedMs),
      question,
      isIdle,
      hasSound: !sound || alarm.isOn(),
      work,
      afterMs,
      problem,
    };
  };
  const show = (): void => {
    const shown = view();
    panel?.show(shown);
    callPage(() => options.render?.(shown));
  };
  const happened = (event: RoomEvent): void => {
    callPage(() => options.on?.(event, view()));
    show();
  };
  const tick = (): void => {
    cancelTick = after(1_000, tick);
    show();
  };

  const ask = ({
    everySeconds,
    withinSeconds = 30,
    question: text = texts.question,
    answers = [texts.answer],
  }: Exclude<WaitingOptions['attention'], undefined>): void => {
    stopAsking = startAttention(everySeconds, withinSeconds, {
      ask: () => {
        question = { text, answers };
        alarm.beep();
        hush = flash(text);
        happened('asked');
      },
      miss: () => {
        isIdle = true;
        present?.become('idle');
        happened('idle');
      },
    });
  };

  /** Every change of state ends what the state before had going on. */
  const become = (next: RoomState): void => {
    hush();
    stopAsking();
    cancelTick();
    hush = stopAsking = nothing;
    question = null;
    isIdle = false;
    state = next;
    present?.become(state === 'left' ? 'idle' : state === 'working' ? state : 'waiting', afterMs);
    if (state === 'waiting' || state === 'called') tick();
    else bell?.close();
    if (attention && state === 'waiting') ask(attention);
    happened(state);
  };

  const begin = (ms: number): void => {
    if (!work) return;
    afterMs = ms;
    become('working');
    memory<Kept>(assignmentId, { since, taskID: work.taskID });
    tellTabs('working');
    tell(work);
  };

  const hear = (taskID: Work['taskID'] | undefined): void => {
    if (taskID === undefined) {
      present?.stop();
      alarm.beep();
      become('released');
      tell(null);
      return;
    }
    work = { start: true, taskID };
    calledAt = now();
    // They had started before the page was loaded again.
    if (kept.taskID === taskID) begin(0);
    else if (state === 'elsewhere') show();
    else {
      become('called');
      const [text, note] = texts.called;
      const ends = [flash(text), notify(text, note)];
      if (sound) ends.push(alarm.ring());
      hush = () => {
        for (const end of ends) end();
      };
    }
  };

  const enter = (): void => {
    since = kept.since ?? Date.now();
    memory<Kept>(assignmentId, { ...kept, since });
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
    else if (theirs === 'waiting' && state === theirs) become(theirs);
  });

  /** Sound that a reload took away comes back with the next click, wherever it is. */
  const unlock = (): void => {
    if (sound && since) alarm.unlock(show);
  };
  const room: Omit<WaitingRoom, 'view' | 'close'> = {
    ready: () => {
      if (state === 'arrived') enter();
      if (state === 'left') become('waiting');
      unlock();
      if (options.notifications !== false) askToNotify();
    },
    start: () => {
      if (state === 'called' || state === 'elsewhere') begin(now() - calledAt);
    },
    answer: (answer) => {
      if (!question || attention?.isRight?.(answer) === false) return;
      become('waiting');
      tellTabs('waiting');
    },
    leave: () => {
      if (state === 'waiting') become('left');
    },
    openBell: () => {
      bell = open(`${server}/bell#${encodeURIComponent(assignmentId)}`, 'retainer-bell', 'popup');
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
  addEventListener('pointerdown', unlock);

  if (state === 'arrived' && (options.atOnce || kept.since)) enter();
  else show();

  return {
    ...room,
    view,
    close: () => {
      present?.stop();
      become('left');
      closeTabs();
      panel?.remove();
      removeEventListener('pointerdown', unlock);
    },
  };
}
