import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { side, startRetainer } from './support/child.ts';
import { type Benchmark, compare, quantile } from './support/result.ts';
import { eveningsOf, mixedEvents, seedLog, TASKS_AN_EVENING } from './support/seedLog.ts';
import { seedWaiting } from './support/waiting.ts';

/** Fewer with BENCH_REBUILD_EVENTS, to try it out. */
const EVENTS = Number(process.env['BENCH_REBUILD_EVENTS'] ?? 1_000_000);
const POLLERS = 16;
const WORKERS = 1_000;

/** All read models from the log, beside reading the log; its memory; and what live polls notice of it. */
export const rebuild: Benchmark = async ({ freshDatabase, rounds, say }) => {
  const url = await freshDatabase();
  const client = new pg.Client(url);
  await client.connect();
  await seedLog(client, mixedEvents(eveningsOf(EVENTS)));
  const { rows } = await client.query<{ events: number }>('select count(*)::int as events from event_store.events');
  await client.end();
  const events = rows[0]?.events ?? 0;
  await seedWaiting(url, WORKERS);

  const [ours, bare, memory, quiet, busy]: number[][] = [[], [], [], [], []];
  for (let round = 0; round < rounds; round++) {
    const own = await side<{ seconds: number; mebibytes: number; rows: { tasks: number } }>('rebuild.ours.ts', url);
    const limit = await side<{ seconds: number; read: number }>('rebuild.bare.ts', url);
    const tasks = TASKS_AN_EVENING * eveningsOf(EVENTS) + WORKERS;
    if (own.rows.tasks !== tasks || limit.read < events)
      throw new Error(`${own.rows.tasks} of ${tasks} tasks were folded, ${limit.read} of ${events} events read`);
    ours?.push(events / own.seconds);
    bare?.push(events / limit.seconds);
    memory?.push(own.mebibytes);
    const server = await startRetainer(url);
    while (!(await fetch(`${server.url}/readyz`)).ok) await sleep(200);
    quiet?.push(await pollsWhile(server.url, sleep(8_000)));
    busy?.push(await pollsWhile(server.url, side('rebuild.ours.ts', url)));
    await server.stop();
    say(
      `rebuild: ${Math.round(ours?.at(-1) ?? 0)} beside ${Math.round(bare?.at(-1) ?? 0)} events/s, ` +
        `${Math.round(own.mebibytes)} MiB, p99 of polls ${busy?.at(-1)?.toFixed(1)} beside ${quiet?.at(-1)?.toFixed(1)} ms`,
    );
  }
  return [
    compare(
      {
        name: 'rebuild',
        against: 'reading the log with a cursor',
        unit: 'events/s',
        goal: '≥ 0.25',
        isMet: (r) => r >= 0.25,
      },
      ours ?? [],
      bare ?? [],
    ),
    compare(
      { name: 'rebuild memory', against: '300 MiB', unit: 'MiB', goal: '< 1', isMet: (r) => r < 1 },
      memory ?? [],
      [300],
    ),
    compare(
      { name: 'polls during a rebuild, p99', against: 'polls without', unit: 'ms', goal: '≤ 2', isMet: (r) => r <= 2 },
      busy ?? [],
      quiet ?? [],
    ),
  ];
};

/** The 99th percentile of polls while something else goes on, in milliseconds. */
async function pollsWhile(url: string, work: Promise<unknown>): Promise<number> {
  const times: number[] = [];
  let isOver = false;
  const over = work.finally(() => {
    isOver = true;
  });
  const pollers = Array.from({ length: POLLERS }, async (_, poller) => {
    for (let n = poller; !isOver; n += POLLERS) {
      const began = performance.now();
      const answer = await fetch(`${url}/gettask/assignment/BENCHA${n % WORKERS}`);
      if (!answer.ok) throw new Error(`a poll was answered ${answer.status}`);
      await answer.text();
      times.push(performance.now() - began);
      await sleep(20);
    }
  });
  await Promise.all([over, ...pollers]);
  return quantile(times, 0.99);
}
