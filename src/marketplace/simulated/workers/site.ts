import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';

const Offered = z.array(z.object({ hitId: z.string(), createdAt: z.number() }));
const Accepted = z.object({ assignmentId: z.string(), page: z.string() });
const Call = z.object({
  start: z.boolean(),
  taskID: z.union([z.string(), z.number()]).optional(),
  released: z.boolean().optional(),
  /** Given until they started and the service knows it. */
  keptForMs: z.number().optional(),
});
export type Call = z.output<typeof Call>;

export type Visit = {
  readonly workerId: string;
  readonly hitId: string;
  readonly assignmentId: string;
  /** The landing page's address, as the marketplace's frame has it. */
  readonly page: string;
  /** What the page keeps: the token that it got with its first ping. */
  readonly kept: { token: string };
};

/** The marketplace and the retainer server as a worker's browser meets them. */
export type Site = ReturnType<typeof siteAt>;

const JSON_ONLY = { Accept: 'application/json' };
const HOLD_SECONDS = 25;
const PAUSE_MS = 1_000;
const ASK_AGAIN_MS = 200;
const SUBMIT_TRIES = 5;

/** Whether simulated workers may ask an origin for a landing page. */
export type MayOpen = (origin: string) => Promise<boolean>;

/**
 * Everything over HTTP. A person's patience is `leaving`: until then, what fails is tried again. Pages are asked for at
 * the origins that `mayOpen` names, by default the server's own.
 */
export function siteAt(baseUrl: string, mayOpen: MayOpen = async (origin) => origin === new URL(baseUrl).origin) {
  const market = `${baseUrl}/marketplace`;
  const id = encodeURIComponent;
  const as = (workerId: string): string => `workerId=${id(workerId)}`;
  const pause = (leaving: AbortSignal): Promise<unknown> =>
    sleep(PAUSE_MS, undefined, { signal: leaving }).catch(() => {});

  return {
    offered: async (workerId: string): Promise<readonly { hitId: string; createdAt: number }[]> => {
      const response = await fetch(`${market}?${as(workerId)}`, { headers: JSON_ONLY });
      return Offered.parse(await readJson(response));
    },

    /** Null: somebody else was quicker, or the HIT is not for this worker. */
    accept: async (hitId: string, workerId: string): Promise<Visit | null> => {
      const response = await fetch(`${market}/hits/${id(hitId)}/accept?${as(workerId)}`, {
        method: 'POST',
        headers: JSON_ONLY,
      });
      if (response.status === 404 || response.status === 409) {
        await response.arrayBuffer();
        return null;
      }
      return { workerId, hitId, kept: { token: '' }, ...Accepted.parse(await readJson(response)) };
    },

    /**
     * Asks for the landing page once; runs nothing in it and follows no redirect, which could lead anywhere in the
     * server's network. A page that does not load keeps nobody from waiting.
     */
    open: async (page: string): Promise<boolean> => {
      const isAllowed = await mayOpen(new URL(page).origin).catch(() => false);
      return isAllowed && succeeds(fetch(page, { redirect: 'manual' }));
    },

    /** `reactedAfterMs`: how long it took from the call until the worker came, as the first `working` says. */
    ping: (visit: Visit, type: 'waiting' | 'working', reactedAfterMs?: number): Promise<boolean> => {
      const { workerId, assignmentId, hitId, kept } = visit;
      const path = `worker/${id(workerId)}/assignment/${id(assignmentId)}/hit/${id(hitId)}/event/${type}`;
      const after = reactedAfterMs === undefined ? '' : `&after=${reactedAfterMs}`;
      const asked = `${baseUrl}/ping/${path}?token=${kept.token}${after}`;
      const pinged = fetch(asked, { method: 'POST' }).then((response) => {
        kept.token = response.headers.get('Retainer-Token') ?? kept.token;
        return response;
      });
      return succeeds(pinged);
    },

    /** Waits to be called or released; null when the worker left first. */
    waitForCall: async ({ assignmentId, kept }: Visit, leaving: AbortSignal): Promise<Call | null> => {
      while (!leaving.aborted) {
        const askedAt = performance.now();
        const query = `wait=${HOLD_SECONDS}&token=${kept.token}`;
        const call = await fetch(`${baseUrl}/gettask/assignment/${id(assignmentId)}?${query}`, { signal: leaving })
          .then(async (response) => Call.parse(await readJson(response)))
          .catch(() => null);
        if (call?.start || call?.released) return call;
        // A server that does not hold, or is away, is not asked in a tight loop.
        if (performance.now() - askedAt < PAUSE_MS) await pause(leaving);
      }
      return null;
    },

    /** Whether the place is theirs, asked of the service once they said that they start; null when the worker left first. */
    hasPlace: async ({ assignmentId, kept }: Visit, leaving: AbortSignal): Promise<boolean | null> => {
      while (!leaving.aborted) {
        const call = await fetch(`${baseUrl}/gettask/assignment/${id(assignmentId)}?token=${kept.token}`)
          .then(async (response) => Call.parse(await readJson(response)))
          .catch(() => null);
        if (call?.released) return false;
        if (call?.start && call.keptForMs === undefined) return true;
        await sleep(ASK_AGAIN_MS, undefined, { signal: leaving }).catch(() => {});
      }
      return null;
    },

    /** Hands in the work; false if the marketplace does not take it. */
    submit: async (visit: Visit, answer: Readonly<Record<string, string>>, leaving: AbortSignal): Promise<boolean> => {
      for (let tries = 0; tries < SUBMIT_TRIES && !leaving.aborted; tries++) {
        const response = await fetch(`${market}/mturk/externalSubmit`, {
          method: 'POST',
          headers: JSON_ONLY,
          body: new URLSearchParams({ ...answer, assignmentId: visit.assignmentId }),
        }).catch(() => null);
        await response?.arrayBuffer();
        if (response !== null && response.status < 500) return response.ok;
        await pause(leaving);
      }
      return false;
    },

    giveBack: ({ assignmentId, workerId }: Visit): Promise<boolean> =>
      succeeds(
        fetch(`${market}/assignments/${id(assignmentId)}/return?${as(workerId)}`, {
          method: 'POST',
          headers: JSON_ONLY,
        }),
      ),
  };
}

async function readJson(response: Response): Promise<unknown> {
  const text = await response.text();
  if (!response.ok) throw new Error(`${new URL(response.url).pathname} answered ${response.status}`);
  return JSON.parse(text);
}

/** Whether a request went well. Its answer is read to the end: an unread one keeps its connection. */
const succeeds = (request: Promise<Response>): Promise<boolean> =>
  request.then(
    (response) => response.arrayBuffer().then(() => response.ok),
    () => false,
  );
