import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { startReference, startRetainer } from './support/child.ts';
import { startCrowd } from './support/crowd.ts';
import { type Benchmark, type BenchResult, compare, quantile } from './support/result.ts';
import { seedWaiting } from './support/waiting.ts';

const ASKED = 10;
/** The first one warms up. With a hundred waiting that is all there is. */
const INVOKES = 10;
/** Workers settle before anything is measured. */
const SETTLE_MS = 6_000;
/** Who was called stays silent, and the next invoke must not find their slot given to others. */
const NOBODY_IS_LATE = { PING_TIMEOUT_SECONDS: '300', RESPONSE_TIMEOUT_SECONDS: '300' };

type Measured = { readonly times: readonly number[]; readonly residentMiB: number };

const residentMiB = async (pid: number): Promise<number> => {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024;
};

const post = async (url: string, path: string, parameters: Record<string, string>): Promise<string> => {
  const response = await fetch(`${url}/${path}`, { method: 'POST', body: new URLSearchParams(parameters) });
  if (!response.ok) throw new Error(`${path}: ${await response.text()}`);
  return response.text();
};

/** Waits, seeded, and what it takes to tell ten of them. */
async function ours(databaseUrl: string, waiting: number, way: 'stream' | 'poll' = 'stream'): Promise<Measured> {
  const { protoHitId } = await seedWaiting(databaseUrl, waiting);
  return toldBy(databaseUrl, { protoHitId, waiting, way });
}

/** From sending the invoke to the tenth worker's event, as often as the pool allows: milliseconds each. */
export const told = async (databaseUrl: string, pool: { protoHitId: string; waiting: number }) =>
  (await toldBy(databaseUrl, { ...pool, way: 'stream' })).times;

async function toldBy(
  databaseUrl: string,
  { protoHitId, waiting, way }: { protoHitId: string; waiting: number; way: 'stream' | 'poll' },
): Promise<Measured> {
  const server = await startRetainer(databaseUrl, NOBODY_IS_LATE);
  const crowd = startCrowd(server.url, way);
  try {
    await crowd.open(waiting);
    await sleep(SETTLE_MS);
    const memory = await residentMiB(server.pid);
    const times: number[] = [];
    for (let n = 1; n <= INVOKES; n++) {
      const id = await post(server.url, 'reservation/make', {
        ...{ id: protoHitId, foreignID: String(n), delay: '0', numAssignments: String(ASKED) },
      });
      await sleep(250);
      const sentAt = performance.timeOrigin + performance.now();
      const [lastAt] = await Promise.all([crowd.told(n * ASKED), post(server.url, 'reservation/invoke', { id })]);
      times.push(lastAt - sentAt);
    }
    return { times: times.slice(1), residentMiB: memory };
  } finally {
    crowd.leave();
    await server.stop();
  }
}

/** The same with a server that only writes to ten streams. */
async function bare(waiting: number): Promise<Measured> {
  const server = await startReference('bare.ts');
  const crowd = startCrowd(server.url);
  try {
    await crowd.open(waiting);
    await sleep(SETTLE_MS);
    const memory = await residentMiB(await serverOf(server.pid));
    const times: number[] = [];
    for (let n = 1; n <= INVOKES; n++) {
      const ids = Array.from({ length: ASKED }, (_, k) => `BENCHA${(n - 1) * ASKED + k}`);
      await sleep(250);
      const sentAt = performance.timeOrigin + performance.now();
      const invoke = fetch(`${server.url}/invoke`, { method: 'POST', body: JSON.stringify({ ids }) });
      const [lastAt] = await Promise.all([crowd.told(n * ASKED), invoke]);
      times.push(lastAt - sentAt);
    }
    return { times: times.slice(1), residentMiB: memory };
  } finally {
    crowd.leave();
    await server.stop();
  }
}

/** tsx runs the server in a child of its own. */
async function serverOf(pid: number): Promise<number> {
  const children = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => '');
  return Number(children.trim().split(' ')[0]) || pid;
}

export const dispatch: Benchmark = async ({ freshDatabase, rounds, say }) => {
  const results: BenchResult[] = [];
  const p99s: number[] = [];
  for (const waiting of [100, 1_000, 10_000]) {
    const [own, limit, polling]: [number[], number[], number[]] = [[], [], []];
    for (let round = 0; round < rounds; round++) {
      own.push(...(await ours(await freshDatabase(), waiting)).times);
      limit.push(...(await bare(waiting)).times);
      polling.push(...(await ours(await freshDatabase(), waiting, 'poll')).times);
    }
    const shown = [own, limit, polling].map((times) => [0.5, 0.99].map((q) => quantile(times, q).toFixed(1)).join('/'));
    say(`dispatch, ${waiting} waiting, p50/p99 ms: ${shown[0]} beside ${shown[1]} bare and ${shown[2]} polling`);
    for (const [q, name] of [
      [0.5, 'p50'],
      [0.99, 'p99'],
    ] as const) {
      const row = { name: `dispatch, ${waiting.toLocaleString('en')} waiting`, unit: `ms ${name}` };
      const [our, their, polled] = [own, limit, polling].map((times) => [quantile(times, q)]);
      const bareRow = {
        ...row,
        against: 'bare Hono, 10 of as many streams',
        goal: '≤ 3',
        isMet: (r: number) => r <= 3,
      };
      results.push({ ...compare(bareRow, our ?? [], their ?? []), rounds: own.length });
      const pollRow = { ...row, against: 'polling every second', goal: '≤ 0.02', isMet: (r: number) => r <= 0.02 };
      results.push({ ...compare(pollRow, our ?? [], polled ?? []), rounds: own.length });
    }
    p99s.push(quantile(own, 0.99));
  }
  const row = { name: 'dispatch, 10,000 waiting', unit: 'ms p99', against: 'the same with 100 waiting' };
  results.push(
    compare({ ...row, goal: '≤ 1.5', isMet: (r) => r <= 1.5 }, [p99s[2] ?? Number.NaN], [p99s[0] ?? Number.NaN]),
  );
  return results;
};

/** Resident memory with 10,000 workers waiting over streams and pinging. */
export const memory: Benchmark = async ({ freshDatabase, rounds, say }) => {
  const own: number[] = [];
  const limit: number[] = [];
  for (let round = 0; round < rounds; round++) {
    own.push((await ours(await freshDatabase(), 10_000)).residentMiB);
    limit.push((await bare(10_000)).residentMiB);
    say(`memory: ${own.at(-1)?.toFixed(0)} MiB beside ${limit.at(-1)?.toFixed(0)} MiB`);
  }
  const row = { name: 'memory, 10,000 waiting', unit: 'MiB', against: 'bare Hono streamSSE' };
  return [compare({ ...row, goal: '≤ 1.2', isMet: (r) => r <= 1.2 }, own, limit)];
};
