import { side } from './support/child.ts';
import { type Benchmark, compare } from './support/result.ts';

const WRITERS = '256';
const SECONDS = '3';
type Measured = { perSecond: number; p50Ms: number };

/** Appends a second from 256 concurrent writers, acknowledged after commit. */
export const append: Benchmark = async ({ freshDatabase, emptyDatabase, rounds, say }) => {
  const [ours, emmett, bare]: number[][] = [[], [], []];
  for (let round = 0; round < rounds; round++) {
    const own = await side<Measured>('append.ours.ts', await freshDatabase(), WRITERS, SECONDS);
    const peer = await side<Measured>('append.emmett.mjs', await emptyDatabase(), WRITERS, SECONDS);
    const limit = await side<Measured>('append.bare.ts', await emptyDatabase(), '500', SECONDS);
    say(`append: ${Math.round(own.perSecond)} beside ${Math.round(peer.perSecond)} and ${Math.round(limit.perSecond)}`);
    ours?.push(own.perSecond);
    emmett?.push(peer.perSecond);
    bare?.push(limit.perSecond);
  }
  const row = { name: 'append', unit: 'events/s' };
  return [
    compare(
      { ...row, against: 'emmett-postgresql 0.42.0', goal: '≥ 12', isMet: (r) => r >= 12 },
      ours ?? [],
      emmett ?? [],
    ),
    compare(
      { ...row, against: 'bare insert, 500 rows a statement', goal: '≥ 0.5', isMet: (r) => r >= 0.5 },
      ours ?? [],
      bare ?? [],
    ),
  ];
};

/** One writer appending alone: the time each append takes. */
export const appendLone: Benchmark = async ({ freshDatabase, emptyDatabase, rounds, say }) => {
  const ours: number[] = [];
  const bare: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const own = await side<Measured>('append.ours.ts', await freshDatabase(), '1', SECONDS);
    const limit = await side<Measured>('append.bare.ts', await emptyDatabase(), '1', SECONDS);
    say(`append-lone: ${own.p50Ms.toFixed(3)} ms beside ${limit.p50Ms.toFixed(3)} ms`);
    ours.push(own.p50Ms);
    bare.push(limit.p50Ms);
  }
  const row = { name: 'append-lone', against: 'one insert with commit', unit: 'ms p50' };
  return [compare({ ...row, goal: '≤ 1.5', isMet: (r) => r <= 1.5 }, ours, bare)];
};
