import type { Connection } from '../api.ts';
import { attempt } from '../platform/attempt.ts';
import { memory } from '../platform/memory.ts';
import { isPreview, isVisit, type Visit } from '../visit/page.ts';
import { type Fields, postForm } from './form.ts';
import { tellService } from './handIn.ts';

/** What is handed in, kept in this tab until it is known to have arrived. */
type Kept = { readonly fields?: Fields; readonly isPosted?: boolean };

const remember = ({ assignmentId }: Visit, kept?: Kept): Kept =>
  memory(`submit:${assignmentId}`, kept, 'sessionStorage');

const FROM_THERE = ['reload', 'back_forward'];
/** Whether the visitor was at this very page before: they came back to it, or loaded it again. */
const isBack = (): boolean =>
  attempt(
    () => performance.getEntriesByType('navigation').some((entry) => FROM_THERE.includes(Reflect.get(entry, 'type'))),
    false,
  );

/** What was being handed in at this page when it was left; `isPosted`: the form was sent, and the worker is here again. */
export function keptSubmission(visit: Visit): Kept {
  const kept = remember(visit);
  if (!kept.isPosted || isBack()) return kept;
  // Accepted once more: this is another task.
  remember(visit, {});
  return {};
}

/** How far a submission is. */
export type Progress = Connection | 'posted';

/** Assignments that this page hands in. A page that bundles may have several scripts: it posts one form all the same. */
const underWay = new Set<string>();

/** Hands in what the worker did: tells the service, then posts the marketplace's form. A page does it once. */
export function createSubmission(progress: (how: Progress) => void) {
  // The browser brought the page back as it was.
  addEventListener('pageshow', ({ persisted }) => {
    if (!persisted || underWay.size === 0) return;
    underWay.clear();
    progress('posted');
  });
  return {
    isUnderWay: ({ assignmentId }: Visit): boolean => underWay.has(assignmentId),
    start: async (server: string, visit: Visit, action: string, fields: Fields): Promise<void> => {
      underWay.add(visit.assignmentId);
      remember(visit, { fields });
      progress('connecting');
      if (isVisit(visit) && !isPreview(visit)) await tellService(server, visit, action, progress);
      remember(visit, { fields, isPosted: true });
      postForm(action, { ...fields, assignmentId: visit.assignmentId });
    },
  };
}
