/** Who waits at this page, as the marketplace put it into the page's own address. */
export type Visit = { workerId: string; assignmentId: string; hitId: string; turkSubmitTo: string };

const PREVIEW = 'ASSIGNMENT_ID_NOT_AVAILABLE';

/** A worker who only looks at the HIT: nothing must be sent for them. */
export const isPreview = ({ assignmentId }: Visit): boolean => assignmentId === '' || assignmentId === PREVIEW;

/** Reads `workerId`, `assignmentId`, `hitId`, `turkSubmitTo`, or their forms with underscores, from an address. */
export function visitOf(search: string): Visit {
  const parameters = new URLSearchParams(search);
  const either = (a: string, b: string): string => parameters.get(a) || parameters.get(b) || '';
  return {
    workerId: either('workerId', 'worker_id'),
    assignmentId: either('assignmentId', 'assignment_id'),
    hitId: either('hitId', 'hit_id'),
    turkSubmitTo: either('turkSubmitTo', 'turk_submit_to'),
  };
}
