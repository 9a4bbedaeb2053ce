import type { RetainerScript, Work } from './api.ts';
import { callPage } from './callPage.ts';
import { isPreview, visitOf } from './page.ts';
import { openRoom } from './room.ts';
import { postForm, submitAddress, usualOrigins } from './submit.ts';
import { startVisit } from './visit.ts';

/** A page's `Retainer`, which speaks to the service at `server`. */
export function createRetainer(server: string): RetainerScript {
  let hasWork: RetainerScript['hasWork'] = null;
  let released: RetainerScript['released'] = null;
  /** How the wait ended: with work, or (null) without. */
  let end: Work | null | undefined;
  let isTold = false;
  let allowed: readonly string[] | undefined;
  let visit = visitOf();
  let present: ReturnType<typeof startVisit> | null = null;
  let isWaiting = false;

  const tell = (next = end): void => {
    end = next;
    const call = end ? hasWork?.bind(null, end) : end === null && released;
    if (isTold || !call) return;
    isTold = true;
    callPage(call);
  };
  const address = (): string => retainer.server.replace(/\/+$/, '');

  const retainer: RetainerScript = {
    server,
    init(workerId, assignmentId, hitId) {
      if (isWaiting) return;
      visit = visitOf({ workerId, assignmentId, hitId });
      if (isPreview(visit)) return;
      if (!visit.workerId || !visit.hitId) return console.warn('Retainer.init: no workerId or hitId');
      isWaiting = true;
      present = startVisit(address(), visit, (call) => {
        if (call.start) present?.become('working');
        else present?.stop();
        tell(call.start ? call : null);
      });
    },
    wait(options = {}) {
      if (isWaiting) throw new Error('Retainer.wait: it waits already');
      isWaiting = true;
      visit = visitOf(options);
      allowed = options.submitTo;
      return openRoom(options, address(), visit, tell, retainer.submit, () => {
        isWaiting = false;
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
