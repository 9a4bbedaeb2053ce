import { setTimeout as sleep } from 'node:timers/promises';
import { type Server, startReference, startRetainer } from './support/child.ts';
import { requestsPerSecond } from './support/load.ts';
import { type BenchEnvironment, type Benchmark, compare } from './support/result.ts';
import { MARKETPLACE_HIT, seedWaiting } from './support/waiting.ts';

const WAITING = 10_000;

/** Measures one kind of request on our side and on the bare route, in turn. */
async function inTurn(
  { freshDatabase, rounds, say }: BenchEnvironment,
  name: string,
  method: 'GET' | 'POST',
  paths: readonly string[],
): Promise<{ ours: number[]; bare: number[] }> {
  const databaseUrl = await freshDatabase();
  await seedWaiting(databaseUrl, WAITING);
  const ours: number[] = [];
  const bare: number[] = [];
  const measure = async (start: () => Promise<Server>): Promise<number> => {
    const server = await start();
    try {
      while (!(await fetch(`${server.url}/readyz`)).ok) await sleep(100);
      await requestsPerSecond(server.url, method, paths);
      return await requestsPerSecond(server.url, method, paths);
    } finally {
      await server.stop();
    }
  };
  for (let round = 0; round < rounds; round++) {
    ours.push(await measure(() => startRetainer(databaseUrl)));
    bare.push(await measure(() => startReference('bare.ts')));
    say(`${name}: ${Math.round(ours.at(-1) ?? 0)} beside ${Math.round(bare.at(-1) ?? 0)}`);
  }
  return { ours, bare };
}

/** Polls a second by 10,000 waiting assignments: Postgres answers each one. */
export const poll: Benchmark = async (bench) => {
  const paths = Array.from({ length: WAITING }, (_, n) => `/gettask/assignment/BENCHA${n}`);
  const { ours, bare } = await inTurn(bench, 'poll', 'GET', paths);
  const row = { name: 'poll', against: 'bare Hono route', unit: 'requests/s', goal: '≥ 0.85' };
  return [compare({ ...row, isMet: (ratio) => ratio >= 0.85 }, ours, bare)];
};

/** Pings a second, each answered after its event is committed. */
export const ping: Benchmark = async (bench) => {
  const paths = Array.from(
    { length: WAITING },
    (_, n) => `/ping/worker/BENCHW${n}/assignment/BENCHA${n}/hit/${MARKETPLACE_HIT}/event/waiting`,
  );
  const { ours, bare } = await inTurn(bench, 'ping', 'POST', paths);
  const row = { name: 'ping', against: 'bare Hono route', unit: 'requests/s', goal: '≥ 0.6' };
  return [compare({ ...row, isMet: (ratio) => ratio >= 0.6 }, ours, bare)];
};
