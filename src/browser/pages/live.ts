/** Keeps parts of a page as the server would draw them now: elements with an id and `data-live`. Others, and what is typed, stay. */
const EVERY_MS = 1_000;

async function look(): Promise<void> {
  const answer = await fetch(location.href).catch(() => null);
  if (answer === null || !answer.ok) return;
  const now = new DOMParser().parseFromString(await answer.text(), 'text/html');
  for (const shown of document.querySelectorAll('[data-live]')) {
    const fresh = now.getElementById(shown.id);
    if (fresh !== null && fresh.innerHTML !== shown.innerHTML) shown.replaceChildren(...fresh.childNodes);
  }
}

async function keepLooking(): Promise<void> {
  if (!document.hidden) await look();
  setTimeout(() => void keepLooking(), EVERY_MS);
}
setTimeout(() => void keepLooking(), EVERY_MS);
