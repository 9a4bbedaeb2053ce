import type { Logger } from 'pino';
import { v7 as uuidv7 } from 'uuid';
import { committedByCommands, startOfDay } from '../commands/access/dailySpending.ts';
import type { Commands } from '../commands/commands.ts';
import type { Instant } from '../domain/ids.ts';
import type { EventStore, Position } from '../event-store/port.ts';
import { type Database, inTransaction } from '../postgres/pool.ts';
import { committedOnHits } from '../projections/committedToday.ts';
import { demandNow } from '../projections/demand.ts';
import { hitIdsByRecruiter, openHits, postFailures } from '../projections/hits.ts';
import { protoHitsByIds } from '../projections/protoHits.ts';
import { peopleWaiting } from '../projections/waitingPeople.ts';
import { withinBudget } from './budget.ts';
import { freeHitIds } from './hitIds.ts';
import { endPatience, type PatienceDependencies } from './patience.ts';
import { type Plan, type Policy, plan } from './plan.ts';

export type MinuteDependencies = PatienceDependencies & {
  readonly db: Database;
  readonly store: Pick<EventStore, 'head' | 'prune'>;
  readonly commands: Pick<Commands, 'requestHitPost' | 'requestHitExpire'>;
  readonly caughtUp: { readonly until: (position: Position, options: { timeoutMs: number }) => Promise<boolean> };
  readonly policy: Policy;
  /** Whether the policy has to see reservations for which everybody was seen at work. Default: no. */
  readonly evenFilled?: boolean;
  readonly settings: {
    readonly maxOpenHits: number;
    readonly pingTimeoutSeconds: number;
    readonly presenceRetentionDays: number;
    readonly dailyBudget: number;
  };
  readonly clock: () => Instant;
  readonly log: Logger;
};

const CATCH_UP_TIMEOUT_MS = 10_000;
const REMEMBER_FAILURES_MS = 24 * 3_600_000;
const DAY_MS = 24 * 3_600_000;
const PRUNED_AT_ONCE = 10_000;
const MOST_PRUNINGS = 20;

export type Decided = Plan & { readonly timedOut: number };

/**
 * One planning step: times out reservations that nobody invoked, decides which HITs to post and to expire.
 *
 * A HIT's id follows from its reservation and from how many were posted for it before, as the plan's own view shows. So
 * two schedulers that overlap (a lease changing hands, `retainer tick` beside the service) and plan from the same view
 * decide the same HITs, not twice as many.
 */
export async function decide(deps: MinuteDependencies, signal?: AbortSignal): Promise<Decided> {
  const { store, commands, caughtUp, clock, log } = deps;
  const context = { actor: 'scheduler', requestId: uuidv7() } as const;

  const timedOut = await endPatience(deps, context, signal);

  // A view that lacks what was posted last would have it posted again.
  if (!(await caughtUp.until(await store.head(), { timeoutMs: CATCH_UP_TIMEOUT_MS })))
    throw new Error('the read models are too far behind the log to plan from');

  const { post, expire, orders, tooDear } = await planned(deps, clock());
  if (signal?.aborted) return { timedOut, post: [], expire: [] };
  if (tooDear > 0)
    log.warn(
      { hits: tooDear },
      'not posted: the budget of the day is committed (DAILY_BUDGET); it begins again at 00:00 UTC',
    );
  if (orders.length > 0) await commands.requestHitPost(context, { hits: orders });
  if (expire.length > 0) await commands.requestHitExpire(context, { hitIds: expire, reason: 'notNeeded' });
  if (orders.length + expire.length > 0) log.info({ post, expire: expire.length }, 'recruiting decided');
  return { timedOut, post, expire };
}

/** Plans from one view: the HITs that ids are counted from have to be those that the plan counts on. */
const planned = (
  { db, policy, evenFilled = false, settings }: MinuteDependencies,
  now: Instant,
): Promise<
  Plan & {
    readonly orders: Parameters<MinuteDependencies['commands']['requestHitPost']>[1]['hits'];
    /** HITs that the day's budget has no room for. */
    readonly tooDear: number;
  }
> =>
  inTransaction(db, async (view) => {
    await view.query('set transaction isolation level repeatable read, read only');
    const rows = await demandNow(view, undefined, { evenFilled });
    const protoHits = await protoHitsByIds(
      view,
      rows.map(({ protoHitId }) => protoHitId),
    );
    const demand = rows.flatMap((row) => {
      const protoHit = protoHits.get(row.protoHitId);
      return protoHit === undefined ? [] : { ...row, maxAssignments: protoHit.fields.maxAssignments };
    });
    const hits = await openHits(view, { now });
    const waiting = await peopleWaiting(view, { now, pingTimeoutMs: settings.pingTimeoutSeconds * 1000 });
    const failures = await postFailures(view, { since: now - REMEMBER_FAILURES_MS });
    const { post, expire } = plan(demand, { hits, waiting, failures }, now, policy, settings);

    const used = await hitIdsByRecruiter(
      view,
      post.map(({ reservationId }) => reservationId),
    );
    const free = freeHitIds(used);
    const orders = post.flatMap(({ protoHitId, reservationId, hits, places }) => {
      const protoHit = protoHits.get(protoHitId);
      if (protoHit === undefined) return [];
      const { fields, sandbox } = protoHit;
      return Array.from({ length: hits }, () => ({
        hitId: free(reservationId),
        ...{ protoHitId, recruitedFor: reservationId, fields, sandbox, maxAssignments: places },
      }));
    });
    const spent = (await committedOnHits(view, startOfDay(now))) + (await committedByCommands(view, now));
    const { affordable, tooDear } = withinBudget(orders, Math.round(settings.dailyBudget * 100) - spent);
    return { post, expire, orders: affordable, tooDear: tooDear.length };
  });

/** Forgets pings older than the operator wants to keep; the rest of a backlog next minute. */
export async function prunePresence({ store, settings, clock }: MinuteDependencies): Promise<void> {
  const before = clock() - settings.presenceRetentionDays * DAY_MS;
  for (let round = 0; round < MOST_PRUNINGS; round++) {
    const pruned = await store.prune({ category: 'presence', before, limit: PRUNED_AT_ONCE });
    if (pruned < PRUNED_AT_ONCE) return;
  }
}
