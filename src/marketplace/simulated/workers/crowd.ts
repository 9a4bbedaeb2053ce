import { setTimeout as sleep } from 'node:timers/promises';
import { exponential, type Random, seededRandom } from '../random.ts';
import { siteAt } from './site.ts';
import { BEHAVIOUR, type Behaviour, liveThrough, type WorkerEvent } from './worker.ts';

/** Who comes to the market while this many are at it does not stay. */
const MOST_AT_ONCE = 2_000;

/**
 * People come to the market as a Poisson process; each looks at the list, takes one of the newest HITs, and lives
 * through it. The same seed gives the same people. Resolves when `signal` aborts and the last one has left.
 */
export async function startSimulatedWorkers({
  baseUrl,
  ratePerMinute,
  seed,
  signal,
  behaviour = BEHAVIOUR,
  onEvent = () => {},
  onError = () => {},
}: {
  baseUrl: string;
  ratePerMinute: number;
  seed: number;
  signal: AbortSignal;
  behaviour?: Behaviour;
  onEvent?: (event: WorkerEvent) => void;
  onError?: (error: unknown) => void;
}): Promise<void> {
  const site = siteAt(baseUrl);
  const random = seededRandom(seed);
  const alive = new Set<Promise<void>>();
  for (let n = 1; !signal.aborted; n++) {
    await sleep(exponential(random, ratePerMinute) * 60_000, undefined, { signal }).catch(() => {});
    if (signal.aborted) break;
    if (alive.size >= MOST_AT_ONCE) continue;
    const own = seededRandom(Math.floor(random() * 2 ** 32));
    const workerId = `A${seed.toString(36)}W${n.toString(36)}`.toUpperCase();
    const life = (async () => {
      const hitId = choose(await site.offered(), own);
      if (hitId !== null) await liveThrough(site, hitId, { workerId, random: own, behaviour, signal, tell: onEvent });
    })().catch((error: unknown) => {
      if (!signal.aborted) onError(error);
    });
    alive.add(life);
    void life.finally(() => alive.delete(life));
  }
  await Promise.all(alive);
}

/** Workers look at the newest HITs first (Chilton et al., 2010); one of the ten newest, the newer the likelier. */
function choose(offered: readonly { hitId: string }[], random: Random): string | null {
  const place = Math.floor(random() ** 2 * Math.min(10, offered.length));
  return offered[place]?.hitId ?? null;
}
