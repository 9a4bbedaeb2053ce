import { setTimeout as sleep } from 'node:timers/promises';
import type { Instant } from '../../../domain/ids.ts';
import { PING_INTERVAL_MS } from '../../../domain/presence.ts';
import type { Temper } from './behaviour.ts';
import type { Site, Visit } from './site.ts';

/** What befell a simulated worker, for whoever tells the story. */
export type WorkerEvent = {
  readonly type: 'accepted' | 'waiting' | 'told' | 'responded' | 'submitted' | 'released' | 'left' | 'ignored';
  readonly workerId: string;
  readonly assignmentId: string;
  readonly at: Instant;
  readonly taskId?: string | number;
};

export type Life = {
  readonly workerId: string;
  /** Asked once, when they have accepted the HIT. */
  readonly temper: () => Temper;
  /** The end of the simulation. */
  readonly signal: AbortSignal;
  readonly clock: () => Instant;
  readonly tell: (event: WorkerEvent) => void;
};

const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** One worker, from accepting a HIT to submitting it or leaving, over the same HTTP a browser would use. */
export async function liveThrough(
  site: Site,
  hitId: string,
  { workerId, temper: temperOf, signal, clock, tell }: Life,
): Promise<void> {
  const visit = await site.accept(hitId, workerId);
  if (visit === null) return;
  const temper = temperOf();
  const say = (type: WorkerEvent['type'], more: { taskId?: string | number } = {}): void =>
    tell({ type, workerId, assignmentId: visit.assignmentId, at: clock(), ...more });
  const spend = (ms: number): Promise<unknown> => sleep(Math.round(ms), undefined, { signal });

  say('accepted');
  await site.open(visit.page);
  const patience = AbortSignal.timeout(Math.min(Math.round(temper.patienceMs), LONGEST_TIMER_MS));
  const leaving = AbortSignal.any([signal, patience]);
  const pinging = startPinging(site, visit);
  say('waiting');
  try {
    await pinging.begun;
    const call = await site.waitForCall(visit, leaving);
    if (call === null) {
      if (signal.aborted) return;
      say('left');
      if (temper.givesBack) await site.giveBack(visit);
    } else if (call.released) {
      say('released');
      await spend(temper.readingMs);
      if (await site.submit(visit, { result: 'waited' }, signal)) say('submitted');
    } else {
      say('told', { taskId: call.taskID ?? '' });
      if (!temper.isAttentive) {
        // The page goes on waiting in a window nobody looks at, until it is closed.
        say('ignored');
        await aborted(leaving);
        return;
      }
      const calledAt = performance.now();
      await spend(temper.responseMs);
      await pinging.work(Math.round(performance.now() - calledAt));
      const isTheirs = await site.hasPlace(visit, signal);
      if (isTheirs === null) return;
      say(isTheirs ? 'responded' : 'released');
      await spend(isTheirs ? temper.workMs : temper.readingMs);
      if (await site.submit(visit, { result: isTheirs ? 'worked' : 'waited' }, signal)) say('submitted');
    }
  } finally {
    await pinging.stop();
  }
}

/** Pings as the landing page does: `waiting`, and from the response on `working`. */
function startPinging(site: Site, visit: Visit) {
  const closing = new AbortController();
  let type: 'waiting' | 'working' = 'waiting';
  const begun = site.ping(visit, type);
  const loop = (async () => {
    await begun;
    await sleep(PING_INTERVAL_MS, undefined, { signal: closing.signal }).catch(() => {});
    while (!closing.signal.aborted) {
      await site.ping(visit, type);
      await sleep(PING_INTERVAL_MS, undefined, { signal: closing.signal }).catch(() => {});
    }
  })();
  return {
    /** The first ping is answered, and its token known. */
    begun,
    work: (reactedAfterMs: number): Promise<boolean> => {
      type = 'working';
      return site.ping(visit, type, reactedAfterMs);
    },
    stop: (): Promise<void> => {
      closing.abort();
      return loop;
    },
  };
}

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
