/** Whether the page is in a frame of another origin: those may not notify, whatever the visitor says. */
export const isForeignFrame = (): boolean => {
  try {
    return top?.origin !== origin;
  } catch {
    return true;
  }
};

/** Asks for leave, in a click. Whom the visitor answered before, the browser asks no more. */
export const askToNotify = (): void => {
  window.Notification?.requestPermission().catch(() => {});
};

/** Shows a notification that brings the visitor back to this tab, if it may; answers with what takes it away. */
export function notify(title: string, body = ''): () => void {
  try {
    const shown = new Notification(title, { body, tag: 'retainer', requireInteraction: true });
    shown.onclick = () => focus();
    return () => shown.close();
  } catch {
    // There are none, or (Chrome on Android) none for pages.
    return () => {};
  }
}
