import { setTimeout as sleep } from 'node:timers/promises';
import { PING_INTERVAL_MS } from '../../../domain/presence.ts';
import { exponential, lognormal, type Random } from '../random.ts';
import type { Site } from './site.ts';

/** What befell a simulated worker, for whoever tells the story. `at` is milliseconds since 1970. */
export type WorkerEvent = {
  readonly type: 'accepted' | 'waiting' | 'told' | 'responded' | 'submitted' | 'released' | 'left' | 'ignored';
  readonly workerId: string;
  readonly assignmentId: string;
  readonly at: number;
  readonly taskId?: string | number;
};

/**
 * How people behave while they wait (Bernstein et al., Crowds in Two Seconds, 2011, as fitted to its published
 * plots): about 8 % bounce at once, the others leave at 2 % a minute; of those called 97 % pay attention, and respond
 * after 0.8 seconds and a lognormal more.
 */
export const BEHAVIOUR = {
  bounce: 0.084,
  leavingPerMinute: 0.0204,
  attentive: 0.97,
  reactionSeconds: 0.8,
  responseMedianSeconds: 1.1,
  responseSigma: 0.7,
  workSeconds: [2, 6],
} as const;

export type Behaviour = typeof BEHAVIOUR;

/** One worker, from accepting a HIT to submitting it or leaving, over the same HTTP a browser would use. */
export async function liveThrough(
  site: Site,
  hitId: string,
  {
    workerId,
    random,
    behaviour,
    signal,
    tell,
  }: {
    workerId: string;
    random: Random;
    behaviour: Behaviour;
    signal: AbortSignal;
    tell: (event: WorkerEvent) => void;
  },
): Promise<void> {
  const visit = await site.accept(hitId, workerId);
  if (visit === null) return;
  const say = (type: WorkerEvent['type'], more: { taskId?: string | number } = {}): void =>
    tell({ type, workerId, assignmentId: visit.assignmentId, at: Date.now(), ...more });
  say('accepted');
  await site.open(visit.page);

  const patienceMs = random() < behaviour.bounce ? 1_000 : exponential(random, behaviour.leavingPerMinute) * 60_000;
  const leaving = AbortSignal.any([signal, AbortSignal.timeout(Math.min(Math.round(patienceMs), 2 ** 31 - 1))]);
  const closing = new AbortController();
  let pingType: 'waiting' | 'working' = 'waiting';
  const pinging = (async () => {
    while (!closing.signal.aborted) {
      await site.ping(visit, pingType);
      await sleep(PING_INTERVAL_MS, undefined, { signal: closing.signal }).catch(() => {});
    }
  })();
  say('waiting');
  try {
    const call = await site.waitForCall(visit, leaving);
    if (call === null) {
      say('left');
      return;
    }
    if (call.released) {
      say('released');
      await sleep(500 + random() * 1_500);
      if (await site.submit(visit, { result: 'waited' })) say('submitted');
      return;
    }
    say('told', { taskId: call.taskID ?? '' });
    if (random() >= behaviour.attentive) {
      say('ignored');
      return;
    }
    const { reactionSeconds, responseMedianSeconds, responseSigma, workSeconds } = behaviour;
    await sleep((reactionSeconds + lognormal(random, responseMedianSeconds, responseSigma)) * 1000, undefined, {
      signal,
    });
    pingType = 'working';
    await site.ping(visit, pingType);
    say('responded');
    const [least, most] = workSeconds;
    await sleep((least + random() * (most - least)) * 1000, undefined, { signal });
    if (await site.submit(visit, { result: 'worked' })) say('submitted');
  } finally {
    closing.abort();
    await pinging;
  }
}
