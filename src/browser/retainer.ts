import { isPreview, type Visit, visitOf } from './page.ts';
import type { RetainerScript, Work } from './page-api.d.ts';
import { startPinging } from './pinging.ts';
import { type Call, startWaiting } from './waiting.ts';

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
  let isTold = false;
  let running: { ping: () => void; ask: () => void } | null = null;

  const tell = (): void => {
    const [task, onWork, onReleased] = [work, hasWork, released];
    const call = task && onWork ? () => onWork(task) : isReleased && onReleased ? () => onReleased() : null;
    if (isTold || call === null) return;
    isTold = true;
    callPage(call);
  };

  const start = (server: string, { workerId, assignmentId, hitId }: Visit): void => {
    const pinging = startPinging(server, { workerId, assignmentId, hitId });
    const waiting = startWaiting(server, assignmentId, ({ start, taskID }: Call) => {
      if (start && taskID !== undefined) {
        work = { start, taskID };
        pinging.work();
      } else {
        isReleased = true;
        pinging.stop();
      }
      tell();
    });
    running = { ping: pinging.now, ask: waiting.now };
    const now = (): void => {
      pinging.now();
      waiting.now();
    };
    addEventListener('online', now);
    addEventListener('pageshow', now);
    document.addEventListener('visibilitychange', now);
  };

  const retainer: RetainerScript = {
    server: serverOf(),
    init(workerId, assignmentId, hitId) {
      const page = visitOf(location.search);
      const visit = {
        workerId: workerId ?? page.workerId,
        assignmentId: assignmentId ?? page.assignmentId,
        hitId: hitId ?? page.hitId,
      };
      if (running || isPreview(visit)) return;
      if (visit.workerId === '' || visit.hitId === '') console.warn('Retainer.init: no workerId or no hitId');
      else start(retainer.server.replace(/\/+$/, ''), visit);
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
    ping: () => running?.ping(),
    checkForWork: () => running?.ask(),
  };
  return retainer;
}

// A page may load the script twice: the first one may be waiting already.
window.Retainer ??= createRetainer();
