import { drawActions, drawSandboxSwitch, standing } from '../live/actions.ts';
import { complain } from '../live/ask.ts';
import { element, setClass, write } from '../live/element.ts';
import { follow, say, serverNow } from '../live/follow.ts';
import { drawPeople, drawPlaces, MOST_FIGURES } from '../live/people.ts';
import { recruitingWords } from '../live/recruiting.ts';
import { clockTime, expectation, inLocalTime, secondOfDay } from '../live/when.ts';
import { showLines } from './story.ts';
import { passTime, seenAtWork, showTimeline } from './timeline.ts';
import type { Facts, StoryMessage } from './types.ts';

const { id = '', made = '', protoHit: protoHitId = '' } = element('#reservation', HTMLElement).dataset;
const madeAt = Number(made);
const asOf = element('#asOf', HTMLInputElement);
const asOfTime = element('#asOfTime', HTMLOutputElement);
const others = element('#others', HTMLDetailsElement);
const toNow = element('#toNow', HTMLButtonElement);

let facts: Facts | undefined;
/** Null: now. */
let moment: number | null = null;
const now = (): number => moment ?? serverNow();

function show(message: StoryMessage): void {
  facts = message.facts ?? facts;
  showTimeline(message, now());
  showLines(message);
  if (facts) showFacts(facts);
}

function showFacts({ summary, state, protoHit, recruited }: Facts): void {
  const { phase, foreignId, numAssignments, dispatched, expectedAt, invokedAt } = state;
  const held = Object.keys(dispatched).length;
  write(element('#summary', HTMLElement), inLocalTime(summary));
  write(element('#phase', HTMLElement), standing(state));
  setClass(element('#phase', HTMLElement), `tag ${phase}`);
  const until = phase === 'made' ? ` (${expectation(expectedAt, now())})` : '';
  write(element('#expected', HTMLElement), clockTime(expectedAt, now()) + until);
  write(element('#invoked', HTMLElement), invokedAt === null ? 'not yet' : secondOfDay(invokedAt));
  const responded = seenAtWork(dispatched);
  drawPlaces(element('#places', HTMLElement), { asked: numAssignments, dispatched: held, responded });
  write(element('#held', HTMLElement), `${held} of ${numAssignments}`);
  // What can be done is done now, whatever the picture shows.
  const stakes = {
    ...{ ...state, id, name: foreignId || 'the reservation', asked: numAssignments, dispatched: held, responded },
    ...{ waiting: recruited?.waiting ?? 0, sandbox: protoHit?.sandbox ?? true, eachCents: protoHit?.eachCents ?? 0 },
  };
  drawActions(element('#actions', HTMLElement), stakes, { main: 'invoke' });
  element('#actions', HTMLElement).hidden = moment !== null;
  element('#sandbox', HTMLButtonElement).disabled = moment !== null;
  showRecruited(recruited);
  if (protoHit) {
    write(element('#protoHit', HTMLElement), protoHit.title);
    drawSandboxSwitch(element('#sandbox', HTMLButtonElement), { protoHitId, ...protoHit });
  }
}

function showRecruited(recruited: Facts['recruited']): void {
  element('#recruited', HTMLElement).hidden = recruited === null;
  if (recruited === null) return;
  drawPeople(element('#waitingPeople', HTMLElement), [['waiting', recruited.waiting]]);
  write(element('#share', HTMLElement), recruited.waiting > MOST_FIGURES ? '' : String(recruited.waiting));
  write(element('#market', HTMLElement), recruitingWords(recruited));
}

let stop: (() => void) | undefined;
function live(): void {
  moment = null;
  history.replaceState(null, '', location.pathname);
  asOf.value = asOf.max;
  write(asOfTime, 'now');
  toNow.hidden = true;
  stop?.();
  stop = follow<StoryMessage>(`/status/reservation/${id}/feed?others=${others.open}`, show);
}

/** Shows what was known at a moment; the last that was asked for, whatever answer comes first. */
async function goBackTo(at: number): Promise<void> {
  stop?.();
  moment = at;
  // What is seen has an address: it can be kept and sent.
  history.replaceState(null, '', `?asOf=${at}`);
  element('#sandbox', HTMLButtonElement).disabled = true;
  toNow.hidden = false;
  write(asOfTime, secondOfDay(at));
  say('as it was', 'finished');
  const answer = await fetch(`/status/reservation/${id}/story?asOf=${at}&others=${others.open}`).catch(() => null);
  if (moment !== at) return;
  if (!answer?.ok) return complain(answer ? await answer.text() : 'The service cannot be reached.');
  complain('');
  show(await answer.json());
}

let moving: ReturnType<typeof setTimeout> | undefined;
asOf.addEventListener('input', () => {
  clearTimeout(moving);
  const share = Number(asOf.value) / Number(asOf.max);
  if (share === 1) return live();
  const at = Math.round(madeAt + share * (serverNow() - madeAt));
  write(asOfTime, secondOfDay(at));
  moving = setTimeout(() => void goBackTo(at), 100);
});
toNow.onclick = live;
others.addEventListener('toggle', () => (moment === null ? live() : void goBackTo(moment)));
element('#span', HTMLSelectElement).addEventListener('change', () => passTime(now()));
setInterval(() => {
  if (moment !== null || document.visibilityState !== 'visible') return;
  passTime(now());
  if (facts?.state.phase === 'made') showFacts(facts);
}, 500);

const asked = Number(new URLSearchParams(location.search).get('asOf'));
if (asked > 0) void goBackTo(asked);
else live();
