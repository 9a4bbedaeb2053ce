/** Who waits at this page. */
export type Visit = { readonly workerId: string; readonly assignmentId: string; readonly hitId: string };

/** A worker who only looks at the HIT: nothing must be sent for them. */
export const isPreview = ({ assignmentId }: Visit): boolean => /^(ASSIGNMENT_ID_NOT_AVAILABLE)?$/.test(assignmentId);

/**
 * What the page says of its visitor, else what the marketplace put into the page's own address: `workerId` or
 * `worker_id`, and so on.
 */
export function visitOf(given: { readonly [Name in keyof Visit]?: string | undefined } = {}): Visit {
  const parameters = new URLSearchParams(location.search);
  const either = (name: keyof Visit): string =>
    given[name] ?? (parameters.get(name) || parameters.get(name.replace('I', '_i')) || '');
  return { workerId: either('workerId'), assignmentId: either('assignmentId'), hitId: either('hitId') };
}
