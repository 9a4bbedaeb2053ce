import type { Instant } from '../../domain/ids.ts';
import { placesOpen } from '../../domain/recruiting.ts';
import type { Database } from '../../postgres/pool.ts';
import { openHits } from '../../projections/hits.ts';
import { stillToDispatch } from '../../projections/houseNow.ts';
import { marketNow } from '../../projections/marketPlaces.ts';
import { countPeopleWaiting, type PoolSize, poolSizes } from '../../projections/poolSizes.ts';
import { spending } from '../../projections/spending.ts';
import { atMostEvery, type gaugesOf } from './gauges.ts';

/** Largest pools that have a figure of their own; the rest is one more, so that applications cannot flood Prometheus. */
const MOST_POOLS = 20;
const OTHER = 'other';
/** The sum over every assignment takes longer than the other figures, and money moves slowly. */
const SPENDING_MS = 60_000;

/** Who waits, what recruits them, and what that costs. */
export function peopleGauges(
  gauges: ReturnType<typeof gaugesOf>,
  { db, clock, settings }: { db: Database; clock: () => Instant; settings: { readonly pingTimeoutSeconds: number } },
): void {
  const presence = () => ({ now: clock(), pingTimeoutMs: settings.pingTimeoutSeconds * 1000 });
  gauges.one('retainer_waiting_workers', 'People who wait now, on all nodes, each counted once', () =>
    countPeopleWaiting(db, presence()),
  );
  gauges.many(
    'retainer_pool_workers',
    `People in a ProtoHIT's pool by state, on all nodes; the ${MOST_POOLS} largest pools, and the rest as "${OTHER}"`,
    ['proto_hit', 'state'],
    async () =>
      largest(await poolSizes(db, presence())).flatMap(({ protoHit, waiting, called }) => [
        [{ proto_hit: protoHit, state: 'waiting' }, waiting] as const,
        [{ proto_hit: protoHit, state: 'called' }, called] as const,
      ]),
  );
  gauges.many(
    'retainer_missing_workers',
    'Workers still to be dispatched: slots of open reservations that nobody holds, by phase; of invoked ones somebody is to come now',
    ['phase'],
    async () => {
      const { missing, missingNow } = await stillToDispatch(db);
      return [[{ phase: 'made' }, missing - missingNow] as const, [{ phase: 'invoked' }, missingNow] as const];
    },
  );
  gauges.one('retainer_open_hits', 'HITs with an open place, on the market or on their way there', async () => {
    const hits = await openHits(db, { now: clock() });
    return hits.filter((hit) => placesOpen(hit) > 0).length;
  });
  gauges.many(
    'retainer_market_places',
    'Places of HITs on the market, by state: open or taken',
    ['state'],
    async () => {
      const market = await marketNow(db, { now: clock() });
      return [[{ state: 'open' }, market.placesOpen] as const, [{ state: 'taken' }, market.placesTaken] as const];
    },
  );
  const spent = atMostEvery(SPENDING_MS, () => spending(db));
  gauges.many(
    'retainer_spending_dollars',
    'US dollars for HITs: paid, owed to people who hold or handed in an assignment, and offered on the market',
    ['side', 'kind', 'state'],
    async () =>
      (await spent()).flatMap(({ sandbox, state, rewardCents, feeCents }) => {
        const side = sandbox ? 'sandbox' : 'live';
        return [
          [{ side, state, kind: 'reward' }, rewardCents / 100] as const,
          [{ side, state, kind: 'fee' }, feeCents / 100] as const,
        ];
      }),
  );
}

/** Pools come sorted. A ProtoHIT that is itself named as the rest is counted with it. */
export function largest(pools: readonly PoolSize[]): readonly PoolSize[] {
  const isOwn = ({ protoHit }: PoolSize, index: number): boolean => index < MOST_POOLS && protoHit !== OTHER;
  const rest = pools.filter((pool, index) => !isOwn(pool, index));
  const sum = (of: 'waiting' | 'called'): number => rest.reduce((total, pool) => total + pool[of], 0);
  const other = { protoHit: OTHER, waiting: sum('waiting'), called: sum('called') };
  return [...pools.filter(isOwn), ...(rest.length > 0 ? [other] : [])];
}
