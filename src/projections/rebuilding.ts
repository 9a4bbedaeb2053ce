import type { Logger } from 'pino';
import type { Instant } from '../domain/ids.ts';
import type { EventStore } from '../event-store/port.ts';
import type { Database } from '../postgres/pool.ts';
import type { FoldProgress } from './foldAside.ts';
import type { Projection } from './projection.ts';
import { type RebuildReport, rebuild } from './rebuild.ts';

/** The rebuild that this node is at, or the last that it did. */
export type RebuildState = {
  readonly names: readonly string[];
  readonly startedAt: Instant;
  readonly progress: FoldProgress | null;
  readonly outcome:
    | { readonly type: 'running' }
    | { readonly type: 'done'; readonly report: RebuildReport }
    | { readonly type: 'failed'; readonly reason: string };
};

export type Rebuilding = {
  /** False: this node is at one already. */
  readonly start: (names: readonly string[]) => boolean;
  readonly state: () => RebuildState | null;
  /** Breaks off what is under way; the next rebuild goes on there. */
  readonly stop: () => Promise<void>;
};

/** Rebuilds in the background of a node, one at a time; of several nodes', one waits for the other. */
export function createRebuilding({
  store,
  db,
  projections,
  clock,
  log,
}: {
  store: EventStore;
  db: Database;
  projections: readonly Projection[];
  clock: () => Instant;
  log: Logger;
}): Rebuilding {
  const ending = new AbortController();
  let state: RebuildState | null = null;
  let work: Promise<void> = Promise.resolve();
  const run = async (begun: RebuildState): Promise<void> => {
    let now = begun;
    const move = (changes: Partial<RebuildState>): void => {
      now = { ...now, ...changes };
      state = now;
    };
    try {
      const report = await rebuild({
        store,
        db,
        projections,
        names: begun.names,
        log,
        signal: ending.signal,
        onProgress: (progress) => move({ progress }),
      });
      move({ outcome: { type: 'done', report } });
    } catch (error) {
      log.warn({ err: error, names: begun.names }, 'a rebuild broke off; what is in use was not changed');
      move({ outcome: { type: 'failed', reason: error instanceof Error ? error.message : String(error) } });
    }
  };
  return {
    start: (names) => {
      if (state?.outcome.type === 'running' || ending.signal.aborted) return false;
      state = { names, startedAt: clock(), progress: null, outcome: { type: 'running' } };
      work = run(state);
      return true;
    },
    state: () => state,
    stop: async () => {
      ending.abort();
      await work;
    },
  };
}
