import { createHash } from 'node:crypto';

/** Numbers in [0, 1), the same ones for the same seed (mulberry32, T. Ettinger; public domain). */
export type Random = () => number;

export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** Time to the next event of a Poisson process, in units of 1 / rate. */
export const exponential = (random: Random, rate: number): number => -Math.log(1 - random()) / rate;

/** Box and Muller's method. */
const normal = (random: Random): number => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());

export const lognormal = (random: Random, median: number, sigma: number): number =>
  median * Math.exp(sigma * normal(random));

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789';

/** An id like MTurk's: 30 capital letters and digits, the first one a 3. It follows from the seed and a number. */
export function idFrom(seed: number, number: string): string {
  const digest = createHash('sha256').update(`${seed}/${number}`).digest();
  return `3${[...digest.subarray(0, 29)].map((byte) => ALPHABET[byte % ALPHABET.length]).join('')}`;
}
