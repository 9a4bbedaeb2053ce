import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Instant } from '../domain/ids.ts';
import type { EventStore } from '../event-store/port.ts';
import { faultsInWords, lastingFaults } from '../postgres/marketplaceFaults.ts';
import type { Database } from '../postgres/pool.ts';
import { projections } from '../projections/all.ts';
import type { CaughtUp } from '../projections/caughtUp.ts';
import { standings } from '../projections/lag.ts';

/** A node whose read models are further behind than this does not serve well; nor does one that answers later. */
const PATIENCE_MS = 2_000;

/** Null: well. Otherwise what is wrong, and whether requests should go elsewhere for it. */
export type Trouble = { readonly says: string; readonly isReady: boolean } | null;
type Check = () => Promise<Trouble>;

/** How each part of the service is, by its name. */
export type Readiness = () => Promise<readonly (readonly [part: string, Trouble])[]>;

export const isReady = (outcomes: Awaited<ReturnType<Readiness>>): boolean =>
  outcomes.every(([, trouble]) => trouble?.isReady ?? true);

const unready = (says: string): Trouble => ({ says, isReady: false });

export type ReadinessDependencies = {
  readonly db: Database;
  readonly store: Pick<EventStore, 'head' | 'count'>;
  readonly caughtUp: Pick<CaughtUp, 'until' | 'position'>;
  readonly clock: () => Instant;
  readonly log: Logger;
};

/** Returns the way to ask whether this node can do its work. It answers within a few seconds, whatever is away. */
export function createReadiness({ db, store, caughtUp, clock, log }: ReadinessDependencies): Readiness {
  const checks: Readonly<Record<string, Check>> = {
    database: async () => {
      await db.query('select 1');
      return null;
    },
    log: async () => {
      await store.head();
      return null;
    },
    marketplace: async () => {
      // A database that is away says nothing about the marketplace, and is told of by its own name.
      const says = await lastingFaults(db, { now: clock() }).then(faultsInWords, () => null);
      return says === null ? null : { says, isReady: true };
    },
    readModels: async () => {
      if (await caughtUp.until(await store.head(), { timeoutMs: PATIENCE_MS })) return standing(db);
      const [left, all] = await Promise.all([store.count(caughtUp.position()), store.count()]);
      const percent = Math.floor((100 * (all - left)) / Math.max(1, all));
      return unready(
        `more than ${PATIENCE_MS / 1000} s behind the log: ${left} of ${all} events are still to come (${percent} % done)`,
      );
    },
  };

  const outcome = async ([name, check]: readonly [string, Check]): Promise<readonly [string, Trouble]> => {
    // How far read models are behind takes two counts after the wait for them.
    const late = sleep(2 * PATIENCE_MS, unready('no answer'), { ref: false });
    const tried = check().catch((error: unknown) => {
      log.debug({ err: error, check: name }, 'not ready');
      return unready('cannot be reached');
    });
    return [name, await Promise.race([tried, late])];
  };
  return () => Promise.all(Object.entries(checks).map((check) => outcome(check)));
}

/** Every node has the same tables: to send requests to another would not help. The other read models go on. */
async function standing(db: Database): Promise<Trouble> {
  const stopped = [...(await standings(db, projections))].filter(([, { isStopped }]) => isStopped);
  const names = stopped.map(([name]) => name).sort();
  if (names.length === 0) return null;
  const stand = names.length === 1 ? 'stands' : 'stand';
  return { says: `${names.join(', ')} ${stand} still: 'retainer projections' says why`, isReady: true };
}
