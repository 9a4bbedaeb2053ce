import type { ReleaseReason, RetainerScript, Work } from './api.ts';
import { callPage } from './platform/callPage.ts';
import { openRoom } from './room/room.ts';
import { TEXTS } from './room/texts.ts';
import { submitAddress, usualOrigins } from './submission/form.ts';
import { createSubmission, keptSubmission, type Progress } from './submission/submission.ts';
import { isPreview, isVisit, rememberAddress, visitOf } from './visit/page.ts';
import { startVisit } from './visit/visit.ts';

/** A page's `Retainer`, which speaks to the service at `server`. */
export function createRetainer(server: string): RetainerScript {
  const parameters = rememberAddress();
  let hasWork: RetainerScript['hasWork'] = null;
  let released: RetainerScript['released'] = null;
  /** How the wait ended: with work, or (null) without. */
  let end: Work | null | undefined;
  let reason: ReleaseReason | null = null;
  let isTold = false;
  let allowed: readonly string[] | undefined;
  let complaint = TEXTS.nowhere;
  let visit = visitOf(parameters());
  let present: ReturnType<typeof startVisit> | null = null;
  let isWaiting = false;
  let show: (how: Progress) => void = () => {};
  const submission = createSubmission((how) => show(how));

  const tell = (next = end, why: ReleaseReason | null = reason): void => {
    end = next;
    reason = why;
    const call = end ? hasWork?.bind(null, end) : end === null && released?.bind(null, reason);
    if (isTold || !call) return;
    isTold = true;
    callPage(call);
  };
  const address = (): string => retainer.server.replace(/\/+$/, '');

  const retainer: RetainerScript = {
    server,
    init(workerId, assignmentId, hitId) {
      if (isWaiting) return;
      visit = visitOf(parameters(), { workerId, assignmentId, hitId });
      if (isPreview(visit)) return;
      if (!isVisit(visit)) return console.warn('Retainer.init: the page has no workerId, assignmentId or hitId');
      isWaiting = true;
      const { fields, isPosted } = keptSubmission(visit);
      // Loaded again before it was handed in.
      if (fields && !isPosted) return callPage(() => retainer.submit(fields));
      present = startVisit(address(), visit, (call, isTheirs) => {
        if (!call.start) {
          present?.stop();
          tell(null, call.reason);
        } else if (isTheirs) tell({ start: true, taskID: call.taskID });
        else present?.become('working');
      });
    },
    wait(options = {}) {
      if (isWaiting) throw new Error('Retainer.wait: it waits already');
      isWaiting = true;
      visit = visitOf(parameters(), options);
      allowed = options.submitTo;
      complaint = options.texts?.nowhere ?? complaint;
      const kept = keptSubmission(visit);
      const [room, showProgress] = openRoom(options, address(), visit, kept.isPosted, tell, retainer.submit, () => {
        isWaiting = false;
      });
      show = showProgress;
      if (kept.fields && !kept.isPosted) room.submit(kept.fields);
      return room;
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
    submit(fields) {
      const turkSubmitTo = parameters().get('turkSubmitTo') ?? '';
      const action = submitAddress(turkSubmitTo, allowed ?? usualOrigins(address()), complaint);
      if (submission.isUnderWay(visit)) return;
      present?.stop();
      const handedIn = fields ?? keptSubmission(visit).fields ?? { result: end ? 'worked' : 'waited' };
      void submission.start(address(), visit, action, handedIn);
    },
    ping: () => present?.ping(),
    checkForWork: () => present?.ask(),
  };
  return retainer;
}
