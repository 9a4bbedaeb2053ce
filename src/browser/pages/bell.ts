import { createAlarm } from '../platform/alarm.ts';
import { flash } from '../platform/flash.ts';
import { askToNotify, notify } from '../platform/notify.ts';
import { type Call, startWaiting } from '../visit/waiting.ts';

/**
 * The window that rings for a waiting room in a frame of another origin, which may not notify. It hears of the call
 * by itself, whatever becomes of the frame; the waiting room closes it when the worker is there.
 */
const say = (title: string, note: string): void => {
  document.querySelector('h1')?.replaceChildren(title);
  document.querySelector('#note')?.replaceChildren(note);
};

const alarm = createAlarm();
const button = document.querySelector('button');
button?.addEventListener('click', () => {
  alarm.unlock(() => {
    button.hidden = !alarm.isOff();
  });
  askToNotify();
});

const server = new URL('.', document.baseURI).href.replace(/\/+$/, '');
const [assignmentId = '', shown = ''] = location.hash.slice(1).split('&');
let hush: (() => void) | null = null;
const hear = ({ start }: Call): void => {
  if (button) button.hidden = true;
  if (!start) {
    hush?.();
    say('The wait is over', 'Go back to the page where you waited. You can close this window.');
    return;
  }
  // Said again and again, as long as they have not started.
  if (hush) return;
  say('There is work!', 'Go back to the page where you waited, and press Start.');
  const ends = [flash('There is work!'), notify('There is work!', 'Go back, and press Start.'), alarm.ring()];
  hush = (): void => {
    for (const end of ends) end();
  };
  addEventListener('click', hush, { once: true });
};
if (assignmentId === '') {
  if (button) button.hidden = true;
  document.title = 'Nothing to ring for';
  say('Nothing to ring for', 'This window is opened from the page where you wait for work. You can close it.');
} else startWaiting(server, decodeURIComponent(assignmentId), () => shown, Promise.resolve(), hear);
