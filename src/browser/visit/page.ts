import { memory } from '../platform/memory.ts';

/** Who waits at this page. */
export type Visit = { readonly workerId: string; readonly assignmentId: string; readonly hitId: string };

const PREVIEW = 'ASSIGNMENT_ID_NOT_AVAILABLE';

/** A worker who only looks at the HIT: nothing must be sent for them. */
export const isPreview = ({ assignmentId }: Visit): boolean => assignmentId === PREVIEW;

/** Whether the page knows whom it is about. One that was opened outside the marketplace does not. */
export const isVisit = ({ workerId, assignmentId, hitId }: Visit): boolean => !!(workerId && assignmentId && hitId);

/** `workerId`, or `worker_id`, and so on. */
const read = (parameters: URLSearchParams, name: string): string =>
  parameters.get(name) || parameters.get(name.replace('I', '_i')) || '';

/**
 * Returns what gives the parameters that the marketplace wrote into the page's address. Pages change their address (a
 * router, a consent page before this one): so that of now is remembered, in this tab, and counts before later ones.
 */
export function rememberAddress(): () => URLSearchParams {
  const remember = (kept?: { search: string }) => memory('address:', kept, 'sessionStorage');
  const atFirst = location.search;
  const find = (): URLSearchParams => {
    const known = [atFirst, location.search].filter((search) => read(new URLSearchParams(search), 'assignmentId'));
    const search = known.find((one) => !one.includes(PREVIEW)) ?? known[0];
    if (search && !search.includes(PREVIEW)) remember({ search });
    return new URLSearchParams(search ?? remember().search ?? atFirst);
  };
  find();
  return find;
}

/** What the page says of its visitor, else what its address does. */
export function visitOf(
  parameters: URLSearchParams,
  given: { readonly [Name in keyof Visit]?: string | undefined } = {},
): Visit {
  const either = (name: keyof Visit): string => given[name] ?? read(parameters, name);
  return { workerId: either('workerId'), assignmentId: either('assignmentId'), hitId: either('hitId') };
}
