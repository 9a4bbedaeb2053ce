import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { cpus, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import pino from 'pino';
import { startEmbeddedPostgres } from '../src/postgres/embedded.ts';
import { migrate } from '../src/postgres/migrate.ts';
import { benchmarks } from './benchmarks.ts';
import type { BenchResult } from './support/result.ts';

const at = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !Object.hasOwn(benchmarks, name));
if (unknown.length > 0) {
  process.stderr.write(`no benchmark ${unknown.join(', ')}; there are ${Object.keys(benchmarks).join(', ')}\n`);
  process.exit(2);
}
if (!existsSync(at('./peers/node_modules')))
  execFileSync('npm', ['ci', '--no-audit', '--no-fund', '--prefix', at('./peers')], { stdio: 'inherit' });

const dataDir = await mkdtemp(join(tmpdir(), 'retainer-bench-'));
const given = process.env['BENCH_DATABASE_URL'];
const server = given === undefined ? await startEmbeddedPostgres({ dataDir, log: pino({ level: 'warn' }) }) : undefined;
const adminUrl = given ?? server?.url ?? '';
const made: string[] = [];

async function asAdmin<T extends pg.QueryResultRow>(statement: string): Promise<readonly T[]> {
  const client = new pg.Client({ connectionString: adminUrl });
  await client.connect();
  try {
    return (await client.query<T>(statement)).rows;
  } finally {
    await client.end();
  }
}

async function emptyDatabase(): Promise<string> {
  const name = `retainer_bench_${process.pid}_${made.length}`;
  made.push(name);
  await asAdmin(`create database ${name}`);
  const url = new URL(adminUrl);
  url.pathname = `/${name}`;
  return url.href;
}

async function freshDatabase(): Promise<string> {
  const url = await emptyDatabase();
  await migrate(url);
  return url;
}

const machine = {
  cpu: cpus()[0]?.model ?? '',
  cores: cpus().length,
  memoryGiB: Math.round(totalmem() / 2 ** 30),
  node: process.version,
  postgres: (await asAdmin<{ version: string }>("select current_setting('server_version') as version"))[0]?.version,
};
const rounds = Number(process.env['BENCH_ROUNDS'] ?? 3);
const results: BenchResult[] = [];
try {
  for (const [name, benchmark] of Object.entries(benchmarks)) {
    if (wanted.length > 0 && !wanted.includes(name)) continue;
    const say = (line: string): void => void process.stderr.write(`${line}\n`);
    results.push(...(await benchmark({ freshDatabase, emptyDatabase, rounds, say })));
  }
} finally {
  for (const name of made) await asAdmin(`drop database if exists ${name} with (force)`);
  await server?.stop();
  await rm(dataDir, { recursive: true, force: true });
}

const shown = (value: number): string => (value >= 100 ? Math.round(value).toLocaleString('en') : value.toFixed(2));
process.stdout.write(
  `\n${machine.cores} cores (${machine.cpu}), Node ${machine.node}, PostgreSQL ${machine.postgres}\n\n`,
);
process.stdout.write('| benchmark | ours | reference | against | ratio | goal | |\n|---|---|---|---|---|---|---|\n');
for (const { name, ours, reference, unit, against, ratio, goal, met } of results)
  process.stdout.write(
    `| ${name} | ${shown(ours)} ${unit} | ${shown(reference)} | ${against} | ${ratio.toFixed(2)} | ${goal} | ${met ? 'met' : 'missed'} |\n`,
  );

let commit = '';
try {
  commit = execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim();
} catch {
  commit = 'unknown';
}
await mkdir(at('./results'), { recursive: true });
// A run of some benchmarks must not erase the others' figures.
const file = at(wanted.length === 0 ? './results/latest.json' : `./results/${wanted.join('-')}.json`);
await writeFile(file, `${JSON.stringify({ machine, commit, results }, null, 2)}\n`);
