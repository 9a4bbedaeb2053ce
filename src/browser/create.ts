import type { RetainerScript, Work } from './api.ts';
import { isPreview, visitOf } from './page.ts';
import { openRoom } from './room.ts';
import { postForm, submitAddress, usualOrigins } from './submit.ts';
import { startVisit } from './visit.ts';

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

/** A page's `Retainer`, which speaks to the service at `server`. */
export function createRetainer(server: string): RetainerScript {
  let hasWork: RetainerScript['hasWork'] = null;
  let released: RetainerScript['released'] = null;
  /** How the wait ended: with work, or (null) without. */
  let end: Work | null | undefined;
  let isTold = false;
  let allowed: readonly string[] | undefined;
  let visit = visitOf(location.search);
  let present: ReturnType<typeof startVisit> | null = null;
  let isWaiting = false;

  const tell = (next = end): void => {
    end = next;
    const [task, onWork] = [end, hasWork];
    const call = task ? onWork && (() => onWork(task)) : task === null ? released : null;
    if (isTold || !call) return;
    isTold = true;
    callPage(call);
  };
  const address = (): string => retainer.server.replace(/\/+$/, '');

  const retainer: RetainerScript = {
    server,
    init(workerId, assignmentId, hitId) {
      if (isWaiting) return;
      visit = visitOf(location.search, { workerId, assignmentId, hitId });
      if (isPreview(visit)) return;
      if (visit.workerId === '' || visit.hitId === '') return console.warn('Retainer.init: no workerId or no hitId');
      isWaiting = true;
      const here = startVisit(address(), visit, (taskID) => {
        if (taskID === undefined) here.stop();
        else here.become('working');
        tell(taskID === undefined ? null : { start: true, taskID });
      });
      present = here;
    },
    wait(options = {}) {
      if (isWaiting) throw new Error('Retainer.wait: it waits already');
      isWaiting = true;
      visit = visitOf(location.search, options);
      allowed = options.submitTo;
      const room = openRoom(options, { server: address(), visit, tell, submit: retainer.submit, callPage });
      return {
        ...room,
        close: () => {
          room.close();
          isWaiting = false;
        },
      };
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
    submit(fields = { result: end ? 'worked' : 'waited' }) {
      const turkSubmitTo = new URLSearchParams(location.search).get('turkSubmitTo') ?? '';
      const { assignmentId } = visit;
      postForm(submitAddress(turkSubmitTo, allowed ?? usualOrigins(address())), { ...fields, assignmentId });
    },
    ping: () => present?.ping(),
    checkForWork: () => present?.ask(),
  };
  return retainer;
}
