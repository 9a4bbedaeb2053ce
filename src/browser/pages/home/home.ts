import { copyBeside } from '../live/copy.ts';
import { every } from '../live/every.ts';
import { askHealth } from './health.ts';
import { drawTour, idsOf, type TourNow } from './tour.ts';

const TOUR_EVERY_MS = 1_000;
const HEALTH_EVERY_MS = 3_000;

const csrf = document.querySelector('meta[name=csrf]')?.getAttribute('content') ?? '';
const steps = document.querySelector('#steps');
const problem = document.querySelector('#problem');

const say = (text: string): void => {
  if (!(problem instanceof HTMLElement)) return;
  problem.textContent = text;
  problem.hidden = text === '';
};

let now: TourNow | null = null;
async function look(): Promise<void> {
  const answer = await fetch('/tour', { headers: { Accept: 'application/json' }, redirect: 'error' }).catch(() => null);
  if (answer?.status !== 200) return;
  now = await answer.json();
  if (now !== null) drawTour(now);
}

/** Asks what the step's command asks, with the ids that earlier steps gave. */
async function press(button: HTMLButtonElement): Promise<void> {
  const fields: Record<string, string> = JSON.parse(button.dataset['fields'] ?? '{}');
  const ids = idsOf(now);
  for (const [name, value] of Object.entries(fields)) {
    const id = ids[value] ?? value;
    if (id.startsWith('$')) return say('Do the steps before this one first.');
    fields[name] = id;
  }
  button.disabled = true;
  try {
    const headers = { 'X-CSRF-Token': csrf, Accept: 'text/plain' };
    const body = new URLSearchParams(fields);
    const answer = await fetch(button.dataset['path'] ?? '', { method: 'POST', headers, body });
    say(answer.ok ? '' : await answer.text());
  } catch {
    say('The service cannot be reached.');
  }
  await look();
  button.disabled = false;
  // Whoever uses the keyboard stays where they were, or goes on where it goes on.
  const place = button.hidden ? document.querySelector('[data-step][aria-current]') : button;
  if (place instanceof HTMLElement && document.activeElement === document.body) place.focus();
}

for (const button of document.querySelectorAll('button'))
  if (button.dataset['path'] !== undefined) button.onclick = () => void press(button);
  else if (button.dataset['copy'] !== undefined) button.onclick = () => void copyBeside(button);

if (steps instanceof HTMLElement) {
  const first: TourNow = JSON.parse(steps.dataset['now'] ?? 'null');
  now = first;
  drawTour(first);
  every(TOUR_EVERY_MS, () => void look());
}
void askHealth();
every(HEALTH_EVERY_MS, () => void askHealth());
