import type { Logger } from 'pino';
import type { Instant } from '../domain/ids.ts';
import type { Marketplace, MarketplaceFault, Outcome } from '../marketplace/port.ts';
import { concurrently } from './concurrently.ts';

/** A decision to carry to the marketplace: one call, and the events that its outcome becomes. */
export type Errand = {
  /** Tells it from every other; the same decision again is the same errand. */
  readonly key: string;
  readonly sandbox: boolean;
  /** Makes the call and, if it is answered, records the answer. */
  readonly run: (call: Call) => Promise<void>;
};

/** Makes a call. The outcome that is known for good is recorded; a passing fault is not, and the errand is run again. */
export type Call = <Value>(
  make: (marketplace: Marketplace) => Promise<Outcome<Value>>,
  outcomes: {
    readonly done: (value: Value) => Promise<unknown>;
    readonly failed: (code: string, message: string) => Promise<unknown>;
  },
) => Promise<void>;

export type ErrandDependencies = {
  /** Where HITs of a ProtoHIT go: the sandbox, or the real marketplace. */
  readonly marketplaces: (sandbox: boolean) => Promise<Marketplace>;
  readonly clock: () => Instant;
  readonly log: Logger;
};

const CALLS_AT_ONCE = 4;
/** Short rounds, so that a decision to expire never waits behind a hundred posts. */
const CALLS_A_ROUND = 20;

const SHORTEST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 60_000;
/** Longest that something which was never tried waits because of others: what fails them may be their own. */
const LONGEST_FIRST_PAUSE_MS = 5_000;

/**
 * Runs errands, a round at a time. What is kept in memory is only patience: when to call a failing marketplace again,
 * and which calls have been answered though the read model does not show it yet.
 */
export function createErrands({ marketplaces, clock, log }: ErrandDependencies) {
  const pauses = new Map<boolean, { faults: number; since: Instant; until: Instant }>();
  const tried = new Map<string, Instant>();
  const answered = new Set<string>();

  const isResting = ({ key, sandbox }: Errand): boolean => {
    const { since, until } = pauses.get(sandbox) ?? { since: 0, until: 0 };
    return clock() < (tried.has(key) ? until : Math.min(until, since + LONGEST_FIRST_PAUSE_MS));
  };

  /** Calls made side by side fail side by side: together they are one fault. */
  const pause = (errand: Errand, { code, message }: MarketplaceFault): void => {
    if (isResting(errand)) return;
    const faults = (pauses.get(errand.sandbox)?.faults ?? 0) + 1;
    const pauseMs = Math.min(LONGEST_PAUSE_MS, SHORTEST_PAUSE_MS * 2 ** Math.min(faults - 1, 10));
    const since = clock();
    pauses.set(errand.sandbox, { faults, since, until: since + pauseMs });
    // Told at every call: the warning, one a change of code, is the matter of whoever watches all calls.
    log.debug({ errand: errand.key, code, reason: message, pauseMs }, 'the marketplace is unwell; called again later');
  };

  const run = async (errand: Errand): Promise<void> => {
    const begunAt = clock();
    tried.set(errand.key, begunAt);
    let isAnswered = true;
    await errand.run(async (make, outcomes) => {
      const outcome = await marketplaces(errand.sandbox).then(make).catch(asFault);
      if (outcome.type === 'done') {
        // Of calls made side by side one that succeeds says nothing against the pause; a later one does.
        if ((pauses.get(errand.sandbox)?.since ?? 0) < begunAt) pauses.delete(errand.sandbox);
        await outcomes.done(outcome.value);
      } else if (outcome.lasting === 'final') {
        const { code, message } = outcome;
        log.warn({ errand: errand.key, code, reason: message }, 'the marketplace refused');
        await outcomes.failed(code, message);
      } else {
        isAnswered = false;
        pause(errand, outcome);
      }
    });
    if (isAnswered) answered.add(errand.key);
  };

  return {
    /** Makes up to `CALLS_A_ROUND` calls, first come first, and answers how many; 0 means that nothing can be done now. */
    round: async (errands: readonly Errand[], signal?: AbortSignal): Promise<number> => {
      const current = new Set(errands.map(({ key }) => key));
      forgetOthers(answered, current);
      forgetOthers(tried, current);
      const due = errands
        .filter((errand) => !answered.has(errand.key) && !isResting(errand))
        // One that fails again and again comes after those that were not tried yet.
        .sort((a, b) => (tried.get(a.key) ?? 0) - (tried.get(b.key) ?? 0));
      let calls = 0;
      await concurrently(due.slice(0, CALLS_A_ROUND), { limit: CALLS_AT_ONCE, signal }, async (errand) => {
        // The call before may have found the marketplace unwell.
        if (isResting(errand)) return;
        calls++;
        await run(errand);
      });
      return calls;
    },
  };
}

const asFault = (error: unknown): MarketplaceFault => ({
  type: 'fault',
  lasting: 'passing',
  code: 'Unreachable',
  message: error instanceof Error ? error.message : String(error),
});

function forgetOthers(kept: Set<string> | Map<string, unknown>, current: ReadonlySet<string>): void {
  for (const key of kept.keys()) if (!current.has(key)) kept.delete(key);
}
