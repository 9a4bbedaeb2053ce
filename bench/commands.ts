import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { startRetainer } from './support/child.ts';
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
    while (!(await fetch(`${server.url}/readyz`)).ok) await sleep(100);
    const protoHitId = await post(server.url, 'puttask', { json: PROTO_HIT });
    const cycle = async (): Promise<void> => {
      const id = await post(server.url, 'reservation/make', {
        id: protoHitId,
        foreignID: '1',
        delay: '60',
        numAssignments: '1',
      });
      await post(server.url, 'reservation/invoke', { id });
      await post(server.url, 'reservation/finish', { id });
    };
    await perSecond(cycle, 1);
    ours.push(await perSecond(cycle, SECONDS));
    await server.stop();

    const pool = new pg.Pool({ connectionString: url, max: CLIENTS });
    await pool.query('create table if not exists public.cycles (id uuid, step int, data jsonb, at timestamptz)');
    const insert = (step: number) =>
      pool.query(`insert into public.cycles values (gen_random_uuid(), $1, '{"foreignId":"1"}', now())`, [step]);
    const inserts = async (): Promise<void> => {
      for (const step of [1, 2, 3]) await insert(step);
    };
    await perSecond(inserts, 1);
    bare.push(await perSecond(inserts, SECONDS));
    await pool.end();
    say(`commands: ${Math.round(ours.at(-1) ?? 0)} beside ${Math.round(bare.at(-1) ?? 0)} cycles/s`);
  }
  const row = { name: 'commands', against: 'three bare inserts', unit: 'cycles/s', goal: '≥ 1' };
  return [compare({ ...row, isMet: (ratio) => ratio >= 1 }, ours, bare)];
};

async function perSecond(cycle: () => Promise<void>, seconds: number): Promise<number> {
  const until = performance.now() + seconds * 1_000;
  let cycles = 0;
  const client = async (): Promise<void> => {
    while (performance.now() < until) {
      await cycle();
      cycles++;
    }
  };
  await Promise.all(Array.from({ length: CLIENTS }, client));
  return cycles / seconds;
}

async function post(url: string, path: string, fields: Record<string, string>): Promise<string> {
  const answer = await fetch(`${url}/${path}`, { method: 'POST', body: new URLSearchParams(fields) });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${path} was answered ${answer.status}: ${text}`);
  return text;
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
