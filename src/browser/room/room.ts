import type { RoomEvent, RoomState, RoomView, WaitingOptions, WaitingRoom, Work } from '../api.ts';
import { createAlarm } from '../platform/alarm.ts';
import { callPage } from '../platform/callPage.ts';
import { flash } from '../platform/flash.ts';
import { memory } from '../platform/memory.ts';
import { askToNotify, isForeignFrame, notify } from '../platform/notify.ts';
import { now } from '../platform/now.ts';
import { every } from '../platform/pause.ts';
import type { Progress } from '../submission/submission.ts';
import { isPreview, isVisit, type Visit } from '../visit/page.ts';
import { startVisit } from '../visit/visit.ts';
import type { Call } from '../visit/waiting.ts';
import { startAttention } from './attention.ts';
import { createPanel } from './panel.ts';
import { payOf } from './pay.ts';
import { openTabs } from './tabs.ts';
import { startWatch } from './watch.ts';
import { textsWith } from './words.ts';

/** Where somebody may be at work in another tab; whoever has come to an end has done so in this one. */
const mayWork: readonly RoomState[] = ['arrived', 'waiting', 'called', 'starting', 'left', 'elsewhere'];

/** What a reload finds again, in this tab: `start` if they were ready, `left` if they left, the task they had started. */
type Kept = { readonly start?: true; readonly left?: boolean; readonly taskID?: Work['taskID'] };

/**
 * The waiting room: what the worker sees and hears while waiting, and how they come back. The worker counts as
 * waiting from *I'm ready* on, and has responded once they press *Start* and the service says that the place is theirs.
 * `tell` is called with the work that they are at; null: the wait is over. Returns the room, and what shows how a submission goes.
 */
