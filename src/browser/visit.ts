import type { Connection } from './api.ts';
import type { Visit } from './page.ts';
import { startPinging } from './pinging.ts';
import { openSession } from './session.ts';
import { type Call, startWaiting } from './waiting.ts';

/** One worker's presence at the service: says that they are here, and hears when they are called. */
export function startVisit(
  server: string,
  visit: Visit,
  onCall: (call: Call) => void,
  onConnection?: (connection: Connection) => void,
) {
  const listening = new AbortController();
  const [shown, take] = openSession(visit.assignmentId);
  const [become, stopPinging, ping, leave, first] = startPinging(server, visit, shown, take, onConnection);
  const [ask, stopWaiting] = startWaiting(server, visit.assignmentId, shown, first, onCall);
  const again = (): void => {
    ping();
    ask();
  };
  addEventListener('online', again, listening);
  // Not out of view: a page that is closed goes out of view first, and a ping then would bring its worker back.
  addEventListener('visibilitychange', () => document.hidden || again(), listening);
  addEventListener('pagehide', leave, listening);
  return {
    become,
    ping,
    ask,
    shown,
    /** Neither pings nor asks any more. */
    stop: (): void => {
      listening.abort();
      stopPinging();
      stopWaiting();
    },
  };
}
