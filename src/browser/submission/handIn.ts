import type { Connection } from '../api.ts';
import { attempt, attemptLater } from '../platform/attempt.ts';
import { now } from '../platform/now.ts';
import { createPauses } from '../platform/pause.ts';
import { request } from '../platform/request.ts';
import { TELL_AT_MOST_MS, TELL_MS, TELL_TIMEOUT_MS } from '../times.ts';
import { isRefusal, pingAddress } from '../visit/address.ts';
import type { Visit } from '../visit/page.ts';
import { openSession } from '../visit/session.ts';

/** Whether anybody answers there: a script may not read what, but hears whether. */
const answers = async (url: string): Promise<boolean> => {
  const looked = new AbortController();
  return attemptLater(() => request(url, TELL_TIMEOUT_MS, looked, 'HEAD', 'no-cors').then(() => true), false);
};

/**
 * Tells the service that the worker hands in what they did: it knows then, whatever becomes of the marketplace's form.
 * Resolves once it was told, or takes no such thing; or was away for ten seconds while the marketplace could be
 * reached, or for a minute of being online (a policy may forbid the look at the marketplace). Without a connection it
 * goes on trying.
 */
export async function tellService(
  server: string,
  visit: Visit,
  marketplace: string,
  heard: (connection: Connection) => void,
): Promise<void> {
  const [shown] = openSession(visit.assignmentId);
  const [pause, wake, , failed] = createPauses(500);
  const listening = new AbortController();
  addEventListener('online', wake, listening);
  let onlineMs = 0;
  const isTold = async (): Promise<boolean> => {
    const url = pingAddress(server, visit, 'submitting', shown());
    const answer = request(url, TELL_TIMEOUT_MS, new AbortController(), 'POST');
    return attemptLater(() => answer.then(([{ ok, status }]) => ok || isRefusal(status)), false);
  };
  for (;;) {
    const from = now();
    if (await isTold()) break;
    heard('away');
    await pause(failed());
    // Some systems say that they are offline while they reach what is near; none that they are online for no reason.
    if (attempt(() => navigator.onLine, true) !== false) onlineMs += now() - from;
    if (onlineMs > TELL_AT_MOST_MS || (onlineMs > TELL_MS && (await answers(marketplace)))) break;
  }
  listening.abort();
}