export function openRoom(
  options: WaitingOptions,
  server: string,
  visit: Visit,
  isHandedIn: boolean | undefined,
  tell: (work: Work | null, reason?: RoomView['reason']) => void,
  submit: WaitingRoom['submit'],
  closed: () => void,
): readonly [WaitingRoom, (how: Progress) => void] {
  const { attention, sound = true, longestMinutes = 0 } = options;
  const texts = textsWith(options.texts);
  const check = attention?.question ?? texts.question;
  const { assignmentId } = visit;
  const remember = (what?: Kept) => memory(assignmentId, what, 'sessionStorage');
  const kept = remember();
  const { unlock: unlockSound, isOff, beep, ring } = createAlarm();
  const watch = startWatch(assignmentId);
  const listening = new AbortController();
  let state: RoomState = isPreview(visit) ? 'preview' : !isVisit(visit) ? 'noHit' : isHandedIn ? 'handedIn' : 'arrived';
  let connection: RoomView['connection'] = 'connecting';
  let refusal: string | null = null;
  let question: RoomView['question'] = null;
  let isIdle = false;
  let work: Work | null = null;
  let reason: RoomView['reason'] = null;
  let otherTab: RoomView['otherTab'] = null;
  let calledAt = 0;
  let keptUntil: number | null = null;
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
      hasSound: !sound || !isOff(),
      work,
      keptForMs: keptUntil === null ? null : Math.max(0, keptUntil - now()),
      reason,
      otherTab,
      afterMs,
      refusal,
      problem,
    };
  };
  const isWaiting = (): boolean => state === 'waiting';
  const isCalled = (): boolean => state === 'called' || state === 'starting';
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
    const isAtWork = state === 'starting' || state === 'working';
    present?.become(isAtWork ? 'working' : state === 'left' ? state : 'waiting', afterMs);
    if (isWaiting() || isCalled()) ends.push(every(1_000, show));
    if (!isWaiting() && state !== 'called') bell?.close();
    if (attention && isWaiting()) ends.push(startAttention(attention, ask, miss));
    happened(state);
  };

  const begin = (): void => {
    if (!work) return;
    become('working');
    remember({ start: true, taskID: work.taskID });
    tellTabs(state);
    tell(work);
  };

  const hear = (call: Call, isTheirs: boolean): void => {
    if (!call.start) {
      present?.stop();
      beep();
      [work, keptUntil, reason] = [null, null, call.reason ?? null];
      become('released');
      tell(null, reason);
      return;
    }
    const { taskID, keptForMs } = call;
    const wasCalled = isCalled() || state === 'elsewhere';
    work = { start: true, taskID };
    keptUntil = keptForMs === undefined ? null : now() + keptForMs;
    if (isTheirs && state === 'starting') begin();
    else if (kept.taskID === taskID && keptForMs === undefined && !wasCalled) {
      // They had started before the page was loaded again.
      afterMs = 0;
      begin();
    } else if (wasCalled) show();
    else {
      calledAt = now();
      become('called');
      tellTabs(state);
      const [text, note] = texts.called;
      ends.push(flash(text), notify(text, note));
      if (sound) ends.push(ring());
    }
  };

  const enter = (as: 'waiting' | 'left'): void => {
    remember({ ...kept, start: true, left: as === 'left' });
    present ??= startVisit(
      server,
      visit,
      hear,
      (next, why) => {
        if (next === connection && why === (refusal ?? '')) return;
        connection = next;
        refusal = why || null;
        happened('connection');
      },
      as,
    );
    become(as);
    tellTabs(state);
  };

  /** A tab that opens asks what the others are at; one that is called, whether another works already; one that works says so. */
  const [tellTabs, closeTabs] = openTabs(assignmentId, (theirs) => {
    if (state === 'working') {
      if (theirs !== state) tellTabs(state);
    } else if (theirs === 'working') {
      if (!mayWork.includes(state)) return;
      // It is told the task as well, to take it over.
      if (state === 'arrived') enter('waiting');
      become('elsewhere');
    } else if (theirs === 'arrived') {
      if (isWaiting() || state === 'called') tellTabs(state);
    } else if (theirs === 'waiting' && isWaiting()) become(theirs);
    else if (state === 'arrived') {
      otherTab = theirs === 'waiting' || theirs === 'called' ? theirs : null;
      show();
    }
  });

  /** Sound that a reload took away comes back with the next click, wherever it is. */
  const unlock = (): void => {
    if (sound && present) unlockSound(show);
  };
  const room: Omit<WaitingRoom, 'view' | 'close'> = {
    ready: () => {
      if (state === 'arrived' || state === 'left') enter('waiting');
      unlock();
      if (options.notifications !== false) askToNotify();
    },
    start: () => {
      if (!work || state === 'starting' || state === 'working') return;
      afterMs = now() - calledAt;
      become('starting');
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
      if (isWaiting()) enter('left');
    },
    openBell: () => {
      bell = open(`${server}/bell#${encodeURIComponent(assignmentId)}&${present?.shown()}`, 'retainer-bell', 'popup');
    },
    submit: (fields) => {
      try {
        submit(fields);
      } catch (error) {
        problem = error instanceof Error ? error.message : `${error}`;
        show();
      }
    },
  };
  const panel =
    options.panel === false || options.render
      ? null
      : createPanel(options.panel, texts, room, options.bell !== false && isForeignFrame());
  addEventListener('pointerdown', unlock, listening);
  const hide = (): void => {
    // Nothing of the last second is lost.
    view();
    if (isWaiting() || state === 'called') tellTabs('left');
  };
  addEventListener('pagehide', hide, listening);

  if (state === 'arrived' && kept.left) enter('left');
  else if (state === 'arrived' && (options.atOnce || kept.start)) enter('waiting');
  else show();
  if (state === 'arrived') tellTabs(state);

  return [
    {
      ...room,
      view,
      close: () => {
        present?.stop();
        become('left');
        tellTabs(state);
        closeTabs();
        panel?.remove();
        listening.abort();
        closed();
      },
    },
    (how) => {
      present?.stop();
      connection = how === 'posted' ? 'connected' : how;
      const next = how === 'posted' ? 'handedIn' : 'submitting';
      if (state === next) happened('connection');
      else become(next);
    },
  ];
}
