import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { cpus, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import pino from 'pino';
import { startEmbeddedPostgres } from '../src/postgres/embedded.ts';
import { migrate } from '../src/postgres/migrate.ts';
import { benchmarks } from './benchmarks.ts';
import type { BenchResult } from './support/result.ts';
import { keep, tableOf } from './support/table.ts';

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
const adminUrl = given ?? server?.adminUrl ?? '';
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

async function createDatabase(like = ''): Promise<string> {
  const name = `retainer_bench_${process.pid}_${made.length}`;
  made.push(name);
  await asAdmin(`create database ${name} ${like}`);
  const url = new URL(adminUrl);
  url.pathname = `/${name}`;
  return url.href;
}

const nameOf = (url: string): string => new URL(url).pathname.slice(1);
const emptyDatabase = () => createDatabase();
// As files: through the log of Postgres ten million events would travel twice.
const copyOf = (url: string) => createDatabase(`template ${nameOf(url)} strategy file_copy`);
const drop = async (url: string): Promise<void> => {
  await asAdmin(`drop database if exists ${nameOf(url)} with (force)`);
};

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
const failed: string[] = [];
try {
  for (const [name, benchmark] of Object.entries(benchmarks)) {
    if (wanted.length > 0 && !wanted.includes(name)) continue;
    const say = (line: string): void => void process.stderr.write(`${line}\n`);
    try {
      results.push(...(await benchmark({ freshDatabase, emptyDatabase, copyOf, drop, rounds, say })));
    } catch (error) {
      // Half an hour of the others' figures must not go with it.
      failed.push(name);
      say(`${name} failed: ${error instanceof Error ? error.stack : error}`);
    }
  }
} finally {
  for (const name of made) await asAdmin(`drop database if exists ${name} with (force)`);
  await server?.stop();
  await rm(dataDir, { recursive: true, force: true });
}

let commit = 'unknown';
try {
  commit = execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim();
} catch (error) {
  process.stderr.write(`measured outside of a repository: ${error}\n`);
}
const report = { machine, commit, results };
process.stdout.write(`\n${tableOf(report)}`);
// A run of some benchmarks must not erase the others' figures.
if (wanted.length === 0 && failed.length === 0) await keep(report);
else await writeFile(at(`./results/${wanted.join('-') || 'incomplete'}.json`), `${JSON.stringify(report, null, 2)}\n`);
if (failed.length > 0) {
  process.stderr.write(`failed: ${failed.join(', ')}\n`);
  process.exitCode = 1;
}
