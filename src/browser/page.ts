/** Who waits at this page. */
export type Visit = { readonly workerId: string; readonly assignmentId: string; readonly hitId: string };

const PREVIEW = 'ASSIGNMENT_ID_NOT_AVAILABLE';

/** A worker who only looks at the HIT: nothing must be sent for them. */
export const isPreview = ({ assignmentId }: Visit): boolean => assignmentId === '' || assignmentId === PREVIEW;

/**
 * What the page says of its visitor, else what the marketplace put into the page's own address: `workerId` or
 * `worker_id`, and so on.
 */
export function visitOf(search: string, given: { readonly [Name in keyof Visit]?: string | undefined } = {}): Visit {
  const parameters = new URLSearchParams(search);
  const either = (a: keyof Visit, b: string): string => given[a] ?? (parameters.get(a) || parameters.get(b) || '');
  return {
    workerId: either('workerId', 'worker_id'),
    assignmentId: either('assignmentId', 'assignment_id'),
    hitId: either('hitId', 'hit_id'),
  };
}
