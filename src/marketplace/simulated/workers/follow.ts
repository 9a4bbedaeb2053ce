import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Instant } from '../../../domain/ids.ts';
import { holdLease } from '../../../postgres/lease.ts';
import type { Database } from '../../../postgres/pool.ts';
import { type Crowd, type CrowdOrder, readCrowd, reportCrowd } from '../crowdOrder.ts';
import { BEHAVIOUR, type Behaviour } from './behaviour.ts';
import { startSimulatedWorkers } from './crowd.ts';
import type { MayOpen } from './site.ts';

const LOOK_MS = 1_000;

export type FollowOptions = {
  readonly db: Database;
  /** For the lease: one node at a time sends simulated workers. */
  readonly url: string;
  readonly leaseSeconds: number;
  /** The retainer server that serves the marketplace too. */
  readonly baseUrl: string;
  /** What the setting SIMULATED_WORKERS_PER_MINUTE says; holds until somebody orders otherwise. */
  readonly ratePerMinute: number;
  readonly signal: AbortSignal;
  readonly clock: () => Instant;
  /** Which origins simulated workers ask for landing pages. */
  readonly mayOpen: MayOpen;
  readonly log: Logger;
};

/**
 * Sends simulated workers as the order in Postgres says, whichever node it was given on. Nodes without anything to do
 * hold no lease: they look at the order once a second. Resolves when `signal` aborts and the last worker has left.
 */
export async function followCrowdOrders(options: FollowOptions): Promise<void> {
  const { db, url, leaseSeconds, signal, clock, log } = options;
  while (!signal.aborted) {
    try {
      if (rateOf(await readCrowd(db, clock()), options) > 0) {
        const over = new AbortController();
        await holdLease(
          { url, leaseSeconds, name: 'simulated workers', signal: AbortSignal.any([signal, over.signal]), log },
          (lease) => send(options, lease.signal).finally(() => over.abort()),
        );
      }
    } catch (error) {
      log.debug({ err: error }, 'the order for simulated workers could not be read; looking again');
    }
    await sleep(LOOK_MS, undefined, { signal }).catch(() => {});
  }
}

type Run = { readonly run: number; readonly stopComing: () => void; readonly leave: () => void; about: number };

/** Until the lease is lost, or nobody is to come and the last one has left. */
async function send(options: FollowOptions, signal: AbortSignal): Promise<void> {
  const { db, clock, log } = options;
  const runs = new Map<number, Run>();
  const ends: Promise<void>[] = [];
  let latest = -1;
  let reported = -1;
  while (!signal.aborted) {
    const order = await readCrowd(db, clock()).catch((error: unknown) => {
      log.debug({ err: error }, 'the order for simulated workers could not be read; looking again');
      return null;
    });
    if (order !== null && order.run !== latest) {
      latest = order.run;
      for (const one of runs.values()) {
        one.stopComing();
        if (!order.keepsEarlier) one.leave();
      }
      if (rateOf(order, options) > 0) {
        const begun = begin(order, options, signal);
        runs.set(order.run, begun.run);
        ends.push(begun.ended.finally(() => runs.delete(order.run)));
      }
    }
    const about = [...runs.values()].reduce((sum, one) => sum + one.about, 0);
    if (about > 0 || reported !== 0) {
      await reportCrowd(db, { about, now: clock() }).catch((error: unknown) =>
        log.debug({ err: error }, 'how many simulated workers are about could not be told'),
      );
      reported = about;
    }
    if (runs.size === 0) return;
    await sleep(LOOK_MS, undefined, { signal }).catch(() => {});
  }
  await Promise.all(ends);
}

/** The people of one order. */
function begin(order: CrowdOrder, options: FollowOptions, signal: AbortSignal): { run: Run; ended: Promise<void> } {
  const { baseUrl, mayOpen, log } = options;
  const [coming, staying] = [new AbortController(), new AbortController()];
  const run: Run = {
    run: order.run,
    stopComing: () => coming.abort(),
    leave: () => staying.abort(),
    about: 0,
  };
  const ratePerMinute = rateOf(order, options);
  log.info({ ratePerMinute, run: order.run }, 'simulated workers come to the marketplace');
  const ended = startSimulatedWorkers({
    baseUrl,
    mayOpen,
    ratePerMinute,
    seed: order.run,
    behaviour: behaviourOf(order),
    signal: AbortSignal.any([signal, staying.signal]),
    coming: AbortSignal.any([signal, staying.signal, coming.signal]),
    onCount: (about) => {
      run.about = about;
    },
    onError: (error) => log.warn({ err: error }, 'a simulated worker failed'),
  });
  return { run, ended };
}

const rateOf = ({ ratePerMinute }: Pick<Crowd, 'ratePerMinute'>, options: FollowOptions): number =>
  ratePerMinute ?? options.ratePerMinute;

const behaviourOf = ({ patienceMinutes }: CrowdOrder): Behaviour =>
  patienceMinutes === null ? BEHAVIOUR : { ...BEHAVIOUR, leavingPerMinute: 1 / patienceMinutes };
