import { isPreview, visitOf } from './page.ts';
import { startPinging } from './pinging.ts';
import { type Call, startWaiting } from './waiting.ts';

/** What `hasWork` gets: `taskID` is the foreignID of the reservation that calls. */
export type Work = { start: true; taskID: string | number };

export type RetainerScript = {
  /** Where the service is. The served script knows; set it before `init` to say otherwise. */
  server: string;
  /** Begins to wait. Without arguments the ids are read from the page's own address. In a preview it does nothing. */
  init: (workerId?: string, assignmentId?: string, hitId?: string) => void;
  /** Assign a function: it is called once, with the task, when the worker is called. */
  hasWork: ((work: Work) => void) | null;
  /** Assign a function: it is called once when the wait is over and nobody needs the worker. */
  released: (() => void) | null;
};

/** Replaced by the address of the installation that serves this script. */
const SERVED_FROM = '__RETAINER_SERVER__';

const serverOf = (): string => {
  if (!SERVED_FROM.startsWith('__')) return SERVED_FROM;
  const script = document.currentScript;
  return script instanceof HTMLScriptElement ? script.src.replace(/\/(static\/)?retainer\.js.*$/, '') : '';
};

/** Calls the page's own function. What it throws is the page's error: it is reported as such and stops nothing here. */
const callPage = (call: () => void): void => {
  try {
    call();
  } catch (error) {
    setTimeout(() => {
      throw error;
    });
  }
};

function createRetainer(): RetainerScript {
  let hasWork: RetainerScript['hasWork'] = null;
  let released: RetainerScript['released'] = null;
  let work: Work | null = null;
  let isReleased = false;
  let told = false;
  let started = false;

  const tell = (): void => {
    if (told) return;
    const [task, onWork, onReleased] = [work, hasWork, released];
    if (task && onWork) {
      told = true;
      callPage(() => onWork(task));
    } else if (isReleased && onReleased) {
      told = true;
      callPage(() => onReleased());
    }
  };

  return {
    server: serverOf(),
    init(workerId, assignmentId, hitId) {
      const visit = visitOf(location.search);
      if (workerId !== undefined) visit.workerId = workerId;
      if (assignmentId !== undefined) visit.assignmentId = assignmentId;
      if (hitId !== undefined) visit.hitId = hitId;
      if (started || isPreview(visit) || visit.workerId === '' || visit.hitId === '') return;
      started = true;
      const server = this.server.replace(/\/+$/, '');
      const pinging = startPinging(server, visit);
      const waiting = startWaiting(server, visit.assignmentId, (call: Call) => {
        if (call.start && call.taskID !== undefined) {
          work = { start: true, taskID: call.taskID };
          pinging.work();
        } else {
          isReleased = true;
          pinging.stop();
        }
        tell();
      });
      const now = (): void => {
        pinging.now();
        waiting.now();
      };
      addEventListener('online', now);
      addEventListener('pageshow', now);
      document.addEventListener('visibilitychange', () => {
        if (document.visibilityState === 'visible') now();
      });
    },
    get hasWork() {
      return hasWork;
    },
    // A page may assign it after the call came.
    set hasWork(callback) {
      hasWork = callback;
      tell();
    },
    get released() {
      return released;
    },
    set released(callback) {
      released = callback;
      tell();
    },
  };
}

declare global {
  interface Window {
    Retainer: RetainerScript;
  }
}

window.Retainer = createRetainer();
