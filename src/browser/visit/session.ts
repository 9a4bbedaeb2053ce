import { memory } from '../platform/memory.ts';

/** Of this page, in a browser that keeps nothing. */
const tokens = new Map<string, string>();

/**
 * The token that the service gave for an assignment with its first ping, and every later request shows. Kept for a
 * reload, and for a second tab of the same browser. Where a browser keeps nothing, the service gives it again to a page
 * that comes back, once it has missed it for some seconds. Returns what a request's query shows, and what takes the
 * token given.
 */
export function openSession(assignmentId: string) {
  let { token = tokens.get(assignmentId) ?? '' } = memory<{ token: string }>(assignmentId);
  return [
    (): string => `token=${token}`,
    (given: string | null): void => {
      if (!given) return;
      token = given;
      tokens.set(assignmentId, token);
      memory(assignmentId, { token });
    },
  ] as const;
}
