import { every } from '../live/every.ts';
import { showMoments } from './moments.ts';

/**
 * Keeps the marketplace's pages true without a reload: what is marked `data-live` is asked for again, by the page's own
 * address, and put in place when it changed. What the worker holds (the frame, the keyboard's focus) stays where it is.
 */
const EVERY_MS = 2_000;

const said = document.querySelector('#said');
const known = new Map<string, string>();
for (const region of document.querySelectorAll('[data-live]')) known.set(region.id, region.innerHTML);

let isLooking = false;
async function look(): Promise<void> {
  if (isLooking || known.size === 0) return;
  isLooking = true;
  try {
    const answer = await fetch(location.href, { headers: { Accept: 'text/html' } });
    const fresh = new DOMParser().parseFromString(await answer.text(), 'text/html');
    for (const [id, shown] of known) {
      const [region, next] = [document.getElementById(id), fresh.getElementById(id)];
      if (region === null || next === null || next.innerHTML === shown) continue;
      known.set(id, next.innerHTML);
      replace(region, next);
    }
  } catch {
    // The service is away for a moment: what is shown stays, and we look again.
  } finally {
    isLooking = false;
  }
}

function replace(region: HTMLElement, next: HTMLElement): void {
  const focused = region.contains(document.activeElement) ? document.activeElement : null;
  region.replaceChildren(...next.childNodes);
  if (focused !== null) {
    // To the same control as before; after a frame is gone, to what came of it.
    const again = document.getElementById(focused.id) ?? region.querySelector('[data-focus]');
    if (again instanceof HTMLElement) again.focus();
  }
  if (said !== null && next.dataset['said'] !== undefined) said.textContent = next.dataset['said'];
  showMoments();
  watchFrame();
}

/** When the frame shows another page, it may be the one that says that the work was submitted. */
function watchFrame(): void {
  document.querySelector('iframe')?.addEventListener('load', () => void look());
}

showMoments();
watchFrame();
every(1_000, showMoments);
every(EVERY_MS, () => void look());
