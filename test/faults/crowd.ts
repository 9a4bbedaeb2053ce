import { setMaxListeners } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';

/** What was acknowledged to workers and applications: all of it must be in the log, whoever was killed. */
export type Acknowledged = {
  /** Pings by assignment. */
  readonly pings: Map<string, number>;
  /** Reservations, with the workers that they ask for. */
  readonly made: Map<string, number>;
  readonly invoked: Set<string>;
  /** What a worker was told when called. */
  readonly told: Map<string, string>;
};

export type Crowd = ReturnType<typeof startCrowd>;

const ASKED_AGAIN_MS = 250;
const ORDER_EVERY_MS = 800;
const PING_EVERY_MS = 1_000;
const ANSWER_WITHIN_MS = 15_000;
const WAITING_AT_ONCE = 12;

/**
 * Workers who wait and come back by themselves, every other one on a stream, the rest on held polls; and applications
 * that make and invoke reservations one after the other, each until it is acknowledged. Until `pause`, workers come
 * as others are called, and reservations are made.
 */
export function startCrowd(url: string, { protoHit, hit }: { protoHit: string; hit: string }) {
  const acknowledged: Acknowledged = { pings: new Map(), made: new Map(), invoked: new Set(), told: new Map() };
  const leaving = new AbortController();
  setMaxListeners(0, leaving.signal);
  let isOrdering = true;
  let workers = 0;
  const lives = new Set<Promise<void>>();

  const ask = (path: string, init: RequestInit = {}): Promise<string | null> =>
    fetch(`${url}/${path}`, {
      ...init,
      signal: AbortSignal.any([leaving.signal, AbortSignal.timeout(ANSWER_WITHIN_MS)]),
    }).then(
      (response) =>
        response.text().then(
          (text) => (response.ok ? text : null),
          () => null,
        ),
      () => null,
    );
  const pause = (ms: number): Promise<unknown> =>
    sleep(ms * (0.5 + Math.random()), undefined, { signal: leaving.signal }).catch(() => {});

  /** Takes an assignment of the HIT, as people do on the marketplace; null if that did not come about. */
  const accept = async (workerId: string): Promise<string | null> => {
    const headers = { Accept: 'application/json' };
    const answer = await ask(`marketplace/hits/${hit}/accept?workerId=${workerId}`, { method: 'POST', headers });
    return answer === null ? null : z.object({ assignmentId: z.string() }).parse(JSON.parse(answer)).assignmentId;
  };
  const pinging = async (workerId: string, id: string, event: 'waiting' | 'working'): Promise<boolean> => {
    const answer = await ask(`ping/worker/${workerId}/assignment/${id}/hit/${hit}/event/${event}`, { method: 'POST' });
    if (answer === 'OK') acknowledged.pings.set(id, (acknowledged.pings.get(id) ?? 0) + 1);
    return answer === 'OK';
  };
  /** The call, from a stream or a held poll; null where it ended without one. */
  const listen = async (id: string, by: 'stream' | 'poll'): Promise<string | null> => {
    const answer = await ask(by === 'stream' ? `wait/assignment/${id}` : `gettask/assignment/${id}?wait=10`);
    return /\{"start":true,"taskID":"?[^}]*\}/.exec(answer ?? '')?.[0] ?? null;
  };
  const live = async (n: number): Promise<void> => {
    const workerId = `AW${n}`;
    const id = await accept(workerId);
    if (id === null) return;
    let call: string | null = null;
    const beating = (async () => {
      while (call === null && !leaving.signal.aborted) {
        await pinging(workerId, id, 'waiting');
        await pause(PING_EVERY_MS);
      }
    })();
    while (call === null && !leaving.signal.aborted) {
      call = await listen(id, n % 2 === 0 ? 'stream' : 'poll');
      if (call === null) await pause(ASKED_AGAIN_MS);
    }
    await beating;
    if (call === null) return;
    acknowledged.told.set(id, call);
    while (!leaving.signal.aborted && !(await pinging(workerId, id, 'working'))) await pause(ASKED_AGAIN_MS);
  };

  /** Asked again until it is acknowledged; an answer that was lost may leave a reservation that nobody knows of. */
  const post = async (path: string, form: Record<string, string>): Promise<string> => {
    for (;;) {
      leaving.signal.throwIfAborted();
      const answer = await ask(path, { method: 'POST', body: new URLSearchParams(form) });
      if (answer !== null) return answer;
      await pause(ASKED_AGAIN_MS);
    }
  };
  const order = async (n: number): Promise<void> => {
    const numAssignments = 1 + (n % 2);
    const form = { id: protoHit, foreignID: String(n), delay: '60', numAssignments: String(numAssignments) };
    const id = await post('reservation/make', form);
    acknowledged.made.set(id, numAssignments);
    await post('reservation/invoke', { id });
    acknowledged.invoked.add(id);
  };
  const ordering = async (first: number): Promise<void> => {
    for (let n = first; isOrdering; n += 2) {
      await order(n);
      await pause(ORDER_EVERY_MS);
    }
  };
  const coming = async (): Promise<void> => {
    while (!leaving.signal.aborted) {
      if (lives.size < WAITING_AT_ONCE) {
        const life = live(++workers);
        lives.add(life);
        void life.finally(() => lives.delete(life));
      }
      await pause(50);
    }
  };
  // Two applications, which may be in each other's way.
  const orders = Promise.all([ordering(1), ordering(2)]);
  const arrivals = coming();

  return {
    acknowledged,
    /** Asks a waiting or called worker's task of one node. */
    taskOf: async (node: string, assignment: string): Promise<string> =>
      (await fetch(`${node}/gettask/assignment/${assignment}`)).text(),
    /** No more reservations, but those under way; workers go on waiting. */
    finishOrders: async (): Promise<void> => {
      isOrdering = false;
      await orders;
    },
    leave: async (): Promise<void> => {
      isOrdering = false;
      leaving.abort();
      await Promise.allSettled([orders, arrivals, ...lives]);
    },
  };
}
