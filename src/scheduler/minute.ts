import type { Logger } from 'pino';
import { v7 as uuidv7 } from 'uuid';
import type { Commands } from '../commands/commands.ts';
import { idOfName } from '../commands/ids.ts';
import { HitId, type Instant } from '../domain/ids.ts';
import type { EventStore, Position } from '../event-store/port.ts';
import type { Database } from '../postgres/pool.ts';
import { demandNow } from '../projections/demand.ts';
import { openHits, postFailures } from '../projections/hits.ts';
import { protoHitsByIds } from '../projections/protoHits.ts';
import { peopleWaiting } from '../projections/waitingPeople.ts';
import { endPatience, type PatienceDependencies } from './patience.ts';
import { type Plan, type Policy, plan } from './plan.ts';

export type MinuteDependencies = PatienceDependencies & {
  readonly db: Database;
  readonly store: Pick<EventStore, 'head' | 'prune'>;
  readonly commands: Pick<Commands, 'requestHitPost' | 'requestHitExpire'>;
  readonly caughtUp: { readonly until: (position: Position, options: { timeoutMs: number }) => Promise<boolean> };
  readonly policy: Policy;
  readonly settings: {
    readonly maxOpenHits: number;
    readonly pingTimeoutSeconds: number;
    readonly presenceRetentionDays: number;
    readonly schedulerIntervalSeconds: number;
  };
  readonly clock: () => Instant;
  readonly log: Logger;
};

const MINUTE_SECONDS = 60;
const CATCH_UP_TIMEOUT_MS = 10_000;
const REMEMBER_FAILURES_MS = 24 * 3_600_000;
const DAY_MS = 24 * 3_600_000;
const PRUNED_AT_ONCE = 10_000;
const MOST_PRUNINGS = 20;

export type Decided = Plan & { readonly timedOut: number };

/**
 * What is decided once a minute: which reservations have waited in vain, which HITs to post and to expire.
 *
 * A HIT's id follows from its reservation and the minute. So two schedulers that overlap (a lease changing
 * hands, `retainer tick` beside the service) decide the same HITs, not twice as many.
 */
export async function decide(deps: MinuteDependencies, signal?: AbortSignal): Promise<Decided> {
  const { db, store, commands, caughtUp, policy, settings, clock, log } = deps;
  const context = { actor: 'scheduler', requestId: uuidv7() } as const;

  const timedOut = await endPatience(deps, context, signal);

  // Planning from a view that lacks the last round's posts would post them again, every minute.
  if (!(await caughtUp.until(await store.head(), { timeoutMs: CATCH_UP_TIMEOUT_MS })))
    throw new Error('the read models are too far behind the log to plan from');

  const now = clock();
  const [demand, hits, waiting, failures] = await Promise.all([
    demandNow(db),
    openHits(db, { now }),
    peopleWaiting(db, { now, pingTimeoutMs: settings.pingTimeoutSeconds * 1000 }),
    postFailures(db, { since: now - REMEMBER_FAILURES_MS }),
  ]);
  const planned = plan(demand, { hits, waiting, failures }, now, policy, settings);
  if (signal?.aborted) return { timedOut, post: [], expire: [] };

  const protoHits = await protoHitsByIds(
    db,
    planned.post.map(({ protoHitId }) => protoHitId),
  );
  const minute = Math.floor(now / 1000 / (settings.schedulerIntervalSeconds || MINUTE_SECONDS));
  const orders = planned.post.flatMap(({ protoHitId, reservationId, hits }) => {
    const protoHit = protoHits.get(protoHitId);
    if (protoHit === undefined) return [];
    const { fields, sandbox } = protoHit;
    return Array.from({ length: hits }, (_, index) => ({
      hitId: HitId.parse(idOfName('hit', `${reservationId}/${minute}/${index}`)),
      protoHitId,
      recruitedFor: reservationId,
      fields,
      sandbox,
      maxAssignments: fields.maxAssignments,
    }));
  });
  if (orders.length > 0) await commands.requestHitPost(context, { hits: orders });
  if (planned.expire.length > 0)
    await commands.requestHitExpire(context, { hitIds: planned.expire, reason: 'notNeeded' });
  if (orders.length + planned.expire.length > 0)
    log.info({ post: planned.post, expire: planned.expire.length }, 'recruiting decided');
  return { timedOut, ...planned };
}

/** Forgets pings older than the operator wants to keep; the rest of a backlog next minute. */
export async function prunePresence({ store, settings, clock }: MinuteDependencies): Promise<void> {
  const before = clock() - settings.presenceRetentionDays * DAY_MS;
  for (let round = 0; round < MOST_PRUNINGS; round++) {
    const pruned = await store.prune({ category: 'presence', before, limit: PRUNED_AT_ONCE });
    if (pruned < PRUNED_AT_ONCE) return;
  }
}
