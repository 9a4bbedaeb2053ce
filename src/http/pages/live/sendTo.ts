import type { ServerResponse } from 'node:http';

/** A page that does not read is let go before it fills our memory. */
const MOST_UNREAD_BYTES = 1 << 20;

export function sendTo(page: ServerResponse, text: string): void {
  if (page.writableLength > MOST_UNREAD_BYTES) page.destroy();
  else page.write(text);
}
