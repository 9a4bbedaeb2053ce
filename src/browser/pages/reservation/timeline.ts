import { copyOf, element, setClass, write } from '../live/element.ts';
import { createKeyedList } from '../live/keyedList.ts';
import { inLocalTime, secondOfDay } from '../live/when.ts';
import type { Hit, Mark, Person, StoryMessage } from './types.ts';

const place = element('#timeline', HTMLElement);
const madeAt = Number(element('#reservation', HTMLElement).dataset['made']);
const span = element('#span', HTMLSelectElement);
/** Seconds since the reservation was made: small numbers that CSS can calculate with. */
const seconds = (at: number): string => ((at - madeAt) / 1000).toFixed(3);
const cell = (row: Element, name: string): HTMLElement => element(`[data-cell=${name}]`, HTMLElement, row);

/** Before and after the call, when only that is shown. */
const CALL_FROM_MS = 5_000;
const CALL_TO_MS = 30_000;
/** What is alive goes on; what waits for a review may do so for days, and is no reason to. */
const GOES_ON: ReadonlySet<string> = new Set(['waiting', 'called', 'working']);

let marks: readonly Mark[] = [];
let isOpen = true;
let bystanders = 0;

/** A bar from one moment to another; null: until now. The style sheet places it, so that time passes without a script. */
function bar(kind: string, from: number, to: number | null): HTMLElement {
  const drawn = document.createElement('i');
  drawn.className = `stretch ${kind}`;
  drawn.style.setProperty('--a', seconds(from));
  drawn.style.setProperty('--b', to === null ? 'var(--now)' : seconds(to));
  return drawn;
}
function point(kind: string, at: number): HTMLElement {
  const drawn = document.createElement('i');
  drawn.className = `point ${kind}`;
  drawn.style.setProperty('--a', seconds(at));
  return drawn;
}

const listOfPeople = (parent: string, kind: '' | 'other') =>
  createKeyedList<Person, HTMLLIElement>({
    parent: element(parent, HTMLElement),
    create: () => copyOf('#bar', HTMLLIElement),
    draw: (person, row) => {
      setClass(row, kind);
      write(cell(row, 'name'), person.workerId);
      cell(row, 'unsigned').hidden = person.isSigned;
      write(cell(row, 'words'), inLocalTime(person.words));
      write(cell(row, 'called'), inLocalTime(person.called));
      write(cell(row, 'paid'), inLocalTime(person.paid));
      element('.track', HTMLElement, row).replaceChildren(
        ...person.stretches.map(({ kind, from, to }) => bar(kind, from, to)),
        ...(person.paidAt === null ? [] : [point('paid', person.paidAt)]),
        ...(person.rejectedAt === null ? [] : [point('rejected', person.rejectedAt)]),
      );
    },
  });
const people = listOfPeople('#people', '');
/** Who waited at the time; empty until somebody opens their list. */
const others = listOfPeople('#otherPeople', 'other');

const hits = createKeyedList<Hit, HTMLLIElement>({
  parent: element('#hits', HTMLElement),
  create: () => copyOf('#bar', HTMLLIElement),
  draw: ({ name, requestedAt, postedAt, leftAt }, row) => {
    setClass(row, 'hit');
    write(cell(row, 'name'), `HIT ${name}`);
    write(
      cell(row, 'words'),
      postedAt === null ? 'not on the market' : leftAt === null ? 'on the market' : 'left the market',
    );
    write(cell(row, 'called'), `Decided at ${secondOfDay(requestedAt)}.`);
    write(cell(row, 'paid'), postedAt === null ? '' : `Posted at ${secondOfDay(postedAt)}.`);
    element('.track', HTMLElement, row).replaceChildren(bar('hit', postedAt ?? requestedAt, leftAt));
  },
});

function drawMarks(): void {
  element('#marks', HTMLElement).replaceChildren(
    ...marks.map(({ at, what }, n) => {
      const drawn = point('mark', at);
      drawn.dataset['row'] = String(n % 3);
      drawn.textContent = what;
      return drawn;
    }),
  );
}

/** A mark's words stand after its line, or before it where they would not fit in. */
function placeMarks(from: number, to: number): void {
  const drawn = element('#marks', HTMLElement);
  for (const [n, mark] of [...drawn.children].entries()) {
    const share = ((marks[n]?.at ?? from) - from) / (to - from);
    const room = (1 - share) * drawn.clientWidth;
    mark.classList.toggle('atTheEnd', mark.getBoundingClientRect().width > room);
  }
}

/** Where the picture begins and ends, if it is seen at `now`. */
function spanAt(now: number): readonly [from: number, to: number] {
  const invokedAt = marks.find(({ what }) => what === 'invoked')?.at;
  if (span.value === 'call' && invokedAt !== undefined) return [invokedAt - CALL_FROM_MS, invokedAt + CALL_TO_MS];
  let from = madeAt;
  let to = Math.max(madeAt, ...marks.map(({ at }) => at));
  let goesOn = isOpen;
  people.each(({ stretches }) => {
    for (const stretch of stretches) {
      from = Math.min(from, stretch.from);
      to = Math.max(to, stretch.to ?? stretch.from);
      goesOn ||= stretch.to === null && GOES_ON.has(stretch.kind);
    }
  });
  const end = goesOn ? Math.max(now, to) : to + Math.max(1_000, (to - from) * 0.03);
  return [from - (end - from) * 0.01, end];
}

/** Lets the time be `now`: what goes on reaches to there. */
export function passTime(now: number): void {
  const [from, to] = spanAt(now);
  place.style.setProperty('--from', seconds(from));
  place.style.setProperty('--to', seconds(to));
  place.style.setProperty('--now', seconds(Math.min(now, to)));
  write(element('#from', HTMLElement), secondOfDay(from));
  write(element('#to', HTMLElement), secondOfDay(to));
  placeMarks(from, to);
  for (const drawn of place.querySelectorAll<HTMLElement>('.point.paid, .point.rejected'))
    drawn.hidden = madeAt + Number(drawn.style.getPropertyValue('--a')) * 1000 > to;
}

/** Those are folded away: of a pool of hundreds a reservation's page shows its own people. */
function drawBystanders(many: number): void {
  bystanders = many;
  const list = element('#others', HTMLDetailsElement);
  list.hidden = many === 0;
  write(element('summary', HTMLElement, list), `${many === 1 ? '1 other' : `${many} others`} waited at the time: show`);
}

/** Draws what changed, as it is at `now`. */
export function showTimeline({ facts, lists }: StoryMessage, now: number): void {
  if (facts) {
    marks = facts.marks;
    isOpen = facts.state.phase === 'made' || facts.state.phase === 'invoked';
    drawMarks();
    drawBystanders(facts.bystanders);
  }
  if (lists?.people) people.update(lists.people);
  if (lists?.others) others.update(lists.others);
  element('#leftOut', HTMLElement).hidden = others.size() === 0 || others.size() >= bystanders;
  if (lists?.hits) hits.update(lists.hits);
  element('#nobody', HTMLElement).hidden = people.size() > 0;
  passTime(now);
}

/** Of those who hold a place, how many were seen at work. */
export function seenAtWork(dispatched: Readonly<Record<string, string>>): number {
  let many = 0;
  people.each(({ id, stretches }) => {
    if (Object.hasOwn(dispatched, id) && stretches.some(({ kind }) => kind === 'working')) many++;
  });
  return many;
}
