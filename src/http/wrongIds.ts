import { expectationOf, reservationId } from './fields.ts';

/** Where an id is part of the path, and what is right there. Anything that cannot be one finds no route. */
const WHAT_IS_RIGHT = [
  {
    path: /^(?:\/retainer)?\/reservation\/[^/]+(?:\/answers)?\/?$/,
    says: `what follows reservation/ must be ${expectationOf(reservationId)}`,
  },
] as const;

/** What is right in the place of an id in this path; null if no path with an id is like it. */
export const wrongIdIn = (path: string): string | null =>
  WHAT_IS_RIGHT.find((known) => known.path.test(path))?.says ?? null;
