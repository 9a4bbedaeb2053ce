import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { startRetainer } from './support/child.ts';
import { cyclesPerSecond } from './support/load.ts';
import { type Benchmark, compare } from './support/result.ts';

const CLIENTS = 64;
const SECONDS = Number(process.env['BENCH_COMMANDS_SECONDS'] ?? 5);

/** Make, invoke and finish over HTTP, each answered when queries show it, beside three inserts in three transactions. */
export const commands: Benchmark = async ({ freshDatabase, rounds, say }) => {
  const url = await freshDatabase();
  const ours: number[] = [];
  const bare: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const server = await startRetainer(url);
    try {
      while (!(await fetch(`${server.url}/readyz`)).ok) await sleep(100);
      ours.push(await ourCycles(server.url, url));
    } finally {
      await server.stop();
    }
    bare.push(await bareCycles(url));
    say(`commands: ${Math.round(ours.at(-1) ?? 0)} beside ${Math.round(bare.at(-1) ?? 0)} cycles/s`);
  }
  const row = { name: 'commands', against: 'three bare inserts', unit: 'cycles/s', goal: '≥ 1' };
  return [compare({ ...row, isMet: (ratio) => ratio >= 1 }, ours, bare)];
};

async function ourCycles(url: string, databaseUrl: string): Promise<number> {
  const answer = await fetch(`${url}/puttask`, { method: 'POST', body: new URLSearchParams({ json: PROTO_HIT }) });
  const protoHitId = await answer.text();
  const cycle = [
    { path: '/reservation/make', form: () => `id=${protoHitId}&foreignID=1&delay=60&numAssignments=1` },
    { path: '/reservation/invoke', form: (made: string) => `id=${made}` },
    { path: '/reservation/finish', form: (made: string) => `id=${made}` },
  ];
  await cyclesPerSecond(url, cycle, { connections: CLIENTS, seconds: 1 });
  const before = await finished(databaseUrl);
  const perSecond = await cyclesPerSecond(url, cycle, { connections: CLIENTS, seconds: SECONDS });
  const counted = (await finished(databaseUrl)) - before;
  if (counted < Math.floor(perSecond * SECONDS))
    throw new Error(`${perSecond * SECONDS} reservations are said to be finished, ${counted} are`);
  return perSecond;
}

/** Reservations of which the read model says so. */
async function finished(url: string): Promise<number> {
  const client = new pg.Client(url);
  await client.connect();
  const { rows } = await client.query<{ count: number }>(
    `select count(*)::int from read_models_reservations_v1.reservations where phase = 'finished'`,
  );
  await client.end();
  return rows[0]?.count ?? 0;
}

async function bareCycles(url: string): Promise<number> {
  const pool = new pg.Pool({ connectionString: url, max: CLIENTS });
  await pool.query('create table if not exists public.cycles (id uuid, step int, data jsonb, at timestamptz)');
  const perSecond = async (seconds: number): Promise<number> => {
    const until = performance.now() + seconds * 1_000;
    let cycles = 0;
    const client = async (): Promise<void> => {
      while (performance.now() < until) {
        for (const step of [1, 2, 3])
          await pool.query(`insert into public.cycles values (gen_random_uuid(), $1, '{"foreignId":"1"}', now())`, [
            step,
          ]);
        cycles++;
      }
    };
    await Promise.all(Array.from({ length: CLIENTS }, client));
    return cycles / seconds;
  };
  await perSecond(1);
  const measured = await perSecond(SECONDS);
  await pool.end();
  return measured;
}

const PROTO_HIT = JSON.stringify({
  title: 'Bench',
  description: 'Bench',
  keywords: '',
  url: 'http://127.0.0.1/',
  frame_height: 600,
  reward: 0.05,
  assignment_duration: 600,
  lifetime: 3_600,
  auto_approval_delay: 60,
  max_assignments: 1,
  worker_locale: '',
  approval_rating: 0,
});
