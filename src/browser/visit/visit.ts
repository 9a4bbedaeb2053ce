import type { Connection } from '../api.ts';
import type { PingType } from './address.ts';
import type { Visit } from './page.ts';
import { startPinging } from './pinging.ts';
import { openSession } from './session.ts';
import { type Call, startWaiting } from './waiting.ts';

/**
 * One worker's presence at the service: says that they are here, and hears when they are called; whether the place is
 * theirs, once they are at work.
 */
export function startVisit(
  server: string,
  visit: Visit,
  onCall: (call: Call, isTheirs: boolean) => void,
  connected: (connection: Connection, refusal: string) => void = () => {},
  firstType: PingType = 'waiting',
) {
  const listening = new AbortController();
  const [shown, take] = openSession(visit.assignmentId);
  const [become, stopPinging, ping, leave, first] = startPinging(server, visit, shown, take, firstType, {
    connected,
    timedOut: () => waiting.yield(),
    atWork: () => waiting.confirm(),
  });
  const waiting = startWaiting(server, visit.assignmentId, shown, first, onCall);
  const again = (): void => {
    ping();
    waiting.ask();
  };
  addEventListener('online', again, listening);
  // Not out of view: a page that is closed goes out of view first, and a ping then would bring its worker back.
  addEventListener('visibilitychange', () => document.hidden || again(), listening);
  addEventListener('pagehide', leave, listening);
  return {
    become,
    ping,
    ask: waiting.ask,
    shown,
    /** Neither pings nor asks any more. */
    stop: (): void => {
      listening.abort();
      stopPinging();
      waiting.stop();
    },
  };
}
