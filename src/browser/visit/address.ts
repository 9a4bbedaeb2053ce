import type { Visit } from './page.ts';

/** What a page says of its worker; `submitting`: they hand in what they did. */
export type PingType = 'waiting' | 'idle' | 'left' | 'working' | 'submitting';

/** The service answers, but refuses what this page says; it will not think better of it soon. */
export const isRefusal = (status: number): boolean => /^4(?!29)/.test(`${status}`);

/** Where a page says so. `shown` is the query that shows the page's token. */
export const pingAddress = (
  server: string,
  { workerId, assignmentId, hitId }: Visit,
  type: PingType,
  shown: string,
): string => {
  const path = ['worker', workerId, 'assignment', assignmentId, 'hit', hitId, 'event', type];
  return `${server}/ping/${path.map(encodeURIComponent).join('/')}?${shown}`;
};
