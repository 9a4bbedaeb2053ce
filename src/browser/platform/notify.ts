import { attempt, attemptLater } from './attempt.ts';

/** Whether the page is in a frame of another origin: those may not notify, whatever the visitor says. */
export const isForeignFrame = (): boolean => attempt(() => top?.origin !== origin, true);

/** Asks for leave, in a click. Whom the visitor answered before, the browser asks no more. */
export const askToNotify = (): void => void attemptLater(() => Notification.requestPermission(), null);

/** Shows a notification that brings the visitor back to this tab, if it may; returns what takes it away. */
export const notify = (title: string, body = ''): (() => void) =>
  attempt(
    () => {
      // There may be none, or (Chrome on Android) none for pages.
      const shown = new Notification(title, { body, tag: 'retainer', requireInteraction: true });
      shown.onclick = () => focus();
      return () => shown.close();
    },
    () => {},
  );
