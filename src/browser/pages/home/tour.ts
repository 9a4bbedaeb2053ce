/** As the service tells it; see src/http/pages/home/tour.ts. */
export type TourNow = {
  readonly protoHitId: string | null;
  readonly reservationId: string | null;
  readonly phase: 'made' | 'invoked' | 'finished' | 'cancelled' | 'timedOut' | null;
  readonly posted: number;
  readonly waiting: number;
  readonly called: number;
  readonly atWork: number;
  readonly submitted: number;
  readonly paid: number;
  readonly roundWithinSeconds: number | null;
  readonly done: Readonly<Record<string, boolean>>;
};

/** What stands in commands and forms for the ids of the earlier steps. */
export const idsOf = (now: TourNow | null): Readonly<Record<string, string | undefined>> => ({
  $PROTO: now?.protoHitId ?? undefined,
  $RESERVATION: now?.reservationId ?? undefined,
});

let before: TourNow | null = null;

/** Ticks off what has happened, says where we are, and opens the step that is next. */
export function drawTour(now: TourNow): void {
  const cards = [...document.querySelectorAll('[data-step]')];
  const isDone = (card: Element): boolean => now.done[(card as HTMLElement).dataset['step'] ?? ''] === true;
  const current = cards.find((card) => !isDone(card));
  for (const card of cards) {
    const [done, justDone] = [isDone(card), before !== null && isDone(card) && !card.classList.contains('done')];
    card.classList.toggle('done', done);
    if (justDone) card.classList.add('justDone');
    card.classList.toggle('later', !done && card !== current);
    if (card === current && !card.hasAttribute('aria-current')) open(card, true);
    if (done && card.hasAttribute('aria-current')) open(card, false);
    if (card === current) card.setAttribute('aria-current', 'step');
    else card.removeAttribute('aria-current');
    text(card.querySelector('.mark'), done ? '✓' : String(cards.indexOf(card) + 1));
    text(card.querySelector('[data-done]'), done ? '(done)' : '');
    const button = card.querySelector('button[data-words]');
    if (!(button instanceof HTMLElement)) continue;
    const words = (done ? button.dataset['again'] : button.dataset['words']) ?? '';
    button.hidden = words === '';
    text(button, words);
  }
  for (const [name, note] of Object.entries(notesOf(now))) text(document.querySelector(`[data-note=${name}]`), note);
  const ids = idsOf(now);
  for (const place of document.querySelectorAll('[data-id]'))
    if (place instanceof HTMLElement) text(place, ids[place.dataset['id'] ?? ''] ?? place.dataset['id'] ?? '');
  const story = document.querySelector('#story');
  if (story instanceof HTMLAnchorElement && now.reservationId !== null) {
    story.href = `/status/reservation/${now.reservationId}`;
    story.hidden = now.phase !== 'finished';
  }
  const over = document.querySelector('#over');
  if (over instanceof HTMLElement) over.hidden = current !== undefined;
  before = now;
}

/** Shows or hides a step's commands, once, when its turn comes or is over; then it is the visitor's to do. */
function open(card: Element, isOpen: boolean): void {
  const commands = card.querySelector('details');
  if (commands && !commands.contains(document.activeElement)) commands.open = isOpen;
}

/** Only what changed is written: whoever listens to the page hears it once. */
function text(place: Element | null, words: string): void {
  if (place !== null && place.textContent !== words) place.textContent = words;
}

const people = (many: number): string => (many === 1 ? '1 person' : `${many} people`);

function notesOf(now: TourNow): Readonly<Record<string, string>> {
  const { reservationId, phase, posted, waiting, called, atWork, submitted, paid, roundWithinSeconds } = now;
  if (reservationId === null) return { post: '', wait: '', called: '', paid: '' };
  const over = phase === 'cancelled' ? 'cancelled' : phase === 'timedOut' ? 'given up, because nobody invoked it' : '';
  if (over !== '' && !now.done['post'])
    return { post: `This reservation was ${over}: make another.`, wait: '', called: '', paid: '' };
  const round =
    roundWithinSeconds === null
      ? 'Here it does so only when it is asked to.'
      : roundWithinSeconds > 0
        ? `Within ${roundWithinSeconds} s it will have done so.`
        : 'Any moment now.';
  // Whoever handed in is counted by the step after.
  const stillAtWork = atWork - submitted;
  return {
    post:
      posted > 0
        ? `${posted === 1 ? 'One HIT was' : `${posted} HITs were`} posted on the market.`
        : now.done['post']
          ? ''
          : round,
    wait: waiting > 0 ? `${people(waiting)} waiting.` : '',
    called:
      stillAtWork > 0
        ? `${people(stillAtWork)} at work.`
        : called > atWork
          ? `${people(called - atWork)} called, and not there yet.`
          : '',
    paid: paid > 0 ? `${people(paid)} paid.` : submitted > 0 ? 'Submitted, and not paid yet.' : '',
  };
}
