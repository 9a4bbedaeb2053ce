/** Who waits at this page. */
export type Visit = { workerId: string; assignmentId: string; hitId: string };

const PREVIEW = 'ASSIGNMENT_ID_NOT_AVAILABLE';

/** A worker who only looks at the HIT: nothing must be sent for them. */
export const isPreview = ({ assignmentId }: Visit): boolean => assignmentId === '' || assignmentId === PREVIEW;

/** Reads what the marketplace put into the page's own address: `workerId` or `worker_id`, and so on. */
export function visitOf(search: string): Visit {
  const parameters = new URLSearchParams(search);
  const either = (a: string, b: string): string => parameters.get(a) || parameters.get(b) || '';
  return {
    workerId: either('workerId', 'worker_id'),
    assignmentId: either('assignmentId', 'assignment_id'),
    hitId: either('hitId', 'hit_id'),
  };
}
