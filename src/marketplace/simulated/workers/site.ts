import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';

const Offered = z.array(z.object({ hitId: z.string(), createdAt: z.number() }));
const Accepted = z.object({ assignmentId: z.string(), page: z.string() });
const Call = z.object({
  start: z.boolean(),
  taskID: z.union([z.string(), z.number()]).optional(),
  released: z.boolean().optional(),
});

export type Visit = {
  readonly workerId: string;
  readonly hitId: string;
  readonly assignmentId: string;
  readonly page: string;
};

/** The marketplace and the retainer server as a worker's browser meets them. */
export type Site = ReturnType<typeof siteAt>;

const JSON_ONLY = { Accept: 'application/json' };
const HOLD_SECONDS = 25;

/** Everything over HTTP; what fails on the way is tried again by whoever called, or given up as a person would. */
export function siteAt(baseUrl: string) {
  const market = `${baseUrl}/marketplace`;
  const id = encodeURIComponent;
  return {
    offered: async (): Promise<readonly { hitId: string; createdAt: number }[]> => {
      const response = await fetch(`${market}?workerId=A0BROWSING`, { headers: JSON_ONLY });
      return response.ok ? Offered.parse(await response.json()) : [];
    },

    accept: async (hitId: string, workerId: string): Promise<Visit | null> => {
      const response = await fetch(`${market}/hits/${id(hitId)}/accept?workerId=${id(workerId)}`, {
        method: 'POST',
        headers: JSON_ONLY,
      });
      if (!response.ok) return null;
      return { workerId, hitId, ...Accepted.parse(await response.json()) };
    },

    /** Loads the landing page, as the marketplace's frame does. A page that does not load keeps nobody from waiting. */
    open: async (page: string): Promise<void> => {
      await fetch(page).then(
        (response) => response.arrayBuffer(),
        () => null,
      );
    },

    ping: async (visit: Visit, type: 'waiting' | 'working'): Promise<boolean> =>
      fetch(
        `${baseUrl}/ping/worker/${id(visit.workerId)}/assignment/${id(visit.assignmentId)}/hit/${id(visit.hitId)}/event/${type}`,
        { method: 'POST' },
      ).then(
        (response) => response.ok,
        () => false,
      ),

    /** Waits to be called or released; null when the worker left first. */
    waitForCall: async (visit: Visit, leaving: AbortSignal): Promise<z.output<typeof Call> | null> => {
      while (!leaving.aborted) {
        const call = await fetch(`${baseUrl}/gettask/assignment/${id(visit.assignmentId)}?wait=${HOLD_SECONDS}`, {
          signal: leaving,
        }).then(
          async (response) => (response.ok ? Call.parse(await response.json()) : null),
          () => null,
        );
        if (call?.start || call?.released) return call;
        if (call === null) await sleep(1_000, undefined, { signal: leaving }).catch(() => {});
      }
      return null;
    },

    submit: async (visit: Visit, answer: Readonly<Record<string, string>>): Promise<boolean> => {
      const response = await fetch(`${market}/mturk/externalSubmit`, {
        method: 'POST',
        headers: JSON_ONLY,
        body: new URLSearchParams({ ...answer, assignmentId: visit.assignmentId }),
      });
      return response.ok;
    },
  };
}
