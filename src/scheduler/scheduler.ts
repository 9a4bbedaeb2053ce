import type { Commands } from '../commands/commands.ts';
import type { EventStore } from '../event-store/port.ts';
import { HANDED_IN, readHandedIn } from '../postgres/handedIn.ts';
import { holdLease } from '../postgres/lease.ts';
import { listen } from '../postgres/listen.ts';
import type { CaughtUp } from '../projections/caughtUp.ts';
import { type Bell, createBell } from './bell.ts';
import { elect } from './fence.ts';
import { type Decided, decide, type MinuteDependencies, prunePresence } from './minute.ts';
import { createPoster, type PosterDependencies } from './poster.ts';
import { createQuickLooks, type QuickLookDependencies } from './quickLooks.ts';
import { createReconcile, type ReconcileDependencies } from './reconcile.ts';
import { repeat } from './repeat.ts';
import { createWatch, type WatchDependencies } from './watch.ts';

export type SchedulerDependencies = MinuteDependencies &
  PosterDependencies &
  ReconcileDependencies &
  QuickLookDependencies &
  WatchDependencies;

export const SCHEDULER_LEASE = 'scheduler';
const SECOND_MS = 1_000;
const RECONCILE_EVERY_MS = 60_000;
/** A round with nothing to look at asks nobody. */
const LOOK_EVERY_MS = 250;

/** The scheduler's parts, each of which does one round when called. What they know is in the log, not in them. */
export function createScheduler(deps: SchedulerDependencies) {
  const poster = createPoster(deps);
  const reconcile = createReconcile(deps);
  const quickLooks = createQuickLooks(deps);
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
    quickLooks,
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

export type RunningScheduler = SchedulerDependencies & {
  readonly url: string;
  readonly store: EventStore;
  /** The scheduler's commands, on a log that refuses whoever is not in office. */
  readonly commandsOn: (store: EventStore) => Commands;
  readonly settings: {
    readonly leaseSeconds: number;
    readonly nodeName: string;
    readonly schedulerIntervalSeconds: number;
  };
  readonly signal: AbortSignal;
  /** Holds the lease's name for as long as this node schedules. */
  readonly leases?: Set<string>;
  /** Whether the policy plans as soon as anything happens, and not only in rounds. Default: only in rounds. */
  readonly plansAtOnce?: boolean;
  readonly caughtUp: Pick<CaughtUp, 'until' | 'onChange'>;
};

/**
 * Schedules while this node holds the lease, and competes for it until `signal` aborts: one node at a time
 * decides, another takes over within seconds, and what the first still writes is refused. The parts run side by side,
 * each on its own beat. Planning follows whatever happens, on any node, as soon as the read models show it; its own beat
 * is for what happens by time alone, and for announcements that were lost. An interval of 0 leaves all planning to
 * `retainer tick`, for those who prefer cron.
 */
export async function runScheduler(deps: RunningScheduler): Promise<void> {
  const { url, store, commandsOn, signal, clock, log, settings, leases, caughtUp, plansAtOnce = false } = deps;
  const { leaseSeconds, nodeName: node, schedulerIntervalSeconds } = settings;
  await holdLease({ url, name: SCHEDULER_LEASE, signal, log, leases, leaseSeconds }, async (lease) => {
    const fence = await elect({ store, node, clock, signal: lease.signal });
    const inOffice = AbortSignal.any([lease.signal, fence.signal]);
    const fenced = { ...deps, store: fence.store, commands: commandsOn(fence.store) };
    const { decide, post, reconcile, quickLooks, watch, prune } = createScheduler(fenced);
    const beat = (
      name: string,
      intervalMs: number,
      work: (signal: AbortSignal) => Promise<unknown>,
      bell?: Bell | undefined,
    ) => repeat({ name, intervalMs, signal: inOffice, log, bell }, () => work(inOffice));
    const plansItself = schedulerIntervalSeconds > 0;
    const toPlan = createBell();
    const toPost = createBell();
    const plan = async (signal: AbortSignal): Promise<void> => {
      const decided = await decide(signal);
      if (decided.post.length + decided.expire.length > 0) toPost.ring();
    };
    const hints = listen({
      url,
      channels: [HANDED_IN],
      log,
      onNotify: (_, payload) => {
        const hint = readHandedIn(payload);
        if (hint === undefined) return;
        quickLooks.hint(hint);
        // Its own beat tells of what fails.
        quickLooks.round(inOffice).catch(() => undefined);
      },
      // What was missed is found by the poll.
      onGap: () => undefined,
    });
    const stopListening = plansItself && plansAtOnce ? caughtUp.onChange(toPlan.ring) : () => {};
    log.info({ plansItself, plansAtOnce: plansItself && plansAtOnce }, 'this node schedules');
    await Promise.all([
      plansItself && beat('planning', schedulerIntervalSeconds * 1000, plan, toPlan),
      beat('the poster', SECOND_MS, post, toPost),
      beat('the watch', SECOND_MS, watch),
      beat('the looks at who is at work', LOOK_EVERY_MS, quickLooks.round),
      beat('reconciliation', RECONCILE_EVERY_MS, reconcile),
      beat('pruning', RECONCILE_EVERY_MS, prune),
    ]).finally(() => {
      stopListening();
      return hints.close();
    });
    if (fence.signal.aborted) log.warn('another node was elected to schedule; competing again');
  });
}
