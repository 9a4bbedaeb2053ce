import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { told } from './dispatch.ts';
import { side, startRetainer } from './support/child.ts';
import { requestsPerSecond } from './support/load.ts';
import { type BenchEnvironment, type Benchmark, type BenchResult, compare, quantile } from './support/result.ts';
import { eveningsOf, mixedEvents, seedLog, TASKS_AN_EVENING } from './support/seedLog.ts';
import { seedWaiting } from './support/waiting.ts';

/** Events in the log, the one that the others are compared with first; others with BENCH_GROWTH_SIZES. */
const SIZES = (process.env['BENCH_GROWTH_SIZES'] ?? '10000,1000000,10000000').split(',').map(Number);
const APPENDING = { writers: '256', seconds: '3' };
const POLLING = 10_000;
/** Workers who wait over streams and ping, ten of whom are called at a time. */
const PINGING = 1_000;

/** A log of a size, with its read models, that every round works on a copy of. */
type Grown = { readonly events: number; readonly url: string; readonly rebuildPerSecond: number };
type Measured = { readonly append: number; readonly poll: number; readonly dispatch: number };

/** Appends, polls, dispatches and rebuilds on logs of several sizes, beside the same on the smallest. */
export const growth: Benchmark = async (bench) => {
  const grown: Grown[] = [];
  for (const events of SIZES) {
    grown.push(await grow(bench, events, grown.at(-1)));
    bench.say(`growth: ${events} events, rebuilt at ${Math.round(grown.at(-1)?.rebuildPerSecond ?? 0)} events/s`);
  }
  const measured = grown.map((): Measured[] => []);
  for (let round = 0; round < bench.rounds; round++)
    for (const [index, { events, url }] of grown.entries()) {
      const one = await measure(bench, url);
      measured[index]?.push(one);
      const [append, poll] = [one.append, one.poll].map(Math.round);
      bench.say(
        `growth: ${events} events: ${append} appends/s, ${poll} polls/s, dispatch ${one.dispatch.toFixed(1)} ms`,
      );
    }

  const [smallest] = grown;
  const size = (events: number): string => events.toLocaleString('en');
  return grown.slice(1).flatMap(({ events, rebuildPerSecond }, index): BenchResult[] => {
    const row = (what: string, unit: string) => ({
      name: `growth, ${what}, ${size(events)} events`,
      against: `with ${size(smallest?.events ?? 0)}`,
      unit,
    });
    const asQuick = { goal: '≥ 0.83', isMet: (ratio: number) => ratio >= 1 / 1.2 };
    const asSoon = { goal: '≤ 1.2', isMet: (ratio: number) => ratio <= 1.2 };
    const both = (figure: keyof Measured) =>
      [measured[index + 1], measured[0]].map((rounds = []) => rounds.map((one) => one[figure])) as [number[], number[]];
    return [
      compare({ ...row('append', 'events/s'), ...asQuick }, ...both('append')),
      compare({ ...row('poll', 'requests/s'), ...asQuick }, ...both('poll')),
      compare({ ...row('dispatch', 'ms p50'), ...asSoon }, ...both('dispatch')),
      compare({ ...row('rebuild', 'events/s'), ...asQuick }, [rebuildPerSecond], [smallest?.rebuildPerSecond ?? 0]),
    ];
  });
};

/** Takes a copy of the next smaller log on to a size, and folds its read models from the beginning, once. */
async function grow(bench: BenchEnvironment, events: number, smaller: Grown | undefined): Promise<Grown> {
  const url = smaller === undefined ? await bench.freshDatabase() : await bench.copyOf(smaller.url);
  const before = smaller?.events ?? 0;
  const client = new pg.Client(url);
  await client.connect();
  await seedLog(client, mixedEvents(eveningsOf(events), eveningsOf(before)));
  const { rows: counted } = await client.query<{ count: number }>('select count(*)::int from event_store.events');
  const count = counted[0]?.count ?? 0;
  await client.end();
  const { seconds, rows } = await side<{ seconds: number; rows: { tasks: number } }>('rebuild.ours.ts', url);
  const tasks = TASKS_AN_EVENING * eveningsOf(events);
  if (count < events || rows.tasks !== tasks) throw new Error(`${rows.tasks} tasks were folded, not ${tasks}`);
  return { events, url, rebuildPerSecond: count / seconds };
}

/** One round on a copy: what it appends is gone afterwards, so that the next one finds a log of the same size. */
async function measure(bench: BenchEnvironment, grown: string): Promise<Measured> {
  const url = await bench.copyOf(grown);
  const { protoHitId } = await seedWaiting(url, PINGING);
  const times = await told(url, { protoHitId, waiting: PINGING });
  const { assignments } = await seedWaiting(url, POLLING, 'BENCHP');
  const paths = assignments.map((id) => `/gettask/assignment/${id}`);
  const server = await startRetainer(url);
  let poll: number;
  try {
    while (!(await fetch(`${server.url}/readyz`)).ok) await sleep(100);
    await requestsPerSecond(server.url, 'GET', paths);
    poll = await requestsPerSecond(server.url, 'GET', paths);
  } finally {
    await server.stop();
  }
  const { writers, seconds } = APPENDING;
  const append = await side<{ perSecond: number }>('append.ours.ts', url, writers, seconds);
  await bench.drop(url);
  return { append: append.perSecond, poll, dispatch: quantile(times, 0.5) };
}
