import type { Connection } from './api.ts';
import type { Visit } from './page.ts';
import { startPinging } from './pinging.ts';
import { type Call, startWaiting } from './waiting.ts';

/** One worker's presence at the service: says that they are here, and hears when they are called. */
export function startVisit(
  server: string,
  visit: Visit,
  onCall: (taskID: Call['taskID']) => void,
  onConnection?: (connection: Connection) => void,
) {
  const listening = new AbortController();
  const [become, stopPinging, ping] = startPinging(server, visit, onConnection);
  const [ask, stopWaiting] = startWaiting(server, visit.assignmentId, ({ taskID }) => onCall(taskID));
  const again = (): void => {
    ping();
    ask();
  };
  addEventListener('online', again, listening);
  document.addEventListener('visibilitychange', again, listening);
  return {
    become,
    ping,
    ask,
    /** Neither pings nor asks any more. */
    stop: (): void => {
      listening.abort();
      stopPinging();
      stopWaiting();
    },
  };
}
