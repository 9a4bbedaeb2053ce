import type { Instant } from './ids.ts';

/** How many places the market may offer beyond what is missing: so many, and a share of what is missing. */
export type SparePlaces = { readonly places: number; readonly percent: number };

/** Reads `2+50%`, `2` or `50%`. */
export function readSparePlaces(written: string): SparePlaces {
  const parts = written.split('+');
  const share = parts.find((part) => part.endsWith('%'));
  const places = parts.find((part) => part !== share);
  return { places: Number(places ?? 0), percent: Number(share?.slice(0, -1) ?? 0) };
}

/** Returns the places that are to be offered for so many people missing; none where nobody is. */
export const placesFor = (missing: number, { places, percent }: SparePlaces): number =>
  missing === 0 ? 0 : missing + places + Math.floor((missing * percent) / 100);

/** What is known of the places of a HIT. */
export type PlacesOfHit = {
  readonly maxAssignments: number;
  /** Workers who came to the landing page through it. */
  readonly arrivals: number;
  /** Places that nobody has accepted, as the marketplace last said; null: it said nothing that was news. */
  readonly listedAvailable: number | null;
  /** Who had come by then, and when that was. */
  readonly listedArrivals: number | null;
  readonly listedAt: Instant | null;
};

/**
 * Places that people can accept, as far as is known: those that the marketplace last said were open, but for the people
 * who came since. Whoever merely says that they came cannot take a place off the market for longer than until it is
 * asked again.
 */
export const placesOpen = ({
  arrivals,
  maxAssignments,
  listedAvailable,
  listedArrivals,
}: Omit<PlacesOfHit, 'listedAt'>): number =>
  Math.max(0, (listedAvailable ?? maxAssignments) - Math.max(0, arrivals - (listedArrivals ?? 0)));

/** Places that were accepted, and whose people have not come. */
export const placesAwaited = ({ arrivals, maxAssignments, listedAvailable }: PlacesOfHit): number =>
  listedAvailable === null ? 0 : Math.max(0, maxAssignments - listedAvailable - arrivals);

/** How long somebody who accepted may take to come to the landing page; after that their place brings nobody. */
const COMES_WITHIN_MS = 3 * 60_000;

/** Of these, the places whose people may still come. */
export const placesComing = (hit: PlacesOfHit, now: Instant): number =>
  hit.listedAt === null || now >= hit.listedAt + COMES_WITHIN_MS ? 0 : placesAwaited(hit);

/** How recruiting is set: offer what is missing and some to spare, or, as the original, HITs each round while it lasts. */
export type RecruitingRule =
  | { readonly policy: 'spare'; readonly sparePlaces: SparePlaces }
  | { readonly policy: 'classic'; readonly hitsPerTick: number };

export const readRecruitingRule = ({
  policy,
  sparePlaces,
  hitsPerTick,
}: {
  readonly policy: RecruitingRule['policy'];
  readonly sparePlaces: string;
  readonly hitsPerTick: number;
}): RecruitingRule =>
  policy === 'classic' ? { policy, hitsPerTick } : { policy, sparePlaces: readSparePlaces(sparePlaces) };

/** Places that are posted at first for a reservation while nobody waits; the classic rule adds as many each round. */
export const placesAtFirst = (
  rule: RecruitingRule,
  { workers, maxAssignments }: { workers: number; maxAssignments: number },
): number => (rule.policy === 'classic' ? rule.hitsPerTick * maxAssignments : placesFor(workers, rule.sparePlaces));
