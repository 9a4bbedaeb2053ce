import { setMaxListeners } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Instant } from '../../../domain/ids.ts';
import { exponential, type Random, seededRandom } from '../random.ts';
import { BEHAVIOUR, type Behaviour, drawTemper, type Temper } from './behaviour.ts';
import { type MayOpen, siteAt } from './site.ts';
import { liveThrough, type WorkerEvent } from './worker.ts';

export type CrowdOptions = {
  /** The retainer server that serves the marketplace too. */
  readonly baseUrl: string;
  readonly ratePerMinute: number;
  readonly seed: number;
  /** Ends the simulation: all leave at once. */
  readonly signal: AbortSignal;
  /** Ends the coming: those who are there stay as long as they would. */
  readonly coming?: AbortSignal;
  readonly behaviour?: Behaviour;
  /** Whether the one who accepts a HIT as the nth stays, and misses the call. */
  readonly missesCall?: (nth: number) => boolean;
  /** Who comes while this many are at it does not stay. */
  readonly mostAtOnce?: number;
  readonly clock?: () => Instant;
  /** Hears how many are about, whenever somebody comes or leaves. */
  readonly onCount?: (about: number) => void;
  readonly onEvent?: (event: WorkerEvent) => void;
  readonly onError?: (error: unknown) => void;
  /** Which origins they ask for landing pages; if not said, the server's own. */
  readonly mayOpen?: MayOpen | undefined;
};

/**
 * People come to the market as a Poisson process; each looks at the list, takes one of the newest HITs, and lives
 * through it. The same seed gives the same people at the same intervals. Resolves when nobody is to come any more and the
 * last one has left.
 */
export async function startSimulatedWorkers({
  baseUrl,
  ratePerMinute,
  seed,
  signal,
  coming = signal,
  behaviour = BEHAVIOUR,
  missesCall = () => false,
  mostAtOnce = 2_000,
  clock = Date.now,
  onCount = () => {},
  onEvent = () => {},
  onError = () => {},
  mayOpen,
}: CrowdOptions): Promise<void> {
  const site = siteAt(baseUrl, mayOpen);
  const random = seededRandom(seed);
  const alive = new Set<Promise<void>>();
  // Everybody who is about listens for the end.
  setMaxListeners(0, signal);

  let accepted = 0;

  const live = async (workerId: string, own: Random): Promise<void> => {
    try {
      const drawn = drawTemper(own, behaviour);
      const temper = (): Temper =>
        missesCall(++accepted) ? { ...drawn, patienceMs: Number.POSITIVE_INFINITY, isAttentive: false } : drawn;
      const hitId = choose(await site.offered(workerId), own);
      if (hitId !== null) await liveThrough(site, hitId, { workerId, temper, signal, clock, tell: onEvent });
    } catch (error) {
      if (!signal.aborted) onError(error);
    }
  };

  for (let n = 1; !coming.aborted; n++) {
    await sleep(Math.round(exponential(random, ratePerMinute) * 60_000), undefined, { signal: coming }).catch(() => {});
    const own = seededRandom(Math.floor(random() * 2 ** 32));
    if (coming.aborted || alive.size >= mostAtOnce) continue;
    const life = live(`A${seed.toString(36)}W${n.toString(36)}`.toUpperCase(), own);
    alive.add(life);
    onCount(alive.size);
    void life.then(() => {
      alive.delete(life);
      onCount(alive.size);
    });
  }
  await Promise.all(alive);
}

/** Workers look at the newest HITs first (Chilton et al., 2010): one of the ten newest, the newer the likelier. */
function choose(offered: readonly { hitId: string }[], random: Random): string | null {
  const place = Math.floor(random() ** 2 * Math.min(10, offered.length));
  return offered[place]?.hitId ?? null;
}
