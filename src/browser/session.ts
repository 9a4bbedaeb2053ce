import { memory } from './memory.ts';

/**
 * The token that the service gave for an assignment with its first ping, and every later request shows. Kept for a
 * reload, and for a second tab of the same browser. Where a browser keeps nothing, the service gives it again to a page
 * that comes back, once it has missed it for some seconds. Answers with what a request's query shows, and what takes
 * the token given.
 */
export function openSession(assignmentId: string) {
  let { token = '' } = memory<{ token: string }>(assignmentId);
  return [
    (): string => `token=${token}`,
    (given: string | null): void => {
      if (!given) return;
      token = given;
      memory(assignmentId, { token });
    },
  ] as const;
}
