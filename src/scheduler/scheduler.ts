import { holdLease } from '../postgres/lease.ts';
import { type Decided, decide, type MinuteDependencies, prunePresence } from './minute.ts';
import { createPoster, type PosterDependencies } from './poster.ts';
import { createReconcile, type ReconcileDependencies } from './reconcile.ts';
import { repeat } from './repeat.ts';
import { createWatch, type WatchDependencies } from './watch.ts';

export type SchedulerDependencies = MinuteDependencies & PosterDependencies & ReconcileDependencies & WatchDependencies;

export const SCHEDULER_LEASE = 'scheduler';
const SECOND_MS = 1_000;
const RECONCILE_EVERY_MS = 60_000;

/** The scheduler's parts, each of which does one round when called. What they know is in the log, not in them. */
export function createScheduler(deps: SchedulerDependencies) {
  const poster = createPoster(deps);
  const reconcile = createReconcile(deps);
  const watch = createWatch(deps);

  const prune = () => prunePresence(deps);

  /** Carries out what is decided until nothing can be done now. */
  const post = async (signal?: AbortSignal): Promise<void> => {
    while (!signal?.aborted && (await poster.round(signal)) > 0);
  };

  return {
    decide: (signal?: AbortSignal) => decide(deps, signal),
    post,
    reconcile: reconcile.round,
    watch: watch.round,
    prune,
    /**
     * Everything once, in order: `retainer tick`. Answers what was decided. A part that fails does not keep the
     * next from its turn; what failed is thrown in the end.
     */
    tick: async (signal?: AbortSignal): Promise<Decided> => {
      let decided: Decided = { timedOut: 0, post: [], expire: [] };
      const parts = [
        async () => {
          decided = await decide(deps, signal);
        },
        () => post(signal),
        () => reconcile.round(signal),
        prune,
      ];
      const failures: unknown[] = [];
      for (const part of parts) await part().catch((error: unknown) => failures.push(error));
      if (failures.length > 0) throw failures.length === 1 ? failures[0] : new AggregateError(failures, 'tick failed');
      return decided;
    },
  };
}
/**
 * Schedules while this node holds the lease, and competes for it until `signal` aborts: one node at a time
 * decides, another takes over within seconds. The parts run side by side, each on its own beat. An interval of 0
 * leaves the planning to `retainer tick`, for those who prefer cron.
 */
export async function runScheduler(
  deps: SchedulerDependencies & {
    url: string;
    signal: AbortSignal;
    /** Holds the lease's name for as long as this node schedules. */
    leases?: Set<string>;
  },
): Promise<void> {
  const { url, signal, log, settings, leases } = deps;
  await holdLease({ url, name: SCHEDULER_LEASE, signal, log, leases }, async (lease) => {
    const { decide, post, reconcile, watch, prune } = createScheduler(deps);
    const beat = (name: string, intervalMs: number, work: (signal: AbortSignal) => Promise<unknown>) =>
      repeat({ name, intervalMs, signal: lease.signal, log }, () => work(lease.signal));
    const plansItself = settings.schedulerIntervalSeconds > 0;
    log.info({ plansItself }, 'this node schedules');
    await Promise.all([
      plansItself && beat('planning', settings.schedulerIntervalSeconds * 1000, decide),
      beat('the poster', SECOND_MS, post),
      beat('the watch', SECOND_MS, watch),
      beat('reconciliation', RECONCILE_EVERY_MS, reconcile),
      beat('pruning', RECONCILE_EVERY_MS, prune),
    ]);
  });
}
